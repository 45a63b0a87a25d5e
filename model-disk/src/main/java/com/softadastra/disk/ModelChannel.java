package com.softadastra.disk;

import com.softadastra.disk.ModelDisk.ModelFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileLock;
import java.nio.channels.NonWritableChannelException;
import org.h2.store.fs.FileBaseDefault;
import org.jspecify.annotations.Nullable;

/** An open file of a model disk. */
final class ModelChannel extends FileBaseDefault {

  private final ModelDisk disk;
  private final String name;
  private final ModelFile file;
  private final boolean readOnly;

  ModelChannel(ModelDisk disk, String name, ModelFile file, boolean readOnly) {
    this.disk = disk;
    this.name = name;
    this.file = file;
    this.readOnly = readOnly;
  }

  @Override
  public long size() {
    synchronized (disk) {
      return file.content.size();
    }
  }

  @Override
  public int read(ByteBuffer target, long position) throws IOException {
    return disk.read(name, file, target, position);
  }

  @Override
  public int write(ByteBuffer source, long position) throws IOException {
    requireWritable();
    int length = source.remaining();
    disk.write(name, file, source, position);
    return length;
  }

  @Override
  protected void implTruncate(long size) throws IOException {
    requireWritable();
    disk.truncate(name, file, size);
  }

  @Override
  public void force(boolean metaData) throws IOException {
    disk.force(name);
  }

  @Override
  public @Nullable FileLock tryLock(long position, long size, boolean shared) {
    synchronized (disk) {
      if (file.locked) {
        return null;
      }
      file.locked = true;
    }
    return new FileLock(this, position, size, shared) {
      @Override
      public boolean isValid() {
        return acquiredBy().isOpen();
      }

      @Override
      public void release() {
        synchronized (disk) {
          file.locked = false;
        }
      }
    };
  }

  private void requireWritable() {
    if (readOnly) {
      throw new NonWritableChannelException();
    }
  }
}
