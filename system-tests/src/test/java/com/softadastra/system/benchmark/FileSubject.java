package com.softadastra.system.benchmark;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** The floor: one writer that appends 1 KiB to a file and forces it, and nothing else. */
final class FileSubject implements Subject {
  static final int RECORD_BYTES = 1024;
  private static final int FILE_BYTES = 64 << 20;

  private final String name;
  private final FileChannel file;
  private final boolean filled;
  private final ByteBuffer record = ByteBuffer.allocateDirect(RECORD_BYTES);
  private long bytes;

  /**
   * @param filled whether the file is full of zeros before, so that a force needn't record its size
   */
  FileSubject(Path path, boolean filled) throws IOException {
    this.name = filled ? "a file filled before, a force each" : "a file, a force each";
    this.filled = filled;
    file = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    if (filled) {
      var zeros = ByteBuffer.allocateDirect(1 << 20);
      for (long at = 0; at < FILE_BYTES; at += zeros.capacity()) {
        file.write(zeros.clear(), at);
      }
      file.force(true);
    }
  }

  private void write(long number) throws IOException {
    record.clear().putLong(0, number);
    file.write(record, filled ? bytes % FILE_BYTES : bytes);
    bytes += RECORD_BYTES;
    file.force(false);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<Client> clients() {
    return List.of(this::write);
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public boolean virtual() {
    return false;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
