package com.softadastra.sync.peer;

import org.springframework.data.jpa.repository.JpaRepository;

interface RelayDutyRepository extends JpaRepository<RelayDutyEntity, String> {}
