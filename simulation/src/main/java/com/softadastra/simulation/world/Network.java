package com.softadastra.simulation.world;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.mail.MailLinks;
import com.softadastra.contracts.peering.PeerLinks;
import com.softadastra.contracts.peering.PeerUnreachable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import reactor.core.publisher.Flux;

/** Links between nodes, and what becomes of frames on them. */
final class Network {
  private static final long SECOND = 1_000_000_000L;

  /** After so long without a sign of the other end a connection is dead. */
  private static final long KEEPALIVE = 30 * SECOND;

  /** How long a call waits for an answer. */
  private static final long CALL = 10 * SECOND;

  private static final int KEPT_FRAMES = 24;

  private final Agenda agenda;
  private final RandomGenerator random;
  private final Watch watch;
  private final Map<String, Station> addresses = new HashMap<>();
  private final Map<Way, Link> links = new HashMap<>();
  private final Map<Way, List<Runnable>> held = new LinkedHashMap<>();
  private final Map<Way, List<byte[]>> earlier = new HashMap<>();
  private final Map<Way, Integer> corrupt = new HashMap<>();
  private final List<Connection> connections = new ArrayList<>();

  /** From a node to another, by their numbers. */
  record Way(int from, int to) {}

  /** Sees every connection and every frame. */
  interface Watch {
    void connected(Station caller, Station called);

    void sent(Station from, Station to, Connection over, byte[] frame);

    void received(Station from, Station to, Connection over, byte[] frame);

    /** A frame arrives otherwise than it was sent. */
    void damaged();

    /** One end of a connection sends, or asks for, more than may be under way. */
    void overrun(Station by, String how);
  }

  /** What a way is like. */
  private static final class Link {
    final long latency;
    final long bytesPerSecond;
    long slowness = 1;
    int blocks;
    boolean severed;

    Link(long latency, long bytesPerSecond) {
      this.latency = latency;
      this.bytesPerSecond = bytesPerSecond;
    }
  }

  Network(Agenda agenda, RandomGenerator random, Watch watch) {
    this.agenda = agenda;
    this.random = random;
    this.watch = watch;
  }

  Agenda agenda() {
    return agenda;
  }

  /** Makes a way between two nodes, in both directions. */
  void link(Station a, Station b, long latency, long bytesPerSecond) {
    links.put(way(a, b), new Link(latency, bytesPerSecond));
    links.put(way(b, a), new Link(latency, bytesPerSecond));
  }

  /** There is no way between two nodes, and won't be. */
  void sever(Station a, Station b) {
    link(a, b).severed = true;
    link(b, a).severed = true;
  }

  void rejoin(Station a, Station b) {
    link(a, b).severed = false;
    link(b, a).severed = false;
  }

  /** Gives a node a way to a peer such as another node has. */
  void linkAs(Station node, Station other, Station peer) {
    var link = link(other, peer);
    link(node, peer, link.latency, link.bytesPerSecond);
  }

  void register(Station node) {
    addresses.put(node.address(), node);
  }

  private static Way way(Station from, Station to) {
    return new Way(from.place(), to.place());
  }

  private Link link(Station from, Station to) {
    var link = links.get(way(from, to));
    if (link == null) {
      throw new IllegalStateException("no link from " + from + " to " + to);
    }
    return link;
  }

  boolean linked(Station from, Station to) {
    return links.containsKey(way(from, to));
  }

  // ---- what a node's transport does

  /** The network as one process of a node sees it. */
  PeerLinks of(Station node, Life life) {
    return new PeerLinks() {
      @Override
      public List<String> addresses() {
        return List.of(node.address());
      }

      @Override
      public Flux<byte[]> connect(NodeId peer, List<String> at, Flux<byte[]> frames) {
        return Flux.from(subscriber -> call(node, life, peer, at, frames, false, subscriber));
      }

      @Override
      public byte[] pair(NodeId inviter, List<String> at, byte[] request) {
        throw new PeerUnreachable("nobody pairs here", null);
      }
    };
  }

  /** The way to relays, as one process of a node sees it. */
  MailLinks mailOf(Station node, Life life) {
    return (relay, at, frames) ->
        Flux.from(subscriber -> call(node, life, relay, at, frames, true, subscriber));
  }

  private void call(
      Station node,
      Life life,
      NodeId peer,
      List<String> at,
      Flux<byte[]> frames,
      boolean mail,
      Subscriber<? super byte[]> subscriber) {
    var call = new Call(mail, subscriber);
    subscriber.onSubscribe(call);
    call(node, life, peer, List.copyOf(at), frames, call);
  }

  /** Tries one address after the other. */
  private void call(
      Station node, Life life, NodeId peer, List<String> at, Flux<byte[]> frames, Call call) {
    if (at.isEmpty()) {
      call.fails("no address answers as that node");
      return;
    }
    var rest = at.subList(1, at.size());
    var other = addresses.get(at.getFirst());
    if (other == null
        || !linked(node, other)
        || !other.id().equals(peer)
        || other.takesMail() != call.mail) {
      life.after(transit(null), () -> call(node, life, peer, rest, frames, call));
      return;
    }
    life.after(
        2 * transit(node, other, 0),
        () -> {
          var there = other.life();
          if (call.cancelled) {
            return;
          }
          if (there == null || blocked(node, other) || blocked(other, node)) {
            life.after(
                there == null ? 0 : random.nextLong(CALL),
                () -> call(node, life, peer, rest, frames, call));
            return;
          }
          connect(node, life, other, there, frames, call);
        });
  }

  private void connect(
      Station node, Life life, Station other, Life there, Flux<byte[]> frames, Call call) {
    var connection = new Connection(this, node, life, other, there);
    connections.add(connection);
    watch.connected(node, other);
    call.connected(connection);
    var replies = other.accept(node.id(), connection.out().frames());
    frames.subscribe(connection.out());
    replies.subscribe(connection.back());
  }

  /** The caller's subscription, before and after there is a connection. */
  private static final class Call implements Subscription {
    private final boolean mail;
    private final Subscriber<? super byte[]> subscriber;
    private boolean cancelled;
    private boolean over;
    private long demand;
    private @Nullable Subscription wire;

    Call(boolean mail, Subscriber<? super byte[]> subscriber) {
      this.mail = mail;
      this.subscriber = subscriber;
    }

    void connected(Connection connection) {
      connection
          .back()
          .frames()
          .subscribe(
              new Subscriber<byte[]>() {
                @Override
                public void onSubscribe(Subscription subscription) {
                  wire = subscription;
                  if (demand > 0) {
                    subscription.request(demand);
                  }
                }

                @Override
                public void onNext(byte[] frame) {
                  subscriber.onNext(frame);
                }

                @Override
                public void onError(Throwable cause) {
                  subscriber.onError(cause);
                }

                @Override
                public void onComplete() {
                  subscriber.onComplete();
                }
              });
    }

    void fails(String why) {
      if (!cancelled && !over) {
        over = true;
        subscriber.onError(new PeerUnreachable(why, null));
      }
    }

    @Override
    public void request(long frames) {
      demand += frames;
      if (wire != null) {
        wire.request(frames);
      }
    }

    @Override
    public void cancel() {
      cancelled = true;
      if (wire != null) {
        wire.cancel();
      }
    }
  }

  // ---- what wires ask

  void overrun(Station by, String how) {
    watch.overrun(by, how);
  }

  void sent(Station from, Station to, Connection over, byte[] frame) {
    watch.sent(from, to, over, frame);
    var kept = earlier.computeIfAbsent(way(from, to), _ -> new ArrayList<>());
    if (kept.size() >= KEPT_FRAMES) {
      kept.remove(0);
    }
    kept.add(frame);
  }

  void received(Station from, Station to, Connection over, byte[] frame) {
    watch.received(from, to, over, frame);
  }

  private long transit(@Nullable Link link) {
    long latency = link == null ? SECOND / 10 : link.latency;
    return latency / 2 + random.nextLong(latency + 1);
  }

  /** How long a frame is under way. */
  long transit(Station from, Station to, int bytes) {
    var link = link(from, to);
    return link.slowness * (transit(link) + (SECOND * bytes) / link.bytesPerSecond);
  }

  /** How long an end may take to notice that the connection is broken. */
  long grace() {
    return random.nextLong(SECOND / 5);
  }

  boolean blocked(Station from, Station to) {
    var link = link(from, to);
    return link.severed || link.blocks > 0;
  }

  /** Keeps what can't get through now; a cut wire never resends it. */
  void hold(Station from, Station to, Runnable delivery) {
    held.computeIfAbsent(way(from, to), _ -> new ArrayList<>()).add(delivery);
  }

  /** The frame as it arrives, which may not be as it was sent. */
  byte[] touched(Connection connection, Station from, Station to, byte[] frame) {
    var due = corrupt.remove(way(from, to));
    if (due == null || frame.length == 0) {
      return frame;
    }
    connection.touch();
    watch.damaged();
    // the transport finds that out, a moment after the session has seen it
    agenda.after(grace(), () -> connection.breaks("a damaged record"));
    var damaged = frame.clone();
    damaged[Math.floorMod(due, frame.length)] ^= (byte) (1 << Math.floorMod(due >> 16, 8));
    return damaged;
  }

  void gone(Connection connection) {
    connections.remove(connection);
  }

  // ---- faults

  /** A way lets nothing through for a time; connections over it die if it lasts. */
  void block(Station from, Station to, long nanos) {
    link(from, to).blocks++;
    agenda.after(nanos, () -> unblock(from, to));
    if (nanos > KEEPALIVE) {
      agenda.after(
          KEEPALIVE,
          () -> {
            if (blocked(from, to)) {
              cut(from, to);
            }
          });
    }
  }

  private void unblock(Station from, Station to) {
    var link = link(from, to);
    if (link.blocks == 0 || --link.blocks > 0) {
      return;
    }
    var waiting = held.remove(way(from, to));
    if (waiting != null) {
      waiting.forEach(delivery -> agenda.at(agenda.now(), delivery));
    }
  }

  void cut(Station a, Station b) {
    List.copyOf(connections).stream()
        .filter(connection -> connection.joins(a, b))
        .forEach(connection -> connection.breaks("cut"));
  }

  void slow(Station from, Station to, long factor, long nanos) {
    link(from, to).slowness = factor;
    agenda.after(nanos, () -> link(from, to).slowness = 1);
  }

  void corruptNext(Station from, Station to, int where) {
    corrupt.put(way(from, to), where);
  }

  boolean isConnected(Station a, Station b) {
    return connections.stream().anyMatch(connection -> connection.joins(a, b));
  }

  /** Whether there is a frame that can be sent again. */
  boolean hasSent(Station from, Station to) {
    return !earlier.getOrDefault(way(from, to), List.of()).isEmpty();
  }

  /** A frame that was sent before, maybe on an earlier connection, arrives once more. */
  void replay(Station from, Station to, int which) {
    var kept = earlier.get(way(from, to));
    if (kept == null || kept.isEmpty()) {
      return;
    }
    inject(from, to, kept.get(Math.floorMod(which, kept.size())));
  }

  /** A frame arrives that no process of that node has sent. */
  boolean inject(Station from, Station to, byte[] frame) {
    for (var connection : List.copyOf(connections)) {
      if (connection.joins(from, to)) {
        connection.touch();
        connection.from(from).inject(frame);
        return true;
      }
    }
    return false;
  }

  /** A process has ended: the other ends are told, or notice that nothing comes any more. */
  void ended(Life life, boolean told) {
    for (var connection : List.copyOf(connections)) {
      if (connection.isOf(life)) {
        agenda.after(told ? grace() : KEEPALIVE, () -> connection.breaks("the other end is gone"));
      }
    }
  }

  /**
   * All ways that are not severed are open and as fast as they were made, and no connection stays
   * that saw what its ends had not sent; the others have to do.
   */
  void heal() {
    links
        .values()
        .forEach(link -> {
          link.blocks = 0;
          link.slowness = 1;
        });
    corrupt.clear();
    var waiting = List.copyOf(held.values());
    held.clear();
    waiting.forEach(way -> way.forEach(delivery -> agenda.at(agenda.now(), delivery)));
    List.copyOf(connections).stream()
        .filter(Connection::isTouched)
        .forEach(connection -> connection.breaks("healed"));
  }

  int connections() {
    return connections.size();
  }
}
