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

  PeerEntity(PeerDirectory.Peer peer) {
    node = peer.node().toString();
    name = peer.name();
    addresses = String.join(" ", peer.addresses());
    linkOn = peer.linkOn();
    pairedAt = peer.pairedAt();
    lastSeen = peer.lastSeen();
    clockOffsetMillis = peer.clockOffsetMillis();
  }

  PeerDirectory.Peer peer() {
    return new PeerDirectory.Peer(
        NodeId.parse(node),
        name,
        addresses.isEmpty() ? List.of() : List.of(addresses.split(" ")),
        linkOn,
        pairedAt,
        lastSeen,
        clockOffsetMillis);
  }
}
