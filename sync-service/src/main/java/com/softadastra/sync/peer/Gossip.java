package com.softadastra.sync.peer;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.Signatures;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.log.Signatures.Purpose;
import com.softadastra.engine.space.Membership;
import com.softadastra.sync.storage.Ledger;
import com.softadastra.sync.storage.Recording;
import com.softadastra.sync.storage.SpaceView;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What the members of spaces say to have, this node among them.
 *
 * <p>In a space of n members everyone is to hear everyone's statements, and each names some n
 * replicas. So a member makes the next one only when it has something new to say and a pause has
 * passed that grows as the square of n: the load of a link stays the same then, however many they
 * are, and what is checked in a second becomes less. What was heard is gathered for a part of that
 * pause and passed on in one go. Few members hear at once.
 *
 * <p>Any thread may use it.
 */
final class Gossip {
  private static final Duration LEAST_PAUSE = Duration.ofMillis(100);
  private static final Duration PAUSE_EACH = Duration.ofMillis(2);
  private static final Duration MOST_PAUSE = Duration.ofMinutes(5);

  /** The part of a pause for which news is gathered. */
  private static final int ROUNDS = 64;

  /** A round as short as that is none. */
  private static final Duration SHORT = Duration.ofMillis(20);

  private final Recording recording;
  private final NodeKey key;
  private final Surroundings surroundings;
  private final Listeners listeners;
  private final Map<SpaceId, Talk> talks = new ConcurrentHashMap<>();
  private final LongAdder verified = new LongAdder();

  /** Who passes on what is said; none of it may block. */
  interface Listeners {
    /** There are later statements of members. */
    void later(SpaceId space, Set<NodeId> members);

    /** A member has said less than is known that it, or another life of it, has said before. */
    void contradicted(SpaceId space, NodeId member);
  }

  /** What is said of one space. Guarded by itself. */
  private static final class Talk {
    /** The latest of each member, which need not be forced yet. */
    final Map<NodeId, Ledger.Known> heard = new HashMap<>();

    Ledger.@Nullable Known own;
    long ownNanos;
    boolean due;

    /** Whose latest has not been passed on. */
    Set<NodeId> fresh = new HashSet<>();

    boolean roundDue;
  }

  Gossip(Recording recording, NodeKey key, Surroundings surroundings, Listeners listeners) {
    this.recording = recording;
    this.key = key;
    this.surroundings = surroundings;
    this.listeners = listeners;
  }

  /** How many statements of others were checked. */
  long verified() {
    return verified.sum();
  }

  private Talk talk(SpaceId space) {
    return talks.computeIfAbsent(space, _ -> new Talk());
  }

  static Duration pause(SpaceView view) {
    long members = view.membership().members().size();
    var pause =
        LEAST_PAUSE.plus(
            PAUSE_EACH.multipliedBy(members * Math.max(members, view.chains().size())));
    return pause.compareTo(MOST_PAUSE) < 0 ? pause : MOST_PAUSE;
  }

  // ---- this node's own

  /** This node may have more than it has said: it says so, at once or when the pause is over. */
  void changed(SpaceId space) {
    var view = recording.view(space);
    if (view.isEmpty()) {
      return;
    }
    var talk = talk(space);
    synchronized (talk) {
      if (talk.due) {
        return;
      }
      var left =
          talk.own == null
              ? Duration.ZERO
              : pause(view.get()).minusNanos(surroundings.schedule().nanoTime() - talk.ownNanos);
      if (left.isPositive()) {
        talk.due = true;
        surroundings.schedule().after(left, () -> state(space));
      } else {
        state(space);
      }
    }
  }

  /** This node's log goes on elsewhere or as another incarnation, and it says so at once. */
  void reborn(SpaceId space) {
    var talk = talk(space);
    synchronized (talk) {
      talk.own = null;
      state(space);
    }
  }

  /** This node says what it has, however lately it did. */
  void say(SpaceId space) {
    if (recording.view(space).isPresent()) {
      state(space);
    }
  }

  private void state(SpaceId space) {
    var talk = talk(space);
    synchronized (talk) {
      talk.due = false;
      var statement = statement(space);
      var before = talk.own == null ? null : talk.own.statement();
      if (before != null
          && before.by().equals(statement.by())
          && before.vector().equals(statement.vector())) {
        return;
      }
      talk.own = new Ledger.Known(statement, statement.sign(key).signature(), null);
      talk.ownNanos = surroundings.schedule().nanoTime();
      talk.fresh.add(key.nodeId());
      round(space, talk, recording.view(space).orElseThrow());
    }
  }

  /** What this node has, forced. */
  private Statement statement(SpaceId space) {
    // the position first: the chains then hold at least as much
    long position = recording.durable();
    var view = recording.view(space).orElseThrow();
    return new Statement(
        space,
        view.self(),
        position,
        Math.max(0, surroundings.clock().millis()),
        Statement.vector(view.chains()));
  }

  // ---- that of others

  /**
   * Takes in statements.
   *
   * @throws Malformed where a member did not sign what is said in its name
   */
  void note(SpaceView view, List<Statement.Signed> statements, NodeId via) {
    var space = view.membership().space();
    var talk = talk(space);
    for (var signed : statements) {
      var header = signed.header();
      var member = view.membership().member(header.by().node());
      if (member.isEmpty() || !header.space().equals(space)) {
        continue;
      }
      if (member.get().node().equals(key.nodeId())) {
        hearOfItself(talk, signed, member.get());
      } else if (isNews(talk, header)) {
        note(talk, view, signed, member.get(), via);
      } else if (member.get().node().equals(via)) {
        contradict(signed, via);
      }
    }
  }

  /**
   * What this node said itself, or another life of it, which then speaks for it until now. This one
   * says at once what it has, also where it has long said the same.
   */
  private void hearOfItself(Talk talk, Statement.Signed signed, Membership.Member self) {
    var statement = Statement.decode(signed.bytes(), like(talk));
    synchronized (talk) {
      var own = talk.own == null ? null : talk.own.statement();
      if (own != null && (own.equals(statement) || own.laterThan(statement))) {
        return;
      }
    }
    var present = statement(statement.space());
    if (statement.isBeyond(present)) {
      verify(signed, self);
      var _ =
          recording
              .administer(() -> recording.overtake(statement))
              .thenAccept(overtaken -> {
                if (!overtaken) {
                  reborn(statement.space());
                }
              });
    } else if (present.laterThan(statement)) {
      verify(signed, self);
      reborn(statement.space());
    }
  }

  /** Who says less than is known of it is told: it may not know what another life of it said. */
  private void contradict(Statement.Signed signed, NodeId via) {
    var statement = Statement.decode(signed.bytes());
    if (latest(statement.space(), via)
        .filter(known -> known.statement().isBeyond(statement))
        .isPresent()) {
      listeners.contradicted(statement.space(), via);
    }
  }

  /** So is who has written as another life than the one that others say spoke for it last. */
  void wrote(SpaceId space, NodeId member, Set<Replica> authors) {
    if (latest(space, member)
        .filter(known -> known.via() != null)
        .map(known -> known.statement().by())
        .filter(by -> authors.stream().anyMatch(it -> it.node().equals(member) && !it.equals(by)))
        .isPresent()) {
      listeners.contradicted(space, member);
    }
  }

  private static void verify(Statement.Signed signed, Membership.Member member) {
    if (!Signatures.verify(
        Purpose.STATEMENT, Hash.sha256(signed.bytes()), signed.signature(), member.key())) {
      throw new Malformed("a statement with a wrong signature");
    }
  }

  private void note(
      Talk talk, SpaceView view, Statement.Signed signed, Membership.Member member, NodeId via) {
    var statement = Statement.decode(signed.bytes(), like(talk));
    verified.increment();
    verify(signed, member);
    var known =
        new Ledger.Known(statement, signed.signature(), member.node().equals(via) ? null : via);
    synchronized (talk) {
      talk.heard.merge(member.node(), known, Gossip::later);
      talk.fresh.add(member.node());
      round(statement.space(), talk, view);
    }
    recording.note(known);
  }

  /** Else nodes that know one another would tell each other round and round until it's forced. */
  private boolean isNews(Talk talk, Statement.Header header) {
    var forced = recording.ledger().by(header.space(), header.by().node());
    synchronized (talk) {
      var known = talk.heard.get(header.by().node());
      return (known == null || header.age().laterThan(known.statement().age()))
          && forced.map(it -> header.age().laterThan(it.statement().age())).orElse(true);
    }
  }

  private Map<Replica, Long> like(Talk talk) {
    synchronized (talk) {
      return talk.own == null ? Map.of() : talk.own.statement().vector();
    }
  }

  private static Ledger.Known later(Ledger.Known a, Ledger.Known b) {
    return b.statement().laterThan(a.statement()) ? b : a;
  }

  // ---- for sessions

  /** Which statement of each member is the latest here, this node's own among them. */
  Map<NodeId, Statement.Age> heard(SpaceView view) {
    changed(view.membership().space());
    var heard = new HashMap<NodeId, Statement.Age>();
    for (var member : view.membership().members()) {
      latest(view.membership().space(), member.node())
          .ifPresent(known -> heard.put(member.node(), known.statement().age()));
    }
    return heard;
  }

  /** What was heard and is not forced yet was passed on to those who were there; so it is here. */
  Optional<Ledger.Known> latest(SpaceId space, NodeId member) {
    var talk = talk(space);
    var forced = recording.ledger().by(space, member);
    synchronized (talk) {
      var last =
          Optional.ofNullable(member.equals(key.nodeId()) ? talk.own : talk.heard.get(member));
      return forced.map(known -> last.map(it -> later(known, it)).orElse(known)).or(() -> last);
    }
  }

  // ---- rounds

  private void round(SpaceId space, Talk talk, SpaceView view) {
    var gathering = pause(view).dividedBy(ROUNDS);
    if (gathering.compareTo(SHORT) < 0) {
      pass(space, talk);
    } else if (!talk.roundDue) {
      talk.roundDue = true;
      surroundings
          .schedule()
          .after(
              gathering,
              () -> {
                synchronized (talk) {
                  talk.roundDue = false;
                  pass(space, talk);
                }
              });
    }
  }

  private void pass(SpaceId space, Talk talk) {
    var fresh = talk.fresh;
    talk.fresh = new HashSet<>();
    listeners.later(space, fresh);
  }
}
