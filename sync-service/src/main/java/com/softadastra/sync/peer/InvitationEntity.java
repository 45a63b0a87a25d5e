package com.softadastra.sync.peer;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;

/** An invitation that this node has issued. */
@Entity
@Table(name = "invitation")
class InvitationEntity {
  @Id private String id = "";

  private byte[] secret = new byte[0];
  private String grants = "";

  @Column(name = "expires_at")
  private Instant expiresAt = Instant.EPOCH;

  @Column(name = "uses_left")
  private int usesLeft;

  protected InvitationEntity() {}

  InvitationEntity(String id, byte[] secret, String grants, Instant expiresAt, int uses) {
    this.id = id;
    this.secret = secret;
    this.grants = grants;
    this.expiresAt = expiresAt;
    this.usesLeft = uses;
  }

  byte[] secret() {
    return secret.clone();
  }

  /** Space name and role, {@code name:role}, separated by spaces. */
  String grants() {
    return grants;
  }

  boolean usable(Instant now) {
    return usesLeft > 0 && now.isBefore(expiresAt);
  }

  void use() {
    usesLeft--;
  }
}
