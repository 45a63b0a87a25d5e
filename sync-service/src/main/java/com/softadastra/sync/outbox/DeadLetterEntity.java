package com.softadastra.sync.outbox;

import com.softadastra.engine.log.Standing;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An entry without effect. The row comes, changes its standing and goes in the group commits that
 * judge the entry; whether it is listed is the operator's.
 */
@Entity
@Table(name = "dead_letter")
class DeadLetterEntity {
  @Id private long position;

  @Column(columnDefinition = "tinyint")
  private byte standing;

  @Column(name = "noticed_at")
  private long noticedAt;

  @Enumerated(EnumType.STRING)
  private State state = State.OPEN;

  @Column(name = "dropped_at")
  private @Nullable Long droppedAt;

  enum State {
    OPEN,
    /** An operator took it off the list; entry and row stay. */
    DROPPED
  }

  protected DeadLetterEntity() {}

  long position() {
    return position;
  }

  Standing standing() {
    return Standing.values()[standing];
  }

  Instant noticedAt() {
    return Instant.ofEpochMilli(noticedAt);
  }

  void drop(Instant now) {
    state = State.DROPPED;
    droppedAt = now.toEpochMilli();
  }
}
