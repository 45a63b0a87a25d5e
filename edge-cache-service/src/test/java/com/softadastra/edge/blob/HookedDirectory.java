package com.softadastra.edge.blob;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;

/**
 * A directory in which something happens before a file is opened to read, before each read and
 * before each force.
 */
final class HookedDirectory extends BlobDirectory {
  /** What happens before. */
  interface Hook {
    void run() throws IOException;
  }

  volatile Hook onOpen = () -> {};
  volatile Hook onRead = () -> {};
  volatile Hook onForce = () -> {};
  volatile FileChannel opened;

  HookedDirectory(Path path) {
    super(path);
  }

  @Override
  FileChannel read(String name) throws IOException {
    onOpen.run();
    opened = new Hooked(super.read(name));
    return opened;
  }

  @Override
  void force(String name, FileChannel file) throws IOException {
    onForce.run();
    super.force(name, file);
  }

  @Override
  void forceNames() throws IOException {
    onForce.run();
    super.forceNames();
  }

  private final class Hooked extends FileChannel {
    private final FileChannel file;

    Hooked(FileChannel file) {
      this.file = file;
    }

    @Override
    public int read(ByteBuffer into, long position) throws IOException {
      onRead.run();
      return file.read(into, position);
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    protected void implCloseChannel() throws IOException {
      file.close();
    }

    private static UnsupportedOperationException unused() {
      return new UnsupportedOperationException("readers read at a position");
    }

    @Override
    public int read(ByteBuffer into) {
      throw unused();
    }

    @Override
    public long read(ByteBuffer[] into, int offset, int length) {
      throw unused();
    }

    @Override
    public int write(ByteBuffer from) {
      throw unused();
    }

    @Override
    public long write(ByteBuffer[] from, int offset, int length) {
      throw unused();
    }

    @Override
    public int write(ByteBuffer from, long position) {
      throw unused();
    }

    @Override
    public long position() {
      throw unused();
    }

    @Override
    public FileChannel position(long position) {
      throw unused();
    }

    @Override
    public FileChannel truncate(long size) {
      throw unused();
    }

    @Override
    public void force(boolean metaData) {
      throw unused();
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target) {
      throw unused();
    }

    @Override
    public long transferFrom(ReadableByteChannel source, long position, long count) {
      throw unused();
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long position, long size) {
      throw unused();
    }

    @Override
    public FileLock lock(long position, long size, boolean shared) {
      throw unused();
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) {
      throw unused();
    }
  }
}
