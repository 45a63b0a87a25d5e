package com.softadastra.engine.space;

import com.softadastra.contracts.Hash;

/** A membership record's bytes with its issuer's signature. */
public record SignedRecord(byte[] bytes, byte[] signature) {
  public Hash hash() {
    return Hash.sha256(bytes);
  }
}
