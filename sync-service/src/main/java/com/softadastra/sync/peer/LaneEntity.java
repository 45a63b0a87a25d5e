package com.softadastra.sync.peer;

import com.softadastra.contracts.NodeId;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** How the way to a peer last stood; what is owed on it follows from the peer's statements. */
@Entity
@Table(name = "lane")
class LaneEntity {
  @Id private String node = "";

  private String state = "";
  private int attempts;

  @Column(name = "next_attempt")
  private @Nullable Instant nextAttempt;

  @Column(name = "last_error")
  private @Nullable String lastError;

  protected LaneEntity() {}

  LaneEntity(NodeId node, Lane.Status status) {
    this.node = node.toString();
    this.state = status.state().name();
    this.attempts = status.attempts();
    this.nextAttempt = status.nextAttempt();
    this.lastError = status.lastError();
  }

  NodeId node() {
    return NodeId.parse(node);
  }

  /** As it can be after a restart: nothing is connected. */
  Lane.Status status() {
    return new Lane.Status(Lane.State.WAITING, attempts, null, lastError);
  }
}
