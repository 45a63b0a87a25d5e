package com.softadastra.sync.peer;

import org.springframework.data.jpa.repository.JpaRepository;

/** Invitations by the id that they carry. */
interface InvitationRepository extends JpaRepository<InvitationEntity, String> {}
