package com.softadastra.sync.documents;

import java.util.List;
import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.data.jpa.repository.Query;

/** Collections by their space's row. */
interface CollectionRepository extends JpaRepository<CollectionEntity, Integer> {
  @Query("select c from CollectionEntity c where c.spaceNo = ?1 order by c.name")
  List<CollectionEntity> ofSpace(int spaceNo);
}
