package com.softadastra.sync.storage;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * CRC32C over a row's values, each with its length, so that no value can pass for part of another.
 */
final class Checksum {
  private final CRC32C crc = new CRC32C();
  private final ByteBuffer buffer = ByteBuffer.allocate(8);

  Checksum add(long value) {
    buffer.clear();
    buffer.putLong(value).flip();
    crc.update(buffer);
    return this;
  }

  Checksum add(byte @Nullable [] value) {
    add(value == null ? -1 : value.length);
    if (value != null) {
      crc.update(value);
    }
    return this;
  }

  Checksum add(String value) {
    return add(value.getBytes(StandardCharsets.UTF_8));
  }

  int value() {
    return (int) crc.getValue();
  }
}
