package com.softadastra.simulation.world;

import static com.softadastra.simulation.judge.Invariant.DURABLE;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.peering.PeerUnreachable;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.edge.mailbox.MailboxService;
import com.softadastra.edge.mailbox.MailboxStore;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.sync.identity.FiledIncarnations;
import com.softadastra.sync.peer.RelayDirectory;
import com.softadastra.sync.relay.RelayService;
import com.softadastra.sync.storage.Machine;
import com.softadastra.sync.storage.Recording;
import com.softadastra.sync.storage.StorageException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/**
 * A relay of the product on simulated machinery, that is a member of nothing: its mailboxes, and of
 * its sync engine what says for whom it is one.
 */
final class SimulatedRelay implements Station {
  /** Of no node; a second relay is at the one before. */
  private static final int PLACE = 63;

  private static final MailboxService.Rules RULES =
      new MailboxService.Rules(Duration.ofDays(30), Envelope.MOST_BYTES);

  private final World world;
  private final int number;
  private final NodeKey key;
  private final Duration clockIsOff;
  private final boolean calls;
  private final RandomGenerator random;
  private final Disk disk;
  private MailboxDisk mailboxes;
  private byte[] mailboxesKey = {};
  private boolean full;
  private @Nullable Process process;
  private @Nullable Planned planned;
  private @Nullable Failing failing;

  /**
   * Its end within a step.
   *
   * @param sends how many more it sends
   */
  private record Planned(int sends, boolean told, Runnable then) {}

  /** Its disk refuses the next such call. */
  private record Failing(Disk.Point point, boolean told, Runnable then) {}

  private record Process(Life life, MailboxService service, MailboxStore store) {}

  /**
   * @param number 0 for the first
   * @param clockIsOff by how much
   * @param calls whether it reaches other relays, or is only reached
   * @param inDatabase whether it has its mailboxes in H2
   */
  SimulatedRelay(
      World world,
      int number,
      NodeKey key,
      Duration clockIsOff,
      boolean calls,
      boolean inDatabase) {
    this.world = world;
    this.number = number;
    this.key = key;
    this.clockIsOff = clockIsOff;
    this.calls = calls;
    this.random = world.draw(address());
    this.disk = new MemoryDisk("machine-" + address(), "file-" + address(), new HashMap<>());
    this.mailboxes =
        inDatabase
            ? DatabaseMailboxDisk.create(world.agenda()::now, random)
            : new MemoryMailboxDisk(world.agenda(), random);
  }

  Disk disk() {
    return disk;
  }

  NodeKey key() {
    return key;
  }

  @Override
  public int place() {
    return PLACE - number;
  }

  @Override
  public NodeId id() {
    return key.nodeId();
  }

  @Override
  public String address() {
    return number == 0 ? "relay" : "relay" + number;
  }

  @Override
  public @Nullable Life life() {
    return process == null ? null : process.life;
  }

  @Override
  public boolean takesMail() {
    return true;
  }

  @Override
  public Flux<byte[]> accept(NodeId caller, Flux<byte[]> frames) {
    if (process == null) {
      throw new IllegalStateException("the relay is not running");
    }
    return process.service.accept(caller, frames);
  }

  private Instant now() {
    return SimulatedNode.EPOCH.plusNanos(world.agenda().now()).plus(clockIsOff);
  }

  // ---- life and death

  void start() {
    if (process != null) {
      return;
    }
    var life = new Life(world.agenda(), random);
    var journal = disk.open(_ -> {}, _ -> {});
    var incarnations = new FiledIncarnations(disk, random, this::now);
    var machine =
        new Machine(
            this::now,
            random,
            () -> Long.MAX_VALUE,
            Runnable::run,
            (_, cause) -> world.broken(DURABLE, "the relay stopped by itself: " + cause));
    var recording =
        Recording.open(
            journal, key, incarnations.birth(journal.found()), SimulatedNode.SETTINGS, machine);
    incarnations.note(recording.found());
    var duties = new RelayService(new RelayDirectory(recording, disk.peers()), key);
    var store =
        mailboxes.open(
            life,
            () -> full ? 0 : Long.MAX_VALUE,
            point -> happens(life, point),
            cause -> failed(life, cause));
    mailboxesKey = store.key().publicKey();
    var service =
        new MailboxService(
            store,
            duties,
            (relay, addresses, frames) ->
                calls
                    ? world.network().mailOf(this, life).mail(relay, addresses, frames)
                    : Flux.error(new PeerUnreachable("it reaches nobody", null)),
            RULES,
            new Surroundings(life, this::now, random));
    process = new Process(life, service, store);
    world.trace().add(world.agenda().now() * 31 + place());
    service.start();
  }

  /** The process ends at once; what is not forced is lost. */
  void kill(boolean told) {
    if (process == null) {
      return;
    }
    var life = process.life;
    process = null;
    planned = null;
    failing = null;
    life.end();
    mailboxes.crash(random);
    world.network().ended(life, told);
    world.trace().add(world.agenda().now() * 37 + place());
    world.judge().relayEnded(place(), this::has);
  }

  /** The process ends when it has sent so many frames more, whatever it was about to do then. */
  void endAfter(int sends, boolean told, Runnable then) {
    planned = new Planned(sends, told, then);
  }

  void unplan() {
    planned = null;
    failing = null;
  }

  /** It has sent a frame. */
  void sent() {
    var due = planned;
    if (due != null) {
      planned = new Planned(due.sends() - 1, due.told(), due.then());
      if (due.sends() == 1) {
        kill(due.told());
        due.then().run();
      }
    }
  }

  /** Its disk refuses the next such call, and the process stops by itself. */
  void failAt(Disk.Point point, boolean told, Runnable then) {
    failing = new Failing(point, told, then);
  }

  private void happens(Life life, Disk.Point point) {
    if (!life.alive()) {
      throw new Halted();
    }
    var due = failing;
    if (due != null && due.point() == point) {
      throw new StorageException(SimulatedNode.REFUSED, null);
    }
  }

  private void failed(Life life, Throwable cause) {
    var due = failing;
    if (!life.alive()) {
      return;
    }
    if (due == null) {
      world.broken(DURABLE, "the relay stopped by itself: " + cause);
      return;
    }
    kill(due.told());
    due.then().run();
  }

  /** Whether its disk has room for nothing. */
  void full(boolean now) {
    full = now;
  }

  /** Its mailboxes are gone, and others are made at the next start. */
  void loseMailboxes() {
    world.judge().areLost(place());
    mailboxes = mailboxes.empty();
  }

  /** Of what it has on its disk one envelope is gone, while it doesn't run. */
  void loseEnvelope(SplittableRandom random) {
    var store = mailboxes.reader();
    var destinations =
        world.originals().stream()
            .map(SimulatedNode::id)
            .filter(id -> !store.waiting(id, 1).isEmpty())
            .toList();
    if (!destinations.isEmpty()) {
      var to = destinations.get(random.nextInt(destinations.size()));
      var waiting = store.waiting(to, Integer.MAX_VALUE);
      var id = waiting.get(random.nextInt(waiting.size())).id();
      world.judge().isLost(id);
      mailboxes.lose(to, id);
    }
  }

  /** Gives back what it took of the machine that simulates. */
  void close() {
    mailboxes.close();
  }

  // ---- for the judge

  /** What the receipts of the last process are signed with. */
  byte[] mailboxes() {
    return mailboxesKey;
  }

  /** Whether an envelope is here for a node, whole and forced. */
  boolean has(NodeId destination, byte[] id) {
    return mailboxes.has(destination, id);
  }

  @Override
  public String toString() {
    return address();
  }
}
