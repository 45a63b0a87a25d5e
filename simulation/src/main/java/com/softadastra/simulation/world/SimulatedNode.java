package com.softadastra.simulation.world;

import static com.softadastra.simulation.judge.Invariant.DURABLE;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.session.Frame;
import com.softadastra.engine.space.Membership;
import com.softadastra.sync.envelope.Envelopes;
import com.softadastra.sync.identity.FiledIncarnations;
import com.softadastra.sync.peer.Exchanges;
import com.softadastra.sync.peer.PeerDirectory;
import com.softadastra.sync.peer.RelayDirectory;
import com.softadastra.sync.relay.CustodyBook;
import com.softadastra.sync.relay.Relays;
import com.softadastra.sync.storage.DamagedRow;
import com.softadastra.sync.storage.Journal;
import com.softadastra.sync.storage.Machine;
import com.softadastra.sync.storage.Recording;
import com.softadastra.sync.storage.RecordingSettings;
import com.softadastra.sync.storage.StorageException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/**
 * A node of the product on simulated machinery: its recording, its sessions and its lanes are the
 * product's own, put together as the product does it; disk, network, clock and randomness are the
 * simulation's.
 */
public final class SimulatedNode implements Station {
  static final RecordingSettings SETTINGS =
      new RecordingSettings(64 << 10, 16, 1 << 20, 1 << 20, 1 << 20);
  private static final Exchanges.LaneSettings LANES =
      new Exchanges.LaneSettings(
          Duration.ofMillis(200), Duration.ofMinutes(5), Duration.ofMinutes(2));
  static final Instant EPOCH = Instant.parse("2026-11-22T00:00:00Z");

  /** What a disk says that was told to refuse. */
  static final String REFUSED = "the simulated disk refused";

  /** How long a commit takes, about. */
  static final long DISK_NANOS = 300_000;

  private final World world;
  private final int place;
  private final String name;
  private final NodeKey key;
  private final RandomGenerator random;
  private final List<SimulatedNode> peers;
  private Disk disk;
  private long clockOffsetMillis;
  private boolean full;
  private long diskNanos = DISK_NANOS;
  private int spoken = Frame.VERSION;

  private @Nullable Process process;
  private @Nullable Planned planned;
  private boolean refused;
  private boolean over;

  /** Spaces that this node is to know from its first start on. */
  private final Map<String, Membership> spaces = new LinkedHashMap<>();

  /** What there is of a node while it runs. */
  private static final class Process {
    final Life life;
    final Journal journal;
    final Recording recording;
    final Exchanges exchanges;

    /** Where the world has a relay. */
    final @Nullable RelaySide relaySide;

    boolean recordingDue;
    boolean failed;

    /**
     * The step of the agenda in which it ended while it answered, 0 where it didn't: what it says
     * from then on in that step nobody hears.
     */
    long cutShortIn;

    Process(
        Life life,
        Journal journal,
        Recording recording,
        Exchanges exchanges,
        @Nullable RelaySide relaySide) {
      this.life = life;
      this.journal = journal;
      this.recording = recording;
      this.exchanges = exchanges;
      this.relaySide = relaySide;
    }

    void start() {
      exchanges.start();
      if (relaySide != null) {
        relaySide.lanes.start();
      }
    }
  }

  /** What a process knows of relays, and does with them. */
  record RelaySide(RelayDirectory directory, CustodyBook custody, Relays lanes) {}

  /** The moment of an effect at which something is to happen to a node. */
  public enum Moment {
    BEFORE_COMMIT,
    BEFORE_FORCE,
    AFTER_FORCE,
    /** One of a group was answered, and the others are not. */
    BETWEEN_ANSWERS,
    /** The incarnation file is being replaced: it is the one before or the new one. */
    AT_INCARNATION,
    /** A file is about to be written, in a commit or a force. */
    BEFORE_WRITE
  }

  /**
   * What is to happen at the next such moment.
   *
   * @param crash the process ends; else the disk refuses a commit, a write or a force
   */
  private record Planned(Moment moment, boolean crash, Runnable then) {}

  SimulatedNode(
      World world, int place, String name, NodeKey key, Disk disk, List<SimulatedNode> peers) {
    this.world = world;
    this.place = place;
    this.name = name;
    this.key = key;
    this.disk = disk;
    this.peers = peers;
    this.random = world.draw(name);
  }

  @Override
  public int place() {
    return place;
  }

  @Override
  public NodeId id() {
    return key.nodeId();
  }

  NodeKey key() {
    return key;
  }

  @Override
  public String address() {
    return name;
  }

  @Override
  public @Nullable Life life() {
    return process == null ? null : process.life;
  }

  @Override
  public boolean takesMail() {
    return false;
  }

  @Nullable RelaySide relaySide() {
    return running().relaySide;
  }

  /** Whether it is a copy of another node's machine. */
  boolean isCopy() {
    return place >= world.plan().nodes();
  }

  List<SimulatedNode> peers() {
    return peers;
  }

  public boolean runs() {
    return process != null;
  }

  public Recording recording() {
    return running().recording;
  }

  public Exchanges exchanges() {
    return running().exchanges;
  }

  public Journal journal() {
    return running().journal;
  }

  /** Whether all that it has committed is forced. */
  public boolean isForced() {
    return disk.isForced();
  }

  Disk disk() {
    return disk;
  }

  private Process running() {
    if (process == null) {
      throw new IllegalStateException(name + " is not running");
    }
    return process;
  }

  void knows(String space, Membership membership) {
    spaces.put(space, membership);
  }

  // ---- life and death

  /** Starts a process on what the disk holds. */
  void start() {
    if (process != null || over) {
      return;
    }
    var life = new Life(world.agenda(), random);
    refused = false;
    try {
      var journal = disk.open(point -> happens(life, point), cause -> failed(life, cause));
      disk.beforeIncarnation(() -> happens(life, Disk.Point.INCARNATION), random);
      var incarnations = new FiledIncarnations(disk, random, this::now);
      var machine =
          new Machine(
              this::now,
              random,
              () -> full ? 0 : Long.MAX_VALUE,
              Runnable::run,
              (_, cause) -> failed(life, cause));
      var recording =
          Recording.open(journal, key, incarnations.birth(journal.found()), SETTINGS, machine);
      incarnations.note(recording.found());
      var directory = new PeerDirectory(recording, disk.peers());
      var exchanges =
          new Exchanges(
              recording,
              incarnations,
              key,
              name,
              directory,
              () -> world.network().of(this, life),
              LANES,
              new Surroundings(life, this::now, random));
      var relaySide =
          world.relay() == null ? null : relaySide(life, recording, exchanges, directory);
      var started = new Process(life, journal, recording, exchanges, relaySide);
      process = started;
      recording.onWork(() -> recordSoon(started));
      recording.onForced(() -> {
        disk.peers().forced();
        world.forced(this);
        happens(life, Moment.AFTER_FORCE);
      });
      world.started(this);
      introduce(started, directory);
    } catch (Halted _) {
      ended(life);
    } catch (StorageException | DamagedRow e) {
      boolean damaged = disk.damaged() > 0;
      // a crash while H2 opens comes out of it as an error of its own
      if (!refused && !damaged && life.alive()) {
        world.broken(DURABLE, this + " does not open: " + e.getMessage() + ", " + first(e));
      }
      ended(life);
      if (damaged) {
        world.refusedDamage(this);
      }
    }
  }

  private RelaySide relaySide(
      Life life, Recording recording, Exchanges exchanges, PeerDirectory directory) {
    var surroundings = new Surroundings(life, this::now, random);
    var relays = new RelayDirectory(recording, disk.peers());
    var custody = new CustodyBook(recording, relays);
    return new RelaySide(
        relays,
        custody,
        new Relays(
            recording,
            new Envelopes(recording, exchanges, key, surroundings),
            exchanges,
            directory,
            custody,
            id(),
            world.network().mailOf(this, life),
            LANES,
            surroundings));
  }

  private static Throwable first(Throwable failure) {
    var first = failure;
    while (first.getCause() != null) {
      first = first.getCause();
    }
    return first;
  }

  private void ended(Life life) {
    process = null;
    life.end();
    disk.crash(random);
    world.stopped(this, life);
  }

  /** Tells it of its peers and spaces, where it doesn't know them yet. */
  private void introduce(Process started, PeerDirectory directory) {
    var missing =
        spaces.entrySet().stream()
            .filter(space -> started.recording.view(space.getValue().space()).isEmpty())
            .toList();
    boolean paired = peers.stream().allMatch(peer -> directory.find(peer.id()).isPresent());
    if (missing.isEmpty() && paired) {
      started.start();
      return;
    }
    started
        .recording
        .administer(() -> {
          for (var peer : peers) {
            directory.pair(peer.id(), peer.name, List.of(peer.address()), now());
          }
          missing.forEach(space -> started.recording.createSpace(space.getKey(), space.getValue()));
          return true;
        })
        .thenRun(started::start);
  }

  /** The process ends at once. */
  void kill(boolean told) {
    if (process == null) {
      return;
    }
    var life = process.life;
    process = null;
    planned = null;
    life.end();
    disk.crash(random);
    world.network().ended(life, told);
    world.stopped(this, life);
  }

  /** The process is asked to end, and does so properly. */
  void stop(Runnable then) {
    var ending = process;
    if (ending == null) {
      then.run();
      return;
    }
    if (ending.relaySide != null) {
      ending.relaySide.lanes.stop();
    }
    ending
        .exchanges
        .stop()
        .whenComplete((_, _) -> {
          if (ending.life.alive()) {
            ending.life.after(
                0,
                () -> {
                  ending.recording.end();
                  while (ending.recording.recordNext()) {}
                  ending.recording.finish();
                  ending.journal.close();
                  try {
                    disk.closed();
                  } catch (StorageException e) {
                    if (ending.life.alive()) {
                      throw e;
                    }
                    // it was ended while it closed
                    return;
                  }
                  ending.life.end();
                  process = null;
                  world.network().ended(ending.life, true);
                  world.stopped(this, ending.life);
                  then.run();
                });
          }
        });
  }

  /** It is never started again. */
  void endForEver() {
    kill(true);
    over = true;
  }

  void pause(long until) {
    if (process != null) {
      process.life.pause(until);
    }
  }

  void resume() {
    if (process != null) {
      process.life.resume();
    }
  }

  /** The next process starts on another disk. */
  void putDisk(Disk other) {
    disk = other;
  }

  // ---- the disk's moments

  void plan(Moment moment, boolean crash, Runnable then) {
    planned = new Planned(moment, crash, then);
  }

  void unplan() {
    planned = null;
  }

  private void happens(Life life, Disk.Point point) {
    if (!life.alive()) {
      throw new Halted();
    }
    if (point == Disk.Point.FORCE && process != null && process.life == life) {
      world.forces(this);
    }
    happens(
        life,
        switch (point) {
          case COMMIT -> Moment.BEFORE_COMMIT;
          case WRITE -> Moment.BEFORE_WRITE;
          case FORCE -> Moment.BEFORE_FORCE;
          case INCARNATION -> Moment.AT_INCARNATION;
        });
  }

  private void happens(Life life, Moment moment) {
    var due = planned;
    if (due == null || due.moment() != moment || !life.alive()) {
      return;
    }
    planned = null;
    if (due.crash()) {
      kill(random.nextBoolean());
      due.then().run();
      life.end();
      throw new Halted();
    }
    refused = true;
    if (process != null) {
      process.failed = true;
    }
    due.then().run();
    throw new StorageException(REFUSED, null);
  }

  /** The product stops the process: nothing of it runs any more. */
  private void failed(Life life, Throwable cause) {
    if (life.alive()) {
      world.failStop(this, refused, cause);
      kill(true);
      life.end();
    }
    throw new Halted();
  }

  // ---- recording

  private void recordSoon(Process recorder) {
    if (!recorder.recordingDue) {
      recorder.recordingDue = true;
      recorder.life.after(diskNanos / 2 + random.nextLong(diskNanos), () -> record(recorder));
    }
  }

  private void record(Process recorder) {
    recorder.recordingDue = false;
    recorder.recording.recordNext();
    if (recorder.life.alive()) {
      if (recorder.failed) {
        world.broken(DURABLE, this + " goes on after its disk refused");
      }
      world.recorded(this);
      if (recorder.recording.waiting() > 0) {
        recordSoon(recorder);
      }
    }
  }

  // ---- what others do with it

  /** Takes a connection. */
  @Override
  public Flux<byte[]> accept(NodeId peer, Flux<byte[]> frames) {
    return running().exchanges.accept(peer, frames);
  }

  /** Hands in an intent; who asked hears of it while the process lives, and never after. */
  public void submit(
      SpaceId space,
      IntentRequest request,
      Consumer<Recording.Outcome> accepted,
      Consumer<Throwable> refused) {
    var asked = running();
    asked
        .recording
        .submit(space, request)
        .whenComplete((outcome, failure) -> {
          if (!asked.life.alive()) {
            if (outcome != null && asked.cutShortIn != world.agenda().done()) {
              world.broken(DURABLE, this + " answered after its end");
            }
          } else if (outcome != null) {
            accepted.accept(outcome);
            answered(asked);
          } else {
            refused.accept(failure);
          }
        });
  }

  /** It may end here, and the others of the group hear nothing. */
  private void answered(Process asked) {
    // the product is in between, and would take the end for a failure of who was answered
    try {
      happens(asked.life, Moment.BETWEEN_ANSWERS);
    } catch (Halted _) {
      asked.cutShortIn = world.agenda().done();
    }
  }

  /**
   * Adds records to a space's membership, or the space itself.
   *
   * @param then when that is forced
   */
  void learn(String space, Membership membership, Runnable then) {
    var learner = running();
    CompletableFuture<Boolean> done =
        learner.recording.administer(() -> {
          if (learner.recording.view(membership.space()).isEmpty()) {
            learner.recording.createSpace(space, membership);
          } else {
            learner.recording.putMembership(
                learner.recording.membership(membership.space()).with(membership.records()));
          }
          return true;
        });
    done.thenRun(() -> {
      if (learner.life.alive()) {
        learner.exchanges.membershipChanged(membership.space());
        then.run();
      }
    });
  }

  /** What makes and takes in its envelopes. */
  Envelopes envelopes() {
    var process = running();
    return new Envelopes(
        process.recording,
        process.exchanges,
        key,
        new Surroundings(process.life, this::now, random));
  }

  /** A document as a reader gets it; null too where it is damaged, which is noticed then. */
  @Nullable DocumentState document(DocumentKey key) {
    try {
      return journal().document(key);
    } catch (DamagedRow row) {
      recording().noticed(row);
      return null;
    }
  }

  /** Reads all that it has, and notices what is damaged. */
  void scrub() {
    if (process != null) {
      disk.scrub(process.recording::noticed);
    }
  }

  Instant now() {
    return Instant.ofEpochMilli(
        Math.max(0, EPOCH.toEpochMilli() + clockOffsetMillis + world.agenda().now() / 1_000_000));
  }

  void jump(long millis) {
    clockOffsetMillis += millis;
  }

  /** The newest version of the session that its software speaks. */
  int spoken() {
    return spoken;
  }

  /** From its next connection on. */
  void speaks(int version) {
    spoken = version;
  }

  void full(boolean now) {
    full = now;
  }

  void diskTakes(long nanos) {
    diskNanos = nanos;
  }

  @Override
  public String toString() {
    return name;
  }
}
