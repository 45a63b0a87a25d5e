package com.softadastra.edge.store;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A body that is coming in: one thread writes it, any number read what has come so far and wait for
 * more.
 */
public final class Incoming {
  private static final int PIECE_BYTES = 32 << 10;

  private enum State {
    COMING,
    WHOLE,
    BROKEN
  }

  private final String id;
  private final Path file;
  private final long announced;
  private final FileChannel out;
  private final CRC32C checksum = new CRC32C();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private long written;
  private State state = State.COMING;
  private @Nullable Throwable cause;

  Incoming(String id, Path file, long announced) throws IOException {
    this.id = id;
    this.file = file;
    this.announced = announced;
    out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  String id() {
    return id;
  }

  Path file() {
    return file;
  }

  long announced() {
    return announced;
  }

  int checksum() {
    return (int) checksum.getValue();
  }

  FileChannel channel() {
    return out;
  }

  public long written() {
    lock.lock();
    try {
      return written;
    } finally {
      lock.unlock();
    }
  }

  /** Called by the writing thread alone. */
  public void append(byte[] bytes, int length) throws IOException {
    var buffer = ByteBuffer.wrap(bytes, 0, length);
    while (buffer.hasRemaining()) {
      out.write(buffer);
    }
    checksum.update(bytes, 0, length);
    change(length, State.COMING, null);
  }

  /** All of it has come. Called once, by the writing thread, which may then close the file. */
  void complete() {
    change(0, State.WHOLE, null);
  }

  /** No more will come. */
  void fail(Throwable why) {
    change(0, State.BROKEN, why);
  }

  private void change(int more, State next, @Nullable Throwable why) {
    lock.lock();
    try {
      written += more;
      state = next;
      cause = why;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * A reader from its first byte on.
   *
   * @throws IOException where the file is gone
   */
  public Body reader() throws IOException {
    return new Reader(FileChannel.open(file, StandardOpenOption.READ));
  }

  private final class Reader implements Body {
    private final FileChannel in;

    Reader(FileChannel in) {
      this.in = in;
    }

    @Override
    public long length() {
      return announced;
    }

    @Override
    public void copy(OutputStream to, long from, long end) throws IOException {
      var piece = new byte[PIECE_BYTES];
      long position = from;
      if (announced == 0) {
        await(0);
      }
      while (position < end) {
        long there = available(position);
        if (there == position) {
          if (position > from) {
            to.flush();
          }
          there = await(position);
        }
        if (there == position) {
          return;
        }
        int length = (int) Math.min(piece.length, Math.min(there, end) - position);
        readFully(in, piece, length, position);
        to.write(piece, 0, length);
        position += length;
      }
    }

    @Override
    public void close() {
      closeQuietly(in);
    }
  }

  private long available(long position) throws Body.Broken {
    lock.lock();
    try {
      if (state == State.BROKEN) {
        throw new Body.Broken("the origin broke off", cause == null ? new Throwable() : cause);
      }
      return Math.max(readable(), position);
    } finally {
      lock.unlock();
    }
  }

  /**
   * The last byte is held back until the whole answers requests: who has read it and asks again is
   * served from the store.
   */
  private long readable() {
    return state == State.COMING && written == announced ? written - 1 : written;
  }

  /** Waits until there is more than that, or nothing more comes: then it is the position. */
  private long await(long position) throws Body.Broken {
    lock.lock();
    try {
      while (readable() <= position && state == State.COMING) {
        changed.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Body.Broken("stopped", e);
    } finally {
      lock.unlock();
    }
    return available(position);
  }

  static void readFully(FileChannel in, byte[] into, int length, long position) throws Body.Broken {
    var buffer = ByteBuffer.wrap(into, 0, length);
    try {
      while (buffer.hasRemaining()) {
        if (in.read(buffer, position + buffer.position()) < 0) {
          throw new Body.Broken("a stored body is shorter than it was");
        }
      }
    } catch (Body.Broken e) {
      throw e;
    } catch (IOException e) {
      throw new Body.Broken("a stored body can't be read", e);
    }
  }

  static void closeQuietly(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException _) {
      // nothing is written through it any more
    }
  }
}
