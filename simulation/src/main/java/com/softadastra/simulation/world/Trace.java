package com.softadastra.simulation.world;

import java.util.zip.CRC32C;

/** A number that depends on every decision and message so far. */
final class Trace {
  private long hash = 0x9E3779B97F4A7C15L;

  void add(long fact) {
    hash = Long.rotateLeft(hash ^ fact * 0xD6E8FEB86659FD93L, 27) * 0x9E3779B97F4A7C15L;
  }

  void add(byte[] bytes) {
    var crc = new CRC32C();
    crc.update(bytes);
    add(crc.getValue() << 24 ^ bytes.length);
  }

  long hash() {
    return hash ^ hash >>> 32;
  }
}
