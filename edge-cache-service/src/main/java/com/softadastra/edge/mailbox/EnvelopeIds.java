package com.softadastra.edge.mailbox;

import java.nio.ByteBuffer;
import java.util.UUID;

/** An envelope's id, 16 bytes, as a value that can be compared. */
final class EnvelopeIds {
  private EnvelopeIds() {}

  static UUID of(byte[] id) {
    var buffer = ByteBuffer.wrap(id);
    return new UUID(buffer.getLong(), buffer.getLong());
  }

  static byte[] bytes(UUID id) {
    return ByteBuffer.allocate(16)
        .putLong(id.getMostSignificantBits())
        .putLong(id.getLeastSignificantBits())
        .array();
  }
}
