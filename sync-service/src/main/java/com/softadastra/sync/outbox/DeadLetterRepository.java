package com.softadastra.sync.outbox;

import java.util.List;
import java.util.Optional;
import org.springframework.data.domain.Limit;
import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.data.jpa.repository.Query;

/** Dead letters that are listed, the newest first. */
interface DeadLetterRepository extends JpaRepository<DeadLetterEntity, Long> {
  @Query(
      """
      select d from DeadLetterEntity d
      where d.state = com.softadastra.sync.outbox.DeadLetterEntity$State.OPEN and d.position < ?1
      order by d.position desc
      """)
  List<DeadLetterEntity> before(long position, Limit limit);

  @Query(
      """
      select d from DeadLetterEntity d
      where d.state = com.softadastra.sync.outbox.DeadLetterEntity$State.OPEN and d.position = ?1
      """)
  Optional<DeadLetterEntity> at(long position);
}
