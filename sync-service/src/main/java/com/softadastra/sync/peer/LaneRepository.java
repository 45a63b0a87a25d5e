package com.softadastra.sync.peer;

import org.springframework.data.jpa.repository.JpaRepository;

/** Lanes by the node they lead to. */
interface LaneRepository extends JpaRepository<LaneEntity, String> {}
