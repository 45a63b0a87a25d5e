package com.softadastra.sync.documents;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.SpaceId;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

/** A space under its local name. Its row comes to be in the transaction of its first records. */
@Entity
@Table(name = "space")
class SpaceEntity {
  @Id
  @Column(name = "space_no")
  private int number;

  private byte[] id = {};
  private String name = "";

  protected SpaceEntity() {}

  SpaceId id() {
    return new SpaceId(Hash.of(id));
  }

  String name() {
    return name;
  }

  void rename(String other) {
    name = other;
  }
}
