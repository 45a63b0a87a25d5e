package com.softadastra.sync.peer;

import com.softadastra.contracts.NodeId;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A node that this one is paired with. */
@Entity
@Table(name = "peer")
class PeerEntity {
  @Id private String node = "";

  private String name = "";
  private String addresses = "";

  @Column(name = "link_on")
  private boolean linkOn = true;

  @Column(name = "paired_at")
  private Instant pairedAt = Instant.EPOCH;

  @Column(name = "last_seen")
  private @Nullable Instant lastSeen;

  @Column(name = "clock_offset_millis")
  private @Nullable Long clockOffsetMillis;

  protected PeerEntity() {}

  PeerEntity(NodeId node, Instant pairedAt) {
    this.node = node.toString();
    this.pairedAt = pairedAt;
  }

  NodeId node() {
    return NodeId.parse(node);
  }

  String name() {
    return name;
  }

  List<String> addresses() {
    return addresses.isEmpty() ? List.of() : List.of(addresses.split(" "));
  }

  boolean linkOn() {
    return linkOn;
  }

  @Nullable Instant lastSeen() {
    return lastSeen;
  }

  @Nullable Long clockOffsetMillis() {
    return clockOffsetMillis;
  }

  void introduced(String as, List<String> at) {
    name = as;
    if (!at.isEmpty()) {
      addresses = String.join(" ", at);
    }
  }

  void switchLink(boolean on) {
    linkOn = on;
  }

  void seen(Instant when, long offsetMillis) {
    lastSeen = when;
    clockOffsetMillis = offsetMillis;
  }
}
