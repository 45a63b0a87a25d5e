package com.softadastra.edge.forward;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.edge.cache.ForwardStore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Room for the bodies of requests that are in memory, {@value #ROOM_KIB} KiB in all. It is taken as
 * bytes come, so that who announces much and sends little holds little. Any thread may use it.
 */
final class BodyRoom {
  private static final int ROOM_KIB = 32 << 10;
  private static final int PIECE_BYTES = 16 << 10;
  private static final Duration PLACE = Duration.ofSeconds(5);

  private final Semaphore room = new Semaphore(ROOM_KIB);

  private final class Read implements ForwardStore.Held {
    private int kib;
    private byte[] bytes = {};

    /** One that is larger than all the room has all of it. */
    void fill(InputStream in, int most) throws IOException {
      var read = new ByteArrayOutputStream();
      var piece = new byte[PIECE_BYTES];
      for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
        if (n > most - read.size()) {
          throw new Refused(
              Problem.of(
                      ProblemCode.FORWARD_NOT_KEPT,
                      "of a request's body " + most + " bytes are kept")
                  .with("limit", Integer.toString(most)));
        }
        take(Math.min(ROOM_KIB, 1 + (read.size() + n) / 1024) - kib);
        read.write(piece, 0, n);
      }
      bytes = read.toByteArray();
    }

    private void take(int more) {
      try {
        if (!room.tryAcquire(more, PLACE.toMillis(), TimeUnit.MILLISECONDS)) {
          throw new Refused(ProblemCode.BUSY, "too many bodies are in memory");
        }
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        throw new Refused(ProblemCode.BUSY, "this node stops");
      }
      kib += more;
    }

    @Override
    public byte[] bytes() {
      return bytes;
    }

    @Override
    public void close() {
      room.release(kib);
      kib = 0;
    }
  }

  /**
   * @throws Refused where it is larger than {@code most}, or there is no room for 5 s
   */
  ForwardStore.Held read(InputStream in, int most) throws IOException {
    var body = new Read();
    boolean isRead = false;
    try {
      body.fill(in, most);
      isRead = true;
      return body;
    } finally {
      if (!isRead) {
        body.close();
      }
    }
  }
}
