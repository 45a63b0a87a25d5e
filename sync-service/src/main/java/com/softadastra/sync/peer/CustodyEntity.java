package com.softadastra.sync.peer;

import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.envelope.Custody;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What a relay has signed for, of what a member lacks of a space. */
@Entity
@Table(name = "custody")
class CustodyEntity {
  /** The space, the member and the relay, with a space between two. */
  @Id private String way = "";

  private String self = "";
  private @Nullable String life;

  private byte[] mailboxes = {};

  @Column(name = "up_to")
  private long upTo;

  @Column(name = "signed_at")
  private Instant signedAt = Instant.EPOCH;

  private byte[] receipt = {};
  private byte[] signature = {};

  protected CustodyEntity() {}

  CustodyEntity(CustodyMark mark) {
    way = mark.way().space() + " " + mark.way().to() + " " + mark.way().relay();
    self = mark.self().toString();
    life = mark.life() == null ? null : mark.life().toString();
    mailboxes = mark.mailboxes();
    upTo = mark.upTo();
    signedAt = mark.at();
    receipt = mark.receipt().bytes();
    signature = mark.receipt().signature();
  }

  CustodyMark mark() {
    var parts = way.split(" ");
    return new CustodyMark(
        new CustodyMark.Way(
            SpaceId.parse(parts[0]), NodeId.parse(parts[1]), NodeId.parse(parts[2])),
        Incarnation.parse(self),
        life == null ? null : Incarnation.parse(life),
        mailboxes,
        upTo,
        signedAt,
        new Custody.Signed(receipt, signature));
  }
}
