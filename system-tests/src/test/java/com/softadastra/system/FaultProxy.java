package com.softadastra.system;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.EnumSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * A TCP proxy on loopback that treats its connections badly, as a seed decides: it cuts them after
 * a number of bytes, in the middle of a record, delays and stalls them, and drops bytes, repeats
 * them or turns them into others, which TCP would never do and TLS has to notice.
 */
final class FaultProxy implements AutoCloseable {
  private static final int CHUNK = 4096;

  private final int target;
  private final ServerSocket server;
  private final Supplier<Plan> plans;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final Map<Fault, AtomicInteger> done = new ConcurrentHashMap<>();

  /** What befalls a connection, one after the other. */
  enum Fault {
    NONE,
    CUT,
    DELAY,
    STALL,
    CORRUPT,
    DROP,
    DUPLICATE;

    /** Those after which a connection is gone, or hangs. */
    static final Set<Fault> HURTING = EnumSet.of(CUT, STALL, CORRUPT, DROP, DUPLICATE);
  }

  /**
   * @param at after how many bytes of one direction, from the one before on
   * @param millis how long the delay of each chunk lasts until then; a stall lasts longer
   */
  record Plan(Fault fault, long at, int millis) {}

  FaultProxy(int listen, int target, long seed) throws IOException {
    this(listen, target, drawing(new Random(seed)));
  }

  /**
   * @param plans what befalls the connections, asked for by one after the other
   */
  FaultProxy(int listen, int target, Supplier<Plan> plans) throws IOException {
    this.target = target;
    this.plans = plans;
    this.server = new ServerSocket(listen, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  /** How often each fault has come about. */
  Map<Fault, AtomicInteger> done() {
    return done;
  }

  @Override
  public void close() throws IOException {
    server.close();
    open.forEach(FaultProxy::end);
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        var near = server.accept();
        open.add(near);
        var far = new Socket(InetAddress.getLoopbackAddress(), target);
        open.add(far);
        var there = draw();
        var back = draw();
        Thread.ofVirtual().start(() -> pump(near, far, there));
        Thread.ofVirtual().start(() -> pump(far, near, back));
      } catch (IOException _) {
        // The target is away, or the proxy is closed.
      }
    }
  }

  private static Supplier<Plan> drawing(Random random) {
    return () -> {
      var fault = Fault.values()[random.nextInt(Fault.values().length)];
      // Most handshakes get through, few sessions get far.
      return new Plan(fault, 2_000 + random.nextInt(60_000), 5 + random.nextInt(30));
    };
  }

  private synchronized Plan draw() {
    return plans.get();
  }

  private void pump(Socket from, Socket to, Plan first) {
    var chunk = new byte[CHUNK];
    var plan = first;
    long left = plan.at();
    try (from;
        to) {
      var in = from.getInputStream();
      var out = to.getOutputStream();
      for (int length; (length = in.read(chunk)) >= 0; ) {
        boolean due = left < length;
        if (plan.fault() == Fault.DELAY) {
          Thread.sleep(plan.millis());
        }
        if (due) {
          count(plan.fault());
          switch (plan.fault()) {
            case CUT -> {
              out.write(chunk, 0, (int) left);
              return;
            }
            case STALL -> Thread.sleep(100L * plan.millis());
            case CORRUPT -> chunk[(int) left] ^= 0x20;
            case DUPLICATE -> out.write(chunk, 0, length);
            case NONE, DELAY, DROP -> {}
          }
          int kept = plan.fault() == Fault.DROP ? (int) left : length;
          out.write(chunk, 0, kept);
          plan = draw();
          left = plan.at();
        } else {
          left -= length;
          out.write(chunk, 0, length);
        }
      }
    } catch (IOException _) {
      // Either side is gone: so is the other, now.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      open.remove(from);
      open.remove(to);
    }
  }

  private void count(Fault fault) {
    done.computeIfAbsent(fault, _ -> new AtomicInteger()).incrementAndGet();
  }

  private static void end(Socket socket) {
    try {
      socket.close();
    } catch (IOException _) {
      // It is closed.
    }
  }
}
