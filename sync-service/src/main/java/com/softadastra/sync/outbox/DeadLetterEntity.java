package com.softadastra.sync.outbox;

import com.softadastra.engine.log.Standing;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;

/**
 * An entry without effect. The row comes, changes its standing and goes in the group commits that
 * judge the entry.
 */
@Entity
@Table(name = "dead_letter")
class DeadLetterEntity {
  @Id private long position;

  @Column(columnDefinition = "tinyint")
  private byte standing;

  @Column(name = "noticed_at")
  private long noticedAt;

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
}
