package com.softadastra.sync.peer;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.contracts.time.EventQueue;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.space.Clocks;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.identity.Incarnations;
import com.softadastra.sync.storage.Birth;
import com.softadastra.sync.storage.Found;
import com.softadastra.sync.storage.InMemoryJournal;
import com.softadastra.sync.storage.InMemoryJournal.Medium;
import com.softadastra.sync.storage.Machine;
import com.softadastra.sync.storage.Recording;
import com.softadastra.sync.storage.RecordingSettings;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.random.RandomGenerator;

/** A node that does everything on a queue of events, recording included. */
public final class MeetingNode {
  private static final Duration DISK = Duration.ofMillis(4);

  public final NodeKey key;
  public final Recording recording;
  public final Surroundings surroundings;
  public final Exchanges exchanges;
  final PeerDirectory peers;
  private final InMemoryJournal journal;
  private final EventQueue queue;
  private final SpaceId space;
  private volatile Duration ahead = Duration.ZERO;

  public MeetingNode(
      NodeKey key, Membership membership, Medium medium, EventQueue queue, MemoryNetwork network) {
    this.key = key;
    this.queue = queue;
    this.space = membership.space();
    var random = new SplittableRandom(ByteBuffer.wrap(key.nodeId().hash().bytes()).getLong());
    var incarnations = new MemoryIncarnations(random);
    this.journal = new InMemoryJournal(medium);
    InstantSource clock = () -> queue.instant().plus(ahead);
    this.recording =
        Recording.open(
            journal,
            key,
            incarnations.birth(journal.found()),
            RecordingSettings.DEFAULT,
            new Machine(
                clock,
                random,
                () -> Long.MAX_VALUE,
                Runnable::run,
                (file, cause) -> {
                  throw new IllegalStateException(file + " stopped", cause);
                }));
    recording.onWork(() -> queue.after(DISK, recording::recordNext));
    this.surroundings = new Surroundings(queue, clock, random);
    this.peers = new PeerDirectory(recording, new InMemoryPeerStore());
    this.exchanges =
        new Exchanges(
            recording,
            incarnations,
            key,
            "node",
            peers,
            () -> network.links(key.nodeId()),
            new Exchanges.LaneSettings(
                Duration.ofMillis(500), Duration.ofSeconds(30), Duration.ofMinutes(2)),
            surroundings);
    recorded(() -> pair(membership));
    network.listen(key.nodeId(), exchanges);
  }

  /** Its clock goes otherwise from now on. */
  void ahead(Duration ahead) {
    this.ahead = ahead;
  }

  /** Whether somebody, as far as is known here, finds a member's clock wrong now. */
  boolean suspects(MeetingNode member) {
    return suspects(member, Long.MAX_VALUE);
  }

  /** The same when it wrote what has a sequence. */
  boolean suspects(MeetingNode member, long sequence) {
    return Clocks.Marks.of(journal.document(Clocks.key(space, member.replica()))).suspect(sequence);
  }

  private boolean pair(Membership membership) {
    if (recording.view(space).isEmpty()) {
      recording.createSpace("space", membership);
    }
    for (var member : membership.members()) {
      if (!member.node().equals(key.nodeId())) {
        var address = List.of(member.node().toString());
        peers.pair(member.node(), member.name(), address, queue.instant());
      }
    }
    return true;
  }

  /** Takes what is found for this node's own, so that only a meeting shows a copy. */
  private record MemoryIncarnations(RandomGenerator random) implements Incarnations {
    Birth birth(Optional<Found> found) {
      return found.map(it -> new Birth(it.incarnation(), 0)).orElseGet(() -> Birth.first(random));
    }

    @Override
    public void note(Found inside) {}
  }

  <T> T recorded(Callable<T> work) {
    var done = recording.administer(work);
    queue.advance(DISK);
    return done.resultNow();
  }

  /** Takes a new incarnation, one that no copy of it draws first. */
  public void reborn() {
    recorded(() -> {
      recording.reborn();
      recording.reborn();
      return true;
    });
  }

  public NodeId id() {
    return key.nodeId();
  }

  public Replica replica() {
    return new Replica(id(), recording.incarnation());
  }

  public void write(int documents) {
    write(space, documents, 0);
  }

  /**
   * @param bytes of each, which can't be packed well
   */
  public void write(int documents, int bytes) {
    write(space, documents, bytes);
  }

  /** Writes in a space that only this node is a member of. */
  void writeElsewhere(int documents) {
    var create = new MembershipRecord.Create(key.publicKey(), "1", "elsewhere", 0, new byte[16]);
    var elsewhere = new Membership(List.of(SpaceNames.sign(create, key)));
    recorded(() -> {
      recording.createSpace("elsewhere", elsewhere);
      return true;
    });
    write(elsewhere.space(), documents, 0);
  }

  private void write(SpaceId space, int documents, int bytes) {
    for (int i = 0; i < documents; i++) {
      var text = new byte[bytes / 2];
      new SplittableRandom(i).nextBytes(text);
      var padding = bytes == 0 ? "" : ",\"text\":\"" + HexFormat.of().formatHex(text) + "\"";
      var operation =
          new OperationRequest(
              OperationKind.PUT,
              "documents",
              "d" + i,
              new JsonText("{\"by\":\"" + id() + "\"" + padding + "}"),
              null,
              Condition.ANY);
      var done =
          recording.submit(
              space, new IntentRequest("space", null, null, Priority.NORMAL, List.of(operation)));
      queue.advance(DISK);
      assertThat(done).isCompleted();
    }
  }

  public Map<Replica, Long> vector() {
    var vector = new HashMap<Replica, Long>();
    recording
        .view(space)
        .orElseThrow()
        .chains()
        .forEach((replica, head) -> vector.put(replica, head.sequence()));
    return vector;
  }

  /** What a member has said to have, as far as is known here. */
  public Map<Replica, Long> said(MeetingNode member) {
    return recording
        .ledger()
        .by(space, member.id())
        .map(known -> known.statement().vector())
        .orElse(Map.of());
  }

  void switchLink(MeetingNode peer, boolean on) {
    recorded(() -> peers.switchLink(peer.id(), on));
    exchanges.switched(peer.id());
  }
}
