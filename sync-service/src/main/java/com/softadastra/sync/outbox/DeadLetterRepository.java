package com.softadastra.sync.outbox;

import java.util.List;
import org.springframework.data.domain.Limit;
import org.springframework.data.jpa.repository.JpaRepository;

/** Dead letters, settled ones too. */
interface DeadLetterRepository extends JpaRepository<DeadLetterEntity, Long> {
  List<DeadLetterEntity> findByPositionLessThanOrderByPositionDesc(long position, Limit limit);

  boolean existsByPositionLessThan(long position);
}
