package com.softadastra.sync.documents;

import java.util.Optional;
import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.data.jpa.repository.Query;

/** Spaces by their local names. */
interface SpaceRepository extends JpaRepository<SpaceEntity, Integer> {
  @Query("select s from SpaceEntity s where s.name = ?1")
  Optional<SpaceEntity> ofName(String name);
}
