package com.softadastra.sync.peer;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.peering.PeerLinks;
import com.softadastra.contracts.peering.PeerUnreachable;
import com.softadastra.contracts.time.Schedule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import reactor.core.publisher.Flux;

/**
 * Links between nodes of one process. Everything takes its time on a schedule; frames go only where
 * they were asked for, in order, until the connection is cut.
 */
public final class MemoryNetwork {
  private static final Duration LATENCY = Duration.ofMillis(1);

  private final Schedule schedule;
  private final Map<NodeId, Exchanges> listening = new HashMap<>();
  private final Set<NodeId> away = new HashSet<>();
  private final List<Connection> connections = new ArrayList<>();
  private int calls;
  private int frames;

  public MemoryNetwork(Schedule schedule) {
    this.schedule = schedule;
  }

  void listen(NodeId node, Exchanges exchanges) {
    listening.put(node, exchanges);
  }

  /** Nobody reaches it and it reaches nobody, or all do again. */
  void away(NodeId node, boolean is) {
    if (is) {
      away.add(node);
      cut();
    } else {
      away.remove(node);
    }
  }

  void cut() {
    List.copyOf(connections).forEach(Connection::cut);
  }

  int open() {
    return connections.size();
  }

  int calls() {
    return calls;
  }

  /** Frames that were delivered. */
  int frames() {
    return frames;
  }

  PeerLinks links(NodeId from) {
    return new PeerLinks() {
      @Override
      public List<String> addresses() {
        return List.of(from.toString());
      }

      @Override
      public Flux<byte[]> connect(NodeId peer, List<String> addresses, Flux<byte[]> frames) {
        return flux(new Connection(from, peer, frames)::open);
      }

      @Override
      public byte[] pair(NodeId inviter, List<String> addresses, byte[] request) {
        throw new UnsupportedOperationException();
      }
    };
  }

  private static Flux<byte[]> flux(Publisher<byte[]> publisher) {
    return Flux.from(publisher);
  }

  private final class Connection {
    private final NodeId from;
    private final NodeId to;
    private final Flux<byte[]> sent;
    private final Pipe forth = new Pipe(this);
    private final Pipe back = new Pipe(this);

    Connection(NodeId from, NodeId to, Flux<byte[]> frames) {
      this.from = from;
      this.to = to;
      this.sent = frames;
    }

    void open(Subscriber<? super byte[]> answers) {
      calls++;
      back.to(answers);
      schedule.after(
          LATENCY,
          () -> {
            var callee = listening.get(to);
            if (callee == null || away.contains(from) || away.contains(to)) {
              back.fail("refused");
              return;
            }
            connections.add(this);
            callee.accept(from, flux(forth::to)).subscribe(back);
            sent.subscribe(forth);
          });
    }

    void cut() {
      connections.remove(this);
      forth.fail("cut");
      back.fail("cut");
    }

    /** The answers' end is the connection's. */
    void ended() {
      if (back.over) {
        connections.remove(this);
        forth.fail("the callee is through");
      }
    }
  }

  /** One direction: what its reader asks for is asked of its writer, a moment later. */
  private final class Pipe implements Subscriber<byte[]>, Subscription {
    private final Connection connection;
    private @Nullable Subscription writer;
    private @Nullable Subscriber<? super byte[]> reader;
    private long asked;
    private boolean over;

    Pipe(Connection connection) {
      this.connection = connection;
    }

    void to(Subscriber<? super byte[]> subscriber) {
      reader = subscriber;
      subscriber.onSubscribe(this);
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      writer = subscription;
      if (over) {
        subscription.cancel();
      } else if (asked > 0) {
        subscription.request(asked);
      }
    }

    @Override
    public void request(long n) {
      schedule.after(
          LATENCY,
          () -> {
            if (over) {
              return;
            }
            if (writer == null) {
              asked += n;
            } else {
              writer.request(n);
            }
          });
    }

    @Override
    public void cancel() {
      schedule.after(LATENCY, () -> connection.cut());
    }

    @Override
    public void onNext(byte[] frame) {
      schedule.after(
          LATENCY,
          () -> {
            if (!over) {
              frames++;
              reader.onNext(frame);
            }
          });
    }

    @Override
    public void onError(Throwable failure) {
      schedule.after(LATENCY, () -> fail(String.valueOf(failure.getMessage())));
    }

    @Override
    public void onComplete() {
      schedule.after(
          LATENCY,
          () -> {
            if (!over) {
              over = true;
              if (reader != null) {
                reader.onComplete();
              }
              connection.ended();
            }
          });
    }

    void fail(String why) {
      if (!over) {
        over = true;
        if (writer != null) {
          writer.cancel();
        }
        if (reader != null) {
          reader.onError(new PeerUnreachable(why, null));
        }
        connection.ended();
      }
    }
  }
}
