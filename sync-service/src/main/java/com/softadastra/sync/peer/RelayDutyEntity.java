package com.softadastra.sync.peer;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.mail.RelayDuty;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

/** A space for whose members this node is a relay. */
@Entity
@Table(name = "relay_duty")
class RelayDutyEntity {
  @Id private String pseudonym = "";

  @Column(name = "passage_key")
  private byte[] passageKey = {};

  protected RelayDutyEntity() {}

  RelayDutyEntity(RelayDuty duty) {
    pseudonym = duty.pseudonym().toString();
    passageKey = duty.passageKey();
  }

  RelayDuty duty() {
    return new RelayDuty(Hash.parse(pseudonym), passageKey);
  }
}
