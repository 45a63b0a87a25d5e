package com.softadastra.sync.storage;

import com.softadastra.guard.GuardSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.atomic.AtomicInteger;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;

/**
 * A process that opens a storage as a node does, and kills itself by signal 9 before a write, cut
 * or force of any of its files.
 *
 * <p>Arguments: the database's path, and before which of these calls. Where it doesn't come to
 * that, it closes the storage, prints how many there were, and ends.
 */
final class KilledMigration {
  private static final AtomicInteger CALLS = new AtomicInteger();

  private static int last;

  private KilledMigration() {}

  public static void main(String[] arguments) {
    last = Integer.parseInt(arguments[1]);
    FilePath.register(new Killing());
    // all that H2 writes goes to the disk at once
    var settings = GuardSettings.production().withPendingBytes(1);
    Database.open("killing:" + arguments[0], settings, 8 << 10).close();
    System.out.println(CALLS);
  }

  private static void call() throws IOException {
    if (CALLS.incrementAndGet() == last) {
      new ProcessBuilder("kill", "-9", Long.toString(ProcessHandle.current().pid())).start();
    }
    while (CALLS.get() >= last) {
      Thread.onSpinWait();
    }
  }

  /** The disk under the guard. */
  public static final class Killing extends FilePathWrapper {
    /** For H2, which makes paths by reflection. */
    public Killing() {}

    @Override
    public String getScheme() {
      return "killing";
    }

    @Override
    public FileChannel open(String mode) throws IOException {
      return new Counted(super.open(mode));
    }
  }

  private static final class Counted extends HandsOn {
    Counted(FileChannel base) {
      super(base);
    }

    @Override
    public int write(ByteBuffer source, long position) throws IOException {
      call();
      return super.write(source, position);
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
      call();
      return super.write(source);
    }

    @Override
    public FileChannel truncate(long size) throws IOException {
      call();
      return super.truncate(size);
    }

    @Override
    public void force(boolean metaData) throws IOException {
      call();
      super.force(metaData);
    }
  }
}
