package com.softadastra.sync.storage;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.session.Frame;
import com.softadastra.engine.session.Session;
import com.softadastra.engine.session.SessionHost;
import com.softadastra.engine.space.BatchCheck.Checked;
import com.softadastra.engine.space.BatchCheck.Offered;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.SignedRecord;
import com.softadastra.engine.space.Urgency;
import com.softadastra.sync.storage.InMemoryJournal.Medium;
import com.softadastra.sync.storage.Recording.Outcome;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;

/**
 * A member of a space that records on a medium, in one thread. The medium may be copied and put
 * back, with or without anybody noticing.
 */
final class ForkedMember implements SessionHost {
  final NodeKey key;
  final InMemoryJournal journal;
  final Recording recording;
  private final Medium medium;
  private final Membership membership;
  private final SpaceId space;
  private final InstantSource clock;
  private final List<CompletableFuture<?>> storing = new ArrayList<>();

  /**
   * @param noticed whether the start finds the medium to be a copy
   */
  ForkedMember(
      NodeKey key,
      Medium medium,
      boolean noticed,
      Membership membership,
      InstantSource clock,
      RandomGenerator random) {
    this.key = key;
    this.medium = medium;
    this.membership = membership;
    this.space = membership.space();
    this.clock = clock;
    this.journal = new InMemoryJournal(medium);
    var found = journal.found();
    var birth =
        found.isEmpty()
            ? Birth.first(random)
            : noticed
                ? Birth.after(found.get().lastPosition(), clock.instant(), random)
                : new Birth(found.get().incarnation(), 0);
    recording =
        Recording.open(
            journal,
            key,
            birth,
            RecordingSettings.DEFAULT,
            new Machine(
                clock,
                random,
                () -> Long.MAX_VALUE,
                Runnable::run,
                (file, cause) -> {
                  throw new IllegalStateException(file, cause);
                }));
    if (recording.view(space).isEmpty()) {
      var done =
          recording.administer(() -> {
            recording.createSpace("space", membership);
            return true;
          });
      recordAll();
      done.join();
    }
  }

  Medium copy() {
    return medium.copy();
  }

  CompletableFuture<Outcome> submit(IntentRequest request) {
    return recording.submit(space, request);
  }

  private Statement said;

  void recordAll() {
    while (recording.recordNext()) {}
  }

  List<LoggedEntry> log() {
    return journal.from(1, Integer.MAX_VALUE);
  }

  Map<Replica, ChainHead> chains() {
    return chains(space);
  }

  /**
   * Two members exchange frames until neither has any more, or the line is cut.
   *
   * @param cut whether it is before a frame, given how many were carried
   */
  static void meet(ForkedMember one, ForkedMember other, IntPredicate cut) {
    var a = new Session(other.key.nodeId(), one);
    var b = new Session(one.key.nodeId(), other);
    int carried = 0;
    boolean busy = true;
    while (busy) {
      busy = false;
      a.gossip(one.space, Set.of(one.key.nodeId()));
      b.gossip(other.space, Set.of(other.key.nodeId()));
      for (boolean forth : new boolean[] {true, false}) {
        var frame = (forth ? a : b).poll();
        if (frame != null) {
          if (cut.test(carried++)) {
            return;
          }
          busy = true;
          (forth ? b : a).receive(frame);
          (forth ? other : one).recordAll();
        }
      }
      if (carried > 100_000) {
        throw new AssertionError("two members never stop to talk");
      }
    }
  }

  // ---- as its sessions see it

  @Override
  public Frame.Hello hello(NodeId peer) {
    return new Frame.Hello(
        Frame.VERSION,
        Frame.VERSION,
        new Replica(key.nodeId(), recording.incarnation()),
        clock.millis(),
        "member",
        List.of(),
        List.of(space));
  }

  @Override
  public void summarised(SpaceId space, List<Frame.Summary.Known> chains) {}

  @Override
  public void met(Frame.Hello peer) {}

  @Override
  public Optional<Membership> membership(SpaceId of, NodeId peer) {
    return Optional.of(membership).filter(m -> m.member(peer).isPresent());
  }

  @Override
  public CompletionStage<?> learn(SpaceId of, List<SignedRecord> records) {
    return CompletableFuture.completedStage(null);
  }

  @Override
  public Map<Replica, ChainHead> chains(SpaceId of) {
    return recording.view(of).orElseThrow().chains();
  }

  @Override
  public Optional<Hash> hash(SpaceId of, Replica chain, long sequence) {
    return recording.log().find(of, chain, sequence).map(LoggedEntry::hash);
  }

  @Override
  public Optional<Long> position(SpaceId of, Replica chain, long sequence) {
    return recording.log().find(of, chain, sequence).map(LoggedEntry::position);
  }

  @Override
  public Optional<List<LoggedEntry>> entries(SpaceId of, long after, int bytes, Set<Long> leftOut) {
    // few at a time, so that there are many frames
    return Optional.of(recording.log().signedRun(of, after, 600, _ -> false));
  }

  @Override
  public List<Unreadable> unreadable(SpaceId of) {
    return List.of();
  }

  @Override
  public Optional<LoggedEntry> entry(SpaceId of, Replica chain, long sequence) {
    return recording.log().find(of, chain, sequence);
  }

  @Override
  public CompletionStage<?> mend(SpaceId of, List<Offered> entries, NodeId from) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Urgency urgency(SpaceId space) {
    return recording.view(space).orElseThrow().urgency();
  }

  @Override
  public long durable() {
    return recording.durable();
  }

  @Override
  public Map<NodeId, Statement.Age> heard(SpaceId of) {
    var heard = new HashMap<NodeId, Statement.Age>();
    for (var member : membership.members()) {
      recording
          .ledger()
          .by(of, member.node())
          .ifPresent(known -> heard.put(member.node(), known.statement().age()));
    }
    heard.put(key.nodeId(), own(of).age());
    return heard;
  }

  @Override
  public Optional<Statement.Signed> statement(SpaceId of, NodeId member) {
    return member.equals(key.nodeId())
        ? Optional.of(own(of).sign(key))
        : recording.ledger().by(of, member).map(Ledger.Known::signed);
  }

  /** What it says anew only where it has changed. */
  private Statement own(SpaceId of) {
    var vector = new HashMap<Replica, Long>();
    chains(of).forEach((chain, head) -> vector.put(chain, head.sequence()));
    var self = new Replica(key.nodeId(), recording.incarnation());
    var before = said;
    if (before != null && before.by().equals(self) && before.vector().equals(vector)) {
      return before;
    }
    said = new Statement(of, self, recording.durable(), clock.millis(), vector);
    return said;
  }

  @Override
  public void note(SpaceId of, List<Statement.Signed> statements, NodeId via) {
    for (var signed : statements) {
      var statement = Statement.decode(signed.bytes());
      if (!statement.by().node().equals(key.nodeId()) && recording.ledger().isNews(statement)) {
        recording.note(new Ledger.Known(statement, signed.signature(), via));
      }
    }
  }

  @Override
  public CompletionStage<Map<Replica, String>> store(SpaceId of, Checked batch, NodeId from) {
    var done = recording.store(of, batch);
    storing.add(done);
    return done;
  }

  @Override
  public CompletionStage<?> forked(SpaceId of, Replica replica) {
    return recording.administer(() -> {
      if (recording.incarnation().equals(replica.incarnation())) {
        recording.reborn();
      }
      return true;
    });
  }

  @Override
  public void refusedBy(NodeId peer, SpaceId of, Replica replica, String reason) {}

  /** Fails where something that was to be stored failed. */
  void check() {
    storing.forEach(CompletableFuture::join);
    storing.clear();
  }
}
