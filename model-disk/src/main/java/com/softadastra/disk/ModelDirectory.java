package com.softadastra.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.h2.store.fs.FileBaseDefault;

/** The open root directory, which is good for being forced and nothing else, as on Linux. */
final class ModelDirectory extends FileBaseDefault {

  private final ModelDisk disk;
  private final String name;

  ModelDirectory(ModelDisk disk, String name) {
    this.disk = disk;
    this.name = name;
  }

  @Override
  public void force(boolean metaData) throws IOException {
    disk.forceDirectory(name);
  }

  @Override
  public long size() {
    return 0;
  }

  @Override
  public int read(ByteBuffer target, long position) throws IOException {
    throw new IOException("is a directory: " + name);
  }

  @Override
  public int write(ByteBuffer source, long position) throws IOException {
    throw new IOException("is a directory: " + name);
  }

  @Override
  protected void implTruncate(long size) throws IOException {
    throw new IOException("is a directory: " + name);
  }
}
