package com.softadastra.sync.peer;

import org.springframework.data.jpa.repository.JpaRepository;

/** Peers by node id. */
interface PeerRepository extends JpaRepository<PeerEntity, String> {}
