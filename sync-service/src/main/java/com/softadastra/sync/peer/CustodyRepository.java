package com.softadastra.sync.peer;

import org.springframework.data.jpa.repository.JpaRepository;

interface CustodyRepository extends JpaRepository<CustodyEntity, String> {}
