package com.softadastra.sync.storage;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.log.Signatures.Purpose;
import com.softadastra.engine.space.Admission;
import com.softadastra.engine.space.BatchCheck.Checked;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.engine.space.Clocks;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.ReceivedEntry;
import com.softadastra.engine.space.Receiver;
import com.softadastra.engine.space.Recorder;
import com.softadastra.engine.space.SignedRecord;
import com.softadastra.engine.space.SpaceState;
import com.softadastra.engine.space.Urgency;
import com.softadastra.engine.space.Write;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Group commit: takes what waits, decides, writes all of it in one commit, forces it to disk, and
 * only then answers; meanwhile the next group gathers.
 *
 * <p>Everything that changes the storage runs here, one after the other on the thread that owns
 * this object, so nothing that is committed can escape the next force. A failed write or force ends
 * the process: what the disk then holds is known only to the next start. Any thread may hand in
 * units and look at what is forced.
 */
public final class Recording {
  private static final Logger LOG = LoggerFactory.getLogger(Recording.class);
  private static final long CHAINS_EVERY = 1024;
  private static final int UNFINISHED_AT_ONCE = 64;

  /** So many group commits' bytes may wait for what is damaged. */
  private static final int GROUPS_ASIDE = 32;

  private final RecordingSettings settings;
  private final NodeKey key;
  private final Machine machine;
  private final Recorder recorder;
  private final UnitQueue queue;
  private final Journal journal;
  private final Log log;
  private final List<Runnable> forcedListeners = new CopyOnWriteArrayList<>();
  private final List<Runnable> workListeners = new CopyOnWriteArrayList<>();
  private final List<Consumer<Found>> rebornListeners = new CopyOnWriteArrayList<>();
  private final Map<SpaceId, SpaceState> spaces = new LinkedHashMap<>();
  private Journal.Node node;
  private boolean reborn;

  /** Whether a membership has changed by which others are counted on, which is not shown yet. */
  private boolean othersCount;

  private long lastPosition;
  private long chainsPosition;

  private volatile @Nullable Thread owner;
  private volatile Incarnation incarnation;
  private volatile Map<SpaceId, SpaceView> views = Map.of();
  private volatile long durable;
  // how many batches were made visible since the start, and how many of them are forced
  private volatile long commits;
  private volatile long forcedCommits;
  // how many batches since the start had changes of conflicts
  private long disputes;
  private volatile long durableDisputes;
  private volatile boolean full;
  private volatile boolean works;

  // units that wait for what is damaged, in the order in which they came
  private final List<Unit> aside = new ArrayList<>();
  private long asideBytes;
  private long progress;
  private final Ledger ledger = new Ledger();
  private final Mending mending;
  private final FallenBack fallenBack;
  private final Refolding refolding;
  private final Measures measures = new Measures();

  /** Counts since the start, for metrics. */
  public static final class Measures {
    private volatile long commits;
    private volatile long intents;
    private volatile long received;
    private volatile long lastBatch;
    private volatile long lastCommitNanos;
    private volatile long commitNanos;

    public long commits() {
      return commits;
    }

    public long intents() {
      return intents;
    }

    public long received() {
      return received;
    }

    public long lastBatch() {
      return lastBatch;
    }

    public long lastCommitNanos() {
      return lastCommitNanos;
    }

    public long commitNanos() {
      return commitNanos;
    }
  }

  /**
   * An intent's answer.
   *
   * @param replayed it was recorded before
   * @param disputed the entry's documents that have a conflict, as it was decided
   */
  public record Outcome(
      LoggedEntry entry, boolean replayed, boolean created, Set<DocumentKey> disputed) {}

  private Recording(
      Journal journal, NodeKey key, Birth birth, RecordingSettings settings, Machine machine) {
    this.journal = journal;
    this.settings = settings;
    this.key = key;
    this.machine = machine;
    this.recorder = new Recorder(settings.documentBytes());
    this.queue = new UnitQueue(settings.queueUnits());
    this.log = journal.log(this::durable);
    this.mending = new Mending(journal, spaces);
    this.refolding = new Refolding(spaces, mending, this::noticed);
    this.fallenBack = new FallenBack(journal, ledger, spaces);
    this.incarnation = birth.incarnation();
    this.node = new Journal.Node(birth.incarnation(), 0, birth.firstPosition());
  }

  /**
   * Recovers the state from the journal. Whoever records next owns the recording.
   *
   * @throws StorageException where the log is damaged
   */
  public static Recording open(
      Journal journal, NodeKey key, Birth birth, RecordingSettings settings, Machine machine) {
    var recording = new Recording(journal, key, birth, settings, machine);
    recording.recover();
    return recording;
  }

  /** Who is known to have what. */
  public Ledger ledger() {
    return ledger;
  }

  /** The forced part of the log. */
  public Log log() {
    return log;
  }

  /** The entries whose rows are damaged and not mended yet, in the order of the log. */
  public List<DamagedEntry> damaged() {
    return mending.entries();
  }

  /** How many damaged entries were mended since the start. */
  public long mended() {
    return mending.mended();
  }

  /** Somebody has read a damaged row; a document is mended, an entry listed. Doesn't block. */
  public void noticed(DamagedRow row) {
    if (mending.notice(row)) {
      works = true;
      workListeners.forEach(Runnable::run);
    }
  }

  /** Completes when damaged entries are mended, and that forced, as far as these are they. */
  public CompletableFuture<Boolean> mend(SpaceId space, List<ReceivedEntry> entries) {
    var done = new CompletableFuture<Boolean>();
    enqueue(new Unit.Again(space, entries, done));
    return done;
  }

  /** Called after every force, by the owner; must not block. */
  public void onForced(Runnable listener) {
    forcedListeners.add(listener);
  }

  /** Called when there is something to record, by whoever brought it; must not block. */
  public void onWork(Runnable listener) {
    workListeners.add(listener);
    if (waiting() > 0) {
      listener.run();
    }
  }

  /**
   * Called when a new incarnation, or a new place in the log, was taken and forced, by the owner.
   */
  public void onReborn(Consumer<Found> listener) {
    rebornListeners.add(listener);
  }

  /** The spaces as of the last force. */
  public Map<SpaceId, SpaceView> views() {
    return views;
  }

  public Optional<SpaceView> view(SpaceId space) {
    return Optional.ofNullable(views.get(space));
  }

  /** The position up to which everything is forced. */
  public long durable() {
    return durable;
  }

  /** How many commits since the start readers may see the effect of, forced or not. */
  long commits() {
    return commits;
  }

  /** How many of them are forced. */
  long forcedCommits() {
    return forcedCommits;
  }

  /** Grows where changes of conflicts are forced. */
  public long disputes() {
    return durableDisputes;
  }

  public Incarnation incarnation() {
    return incarnation;
  }

  /** What the storage now says of itself; asked by the owner, or before there is one. */
  public Found found() {
    return new Found(node.incarnation(), node.opened(), lastPosition);
  }

  public boolean full() {
    return full;
  }

  public Measures measures() {
    return measures;
  }

  /** How many units wait, and one more where damaged rows do. */
  public int waiting() {
    return queue.size() + (works ? 1 : 0);
  }

  /** Completes when the intent is forced, or with {@link Refused}. Blocks while too many wait. */
  public CompletableFuture<Outcome> submit(SpaceId space, IntentRequest request) {
    var done = new CompletableFuture<Outcome>();
    enqueue(new Unit.Submitted(request, space, done));
    return done;
  }

  /**
   * Completes when what is genuine of the batch is forced, with the replicas that are refused and
   * why.
   */
  public CompletableFuture<Map<Replica, String>> store(SpaceId space, Checked batch) {
    var done = new CompletableFuture<Map<Replica, String>>();
    enqueue(new Unit.Received(space, batch, done));
    return done;
  }

  /**
   * Keeps a member's statement, in the next group commit; the ledger shows it once it is forced.
   */
  public void note(Ledger.Known known) {
    enqueue(new Unit.Noted(known));
  }

  /**
   * Writes down that a replica's clock is suspect from a sequence on, or no longer, unless this
   * node says so already. Completes with whether it is written, when that is forced.
   */
  public CompletableFuture<Boolean> suspect(
      SpaceId space, Replica replica, boolean suspect, long from) {
    var done = new CompletableFuture<Boolean>();
    enqueue(new Unit.ClockJudged(space, replica, suspect, from, done));
    return done;
  }

  /**
   * Forgets, in the next group commit, what is owed to nobody any more, at the front of each
   * space's outbox. Completes with how many rows went, when that is forced.
   *
   * @param most of them
   */
  public CompletableFuture<Integer> discharge(int most) {
    var done = new CompletableFuture<Integer>();
    enqueue(new Unit.Discharge(most, done));
    return done;
  }

  /**
   * Runs work that changes the database by other means, between two group commits, and forces it.
   * The work commits its own transactions, and may use {@link #createSpace} and the like. Where it
   * meets a damaged row, it is {@link Refused}.
   */
  public <T> CompletableFuture<T> administer(Callable<T> work) {
    var done = new CompletableFuture<T>();
    enqueue(new Unit.Administered<>(work, done));
    return done;
  }

  private void enqueue(Unit unit) {
    try {
      if (!queue.put(unit)) {
        unit.fail(new Refused(ProblemCode.NOT_RECORDING, "this node is stopping"));
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      unit.fail(new Refused(ProblemCode.NOT_RECORDING, "interrupted while waiting"));
      return;
    }
    workListeners.forEach(Runnable::run);
  }

  // ---- by the owner, within administer

  /** Makes a space known under a name, with its membership. */
  public void createSpace(String name, Membership membership) {
    ensureOwner();
    var batch = new Batch(journal, now());
    batch.create(name, membership);
    journal.commit(batch);
    spaces.put(membership.space(), new SpaceState(membership, self(), Map.of()));
    refolding.created(membership.space());
  }

  /** Replaces the membership by one with more records. */
  public void putMembership(Membership membership) {
    ensureOwner();
    var state = spaces.get(membership.space());
    if (state == null) {
      throw new Refused(ProblemCode.SPACE_UNKNOWN, "no such space");
    }
    var known = state.membership().records().stream().map(SignedRecord::hash).toList();
    var batch = new Batch(journal, now());
    batch.learn(
        membership.space(),
        membership.records().stream().filter(r -> !known.contains(r.hash())).toList());
    var before = state.membership();
    if (countMore(before, membership)) {
      batch.oweEverything(membership.space());
    }
    journal.commit(batch);
    state.membership(membership);
    othersCount |= !nodes(before.active()).equals(nodes(membership.active()));
  }

  /** Whether somebody is counted on who was not. */
  private static boolean countMore(Membership before, Membership now) {
    for (var member : now.active()) {
      if (!before.isActive(member.node())) {
        return true;
      }
    }
    return false;
  }

  private static List<NodeId> nodes(List<Membership.Member> members) {
    return members.stream().map(Membership.Member::node).toList();
  }

  /**
   * Judges an entry again that is held.
   *
   * @return whether it is no longer held
   */
  public boolean judgeAgain(long position) {
    ensureOwner();
    var batch = new Batch(journal, now());
    boolean judged = onWhole(batch, () -> judgeAgain(position, batch));
    if (judged) {
      commit(batch);
    }
    return judged;
  }

  private boolean judgeAgain(long position, Batch batch) {
    var held = batch.entry(position);
    var writes = Receiver.judgeAgain(held, space(held.entry().space()), batch, now());
    add(writes, space(held.entry().space()), batch);
    return !writes.isEmpty();
  }

  /** A space's membership with everything decided so far. */
  public Membership membership(SpaceId space) {
    ensureOwner();
    var state = spaces.get(space);
    if (state == null) {
      throw new Refused(ProblemCode.SPACE_UNKNOWN, "no such space");
    }
    return state.membership();
  }

  /**
   * Takes a new incarnation, because entries of the present one are known elsewhere that are not
   * known here. All that is here stays.
   */
  public void reborn() {
    ensureOwner();
    var batch = new Batch(journal, now());
    renew(batch);
    commit(batch);
  }

  /**
   * Another life of this node, which was lost or runs elsewhere, has stated what this one can't
   * have: others take that for this node's latest word. So this one's log goes on beyond it, as a
   * new incarnation where the other one wrote as the same.
   *
   * @return whether it does; else it has gone beyond that already
   */
  public boolean overtake(Statement other) {
    ensureOwner();
    var space = spaces.get(other.space());
    if (space == null || !other.isBeyond(statement(space))) {
      return false;
    }
    var batch = new Batch(journal, now());
    lastPosition = Math.max(lastPosition, other.position()) + 1;
    if (other.by().equals(self())) {
      renew(batch);
    } else {
      node = new Journal.Node(incarnation, node.opened(), lastPosition);
      batch.node(node);
      reborn = true;
    }
    commit(batch);
    return true;
  }

  private Statement statement(SpaceState space) {
    return new Statement(space.id(), self(), lastPosition, 0, Statement.vector(space.chains()));
  }

  private void renew(Batch batch) {
    var old = self();
    var birth = Birth.after(lastPosition, machine.clock().instant(), machine.random());
    incarnation = birth.incarnation();
    lastPosition = Math.max(lastPosition, birth.firstPosition());
    node = new Journal.Node(incarnation, node.opened(), lastPosition);
    batch.node(node);
    spaces.values().forEach(space -> space.reborn(self()));
    reborn = true;
    LOG.warn("this node has taken incarnation {} after {}", incarnation, old.incarnation());
  }

  /** What can't be recorded again now is when what is damaged is mended. */
  private void recordAgainWhereWhole(Collection<String> intents, SpaceState space, Batch batch) {
    try {
      onWhole(batch, () -> recordAgain(intents, space, batch));
    } catch (DamagedRow row) {
      LOG.warn("intents that were forked are not recorded again yet: {}", row.getMessage());
      noticed(row);
      var again = new Unit.Forked(space.id());
      if (!aside.contains(again)) {
        aside.add(again);
      }
    }
  }

  private boolean recordForked(SpaceState space, Batch batch) {
    return recordAgain(forked(space), space, batch);
  }

  /** Records intents again of which this node's entries were forked and no other has effect. */
  private boolean recordAgain(Collection<String> intents, SpaceState space, Batch batch) {
    if (intents.isEmpty()) {
      return false;
    }
    var again = recorder.again(intents, space, batch, draw());
    add(again.writes(), space, batch);
    if (!again.entries().isEmpty()) {
      lastPosition = again.entries().getLast().position();
    }
    return !again.entries().isEmpty();
  }

  // ---- by the owner

  /**
   * Waits until there is work.
   *
   * @param idle how long at most
   * @param company how much longer where nobody waits for what there is
   * @return false where there is none and none will come
   */
  boolean awaitWork(Duration idle, Duration company) throws InterruptedException {
    owner = Thread.currentThread();
    if (!hasWork() && !queue.await(idle, company)) {
      measureRoom();
    }
    return !queue.drained();
  }

  /** Takes no more units; what waits is still recorded. */
  public void end() {
    queue.close();
  }

  /**
   * Records the next group of what waits.
   *
   * @return whether there was any
   */
  public boolean recordNext() {
    owner = Thread.currentThread();
    boolean mends = hasWork();
    var units = queue.take(settings.batchUnits(), settings.batchBytes());
    if (units.isEmpty() && !mends) {
      return false;
    }
    if (!units.isEmpty() && units.getFirst() instanceof Unit.Administered<?> alone) {
      administer(alone);
    } else {
      record(units);
    }
    works = hasWork();
    if (works) {
      workListeners.forEach(Runnable::run);
    }
    return true;
  }

  /** Whether there is something to do beside what is handed in. */
  private boolean hasWork() {
    return mending.hasWork()
        || fallenBack.hasWork()
        || refolding.hasWork()
        || (progress != mending.progress() && !aside.isEmpty());
  }

  /** Writes down the chains, so that the next start has little to read. */
  public void finish() {
    ensureOwner();
    failAside(new Refused(ProblemCode.NOT_RECORDING, "this node is stopping"));
    try {
      var batch = new Batch(journal, now());
      batch.chains(chains(), urgency(), lastPosition);
      journal.commit(batch);
      force();
    } catch (Throwable e) {
      machine.failStop().stop("recording", e);
    }
  }

  private void failAside(Refused refused) {
    aside.forEach(unit -> unit.fail(refused));
    aside.clear();
    asideBytes = 0;
  }

  private void measureRoom() {
    full = machine.freeBytes().getAsLong() < settings.reserveBytes();
  }

  private <T> void administer(Unit.Administered<T> unit) {
    Runnable answer;
    try {
      var result = unit.work().call();
      answer = () -> unit.done().complete(result);
    } catch (DamagedRow row) {
      noticed(row);
      answer = () -> unit.fail(unreadable(row));
    } catch (Throwable e) {
      if (e instanceof StorageException) {
        // what is in memory may be ahead of the disk
        machine.failStop().stop("recording", e);
      }
      // it may have committed something all the same
      answer = () -> unit.fail(e);
    }
    try {
      force();
    } catch (Throwable e) {
      machine.failStop().stop("recording", e);
      unit.fail(e);
      return;
    }
    published(spaces.keySet());
    if (othersCount) {
      othersCount = false;
      ledger.recounted();
    }
    answer.run();
  }

  private void record(List<Unit> handedIn) {
    long began = System.nanoTime();
    measureRoom();
    var batch = new Batch(journal, now());
    try {
      mending.step(batch, lastPosition);
    } catch (RuntimeException e) {
      mending.giveUp(e);
    }
    refolding.step(batch);
    var units = withAside(handedIn);
    var touched = new LinkedHashSet<SpaceId>();
    var answers = new ArrayList<Runnable>(units.size());
    var notes = new ArrayList<Ledger.Known>(fallenBack.later());
    for (var unit : units) {
      try {
        if (follows(unit)) {
          putAside(unit, answers);
          continue;
        }
        switch (unit) {
          case Unit.Submitted submitted ->
              answers.add(onWhole(batch, () -> decide(submitted, batch, touched)));
          case Unit.Received received -> answers.add(decide(received, batch, touched));
          case Unit.ClockJudged judged ->
              answers.add(onWhole(batch, () -> decide(judged, batch, touched)));
          case Unit.Noted(var known) -> notes.add(known);
          case Unit.Again(var space, var entries, var done) -> {
            if (mending.take(space, entries, batch)) {
              answers.add(() -> done.complete(true));
            } else {
              putAside(unit, answers);
            }
          }
          case Unit.Held(var position) -> onWhole(batch, () -> judgeAgain(position, batch));
          case Unit.Forked(var space) -> {
            onWhole(batch, () -> recordForked(space(space), batch));
            touched.add(space);
          }
          case Unit.Discharge discharge -> answers.add(decide(discharge, batch));
          case Unit.Administered<?> _ -> throw new IllegalStateException("not in a group");
        }
      } catch (DamagedRow row) {
        noticed(row);
        if (waits(unit, row)) {
          putAside(unit, answers);
        } else {
          LOG.warn("what a unit needs can't be read: {}", row.getMessage());
          answers.add(() -> unit.fail(unreadable(row)));
        }
      } catch (RuntimeException e) {
        LOG.error("a write could not be decided on", e);
        answers.add(() -> unit.fail(e));
      }
    }
    try {
      var kept = counting(ledger.newest(notes), batch);
      batch.note(kept);
      refolding.end(batch);
      if (!batch.isEmpty()) {
        if (lastPosition - chainsPosition >= CHAINS_EVERY || !batch.branches().isEmpty()) {
          batch.chains(chains(), urgency(), lastPosition);
          chainsPosition = lastPosition;
        }
        complete(batch);
        journal.record(batch);
        ensureUninterrupted();
        ledger.publish(kept);
        fallenBack.published();
      }
    } catch (Throwable e) {
      machine.failStop().stop("recording", e);
      var refused = new Refused(ProblemCode.DISK_FAILED, "the write could not be forced");
      units.forEach(unit -> unit.fail(refused));
      failAside(refused);
      return;
    }
    published(touched);
    if (!batch.branches().isEmpty()) {
      ledger.recounted();
    }
    measures.commits++;
    measures.lastBatch = units.size();
    measures.lastCommitNanos = System.nanoTime() - began;
    measures.commitNanos += measures.lastCommitNanos;
    answers.forEach(Runnable::run);
  }

  private static Refused unreadable(DamagedRow row) {
    return new Refused(ProblemCode.UNREADABLE, String.valueOf(row.getMessage()));
  }

  /** What waited comes first, where what is damaged has changed. */
  private List<Unit> withAside(List<Unit> handedIn) {
    if (aside.isEmpty() || progress == mending.progress()) {
      return handedIn;
    }
    progress = mending.progress();
    var units = new ArrayList<>(aside);
    units.addAll(handedIn);
    aside.clear();
    asideBytes = 0;
    return units;
  }

  /** Keeps a unit until what is damaged has changed; where that would be too many, it fails. */
  private void putAside(Unit unit, List<Runnable> answers) {
    if (hasRoomAside(unit)) {
      aside.add(unit);
      asideBytes += unit.size();
    } else {
      answers.add(() ->
          unit.fail(new Refused(ProblemCode.NOT_RECORDING, "too much waits for what is damaged")));
    }
  }

  private boolean hasRoomAside(Unit unit) {
    return unit.size() == 0
        || aside.isEmpty()
        || (aside.size() < settings.queueUnits()
            && asideBytes + unit.size() <= (long) GROUPS_ASIDE * settings.batchBytes());
  }

  /** Whether it comes after one of the same space that waits, which must not be told it is late. */
  private boolean follows(Unit unit) {
    return unit instanceof Unit.Received received
        && aside.stream()
            .anyMatch(each ->
                each instanceof Unit.Received before && before.space().equals(received.space()));
  }

  /** Whether a unit waits until a damaged row is mended. */
  private boolean waits(Unit unit, DamagedRow row) {
    return switch (unit) {
      case Unit.Held _, Unit.Forked _ -> true;
      case Unit.Submitted _, Unit.Received _ -> mending.isLookedFor(row) && hasRoomAside(unit);
      case Unit.Noted _,
          Unit.Again _,
          Unit.ClockJudged _,
          Unit.Discharge _,
          Unit.Administered<?> _ ->
          false;
    };
  }

  /** The statements that count with this commit; those that say less than before may wait. */
  private List<Ledger.Known> counting(List<Ledger.Known> newest, Batch batch) {
    var counting = new ArrayList<Ledger.Known>();
    // what this commit moves to a branch the journal has under its old name until then
    boolean moves = !batch.branches().isEmpty();
    for (var known : newest) {
      if (fallenBack.waits(known)) {
        continue;
      }
      if (!fallsBack(known.statement())) {
        counting.add(known);
      } else if (moves) {
        fallenBack.postpone(known);
      } else {
        fallenBack.add(known);
      }
    }
    if (!moves) {
      counting.addAll(fallenBack.step(batch));
    }
    return counting;
  }

  private boolean fallsBack(Statement statement) {
    var space = spaces.get(statement.space());
    return space != null && ledger.fallsBack(statement, space.chains());
  }

  private void commit(Batch batch) {
    complete(batch);
    journal.commit(batch);
  }

  private void complete(Batch batch) {
    var signatures = CompletableFuture.supplyAsync(() -> signatures(batch), machine.signing());
    batch.complete(this::owed, signatures::join);
    commits++;
    refolding.end(batch);
    if (!batch.conflicts().isEmpty() || !batch.undone().isEmpty()) {
      disputes++;
    }
  }

  private void force() {
    journal.force();
    ensureUninterrupted();
  }

  private void ensureUninterrupted() {
    if (Thread.currentThread().isInterrupted()) {
      throw new StorageException("the recording thread was interrupted while it forced", null);
    }
  }

  private Runnable decide(Unit.Submitted unit, Batch batch, Set<SpaceId> touched) {
    var space = spaces.get(unit.space());
    if (space == null) {
      return refuse(unit, Problem.of(ProblemCode.SPACE_UNKNOWN, "no such space"));
    }
    if (full) {
      return refuse(
          unit,
          Problem.of(ProblemCode.STORAGE_FULL, "less room than the reserve is left on the disk"));
    }
    return switch (recorder.record(unit.request(), space, batch, draw())) {
      case Admission.Declined(var problem) -> refuse(unit, problem);
      case Admission.Replayed(var entry) -> {
        var disputed = disputed(entry, batch);
        yield () -> unit.done().complete(new Outcome(entry, true, false, disputed));
      }
      case Admission.Accepted(var entry, var created, var writes) -> {
        add(writes, space, batch);
        lastPosition = entry.position();
        touched.add(space.id());
        measures.intents++;
        var disputed = disputed(entry, batch);
        yield () -> unit.done().complete(new Outcome(entry, false, created, disputed));
      }
    };
  }

  private Runnable decide(Unit.ClockJudged unit, Batch batch, Set<SpaceId> touched) {
    var space = space(unit.space());
    var key = Clocks.key(unit.space(), unit.replica());
    var marks = Clocks.Marks.of(batch.document(key));
    if (marks.suspectedBy(this.key.nodeId()) == unit.suspect()) {
      return () -> unit.done().complete(false);
    }
    if (full) {
      return () -> unit.fail(new Refused(ProblemCode.STORAGE_FULL, "no room to say so"));
    }
    var operation =
        new OperationRequest(
            OperationKind.PUT,
            key.collection(),
            key.id(),
            marks.turned(this.key.nodeId(), unit.from()),
            null,
            Condition.ANY);
    var request = new IntentRequest("", null, null, Priority.NORMAL, List.of(operation));
    return switch (recorder.record(request, space, batch, draw())) {
      case Admission.Accepted(var entry, _, var writes) -> {
        add(writes, space, batch);
        lastPosition = entry.position();
        touched.add(space.id());
        yield () -> unit.done().complete(true);
      }
      case Admission.Declined(var problem) -> () -> unit.fail(new Refused(problem));
      case Admission.Replayed _ -> () -> unit.done().complete(false);
    };
  }

  private Runnable decide(Unit.Discharge unit, Batch batch) {
    int went = 0;
    for (var space : spaces.values()) {
      var membership = space.membership();
      var front = journal.settled(space.id(), dot -> owed(membership, dot), unit.most() - went);
      if (front.rows() > 0) {
        batch.discharge(space.id(), front.upTo());
        went += front.rows();
      }
    }
    int rows = went;
    return () -> unit.done().complete(rows);
  }

  private interface Decision<T> {
    T decide();
  }

  /** Decides; where a document that it needs is damaged and known all the same, it is written. */
  private <T> T onWhole(Batch batch, Decision<T> decision) {
    var met = new HashSet<DocumentKey>();
    while (true) {
      try {
        return decision.decide();
      } catch (DamagedRow row) {
        var document = row.document();
        if (document == null || !met.add(document) || !mending.isWhole(document, batch)) {
          throw row;
        }
      }
    }
  }

  private static Set<DocumentKey> disputed(LoggedEntry logged, Batch batch) {
    var intent = Objects.requireNonNull(logged.entry().intent());
    var disputed = new HashSet<DocumentKey>();
    for (var operation : intent.operations()) {
      var key = new DocumentKey(logged.entry().space(), operation.collection(), operation.id());
      var state = batch.document(key);
      if (state != null && state.disputed()) {
        disputed.add(key);
      }
    }
    return disputed;
  }

  private static Runnable refuse(Unit.Submitted unit, Problem problem) {
    return () -> unit.done().completeExceptionally(new Refused(problem));
  }

  private Runnable decide(Unit.Received unit, Batch batch, Set<SpaceId> touched) {
    var space = spaces.get(unit.space());
    var refused = new HashMap<Replica, String>(unit.batch().refused());
    if (space == null) {
      return () -> unit.fail(new Refused(ProblemCode.SPACE_UNKNOWN, "no such space"));
    }
    var rejected = new HashSet<Hash>();
    for (var received : unit.batch().genuine()) {
      if (rejected.contains(received.entry().previous())) {
        rejected.add(received.hash());
        continue;
      }
      Receiver.Verdict verdict;
      try {
        verdict =
            onWhole(batch, () -> Receiver.receive(received, space, batch, now(), lastPosition + 1));
      } catch (DamagedRow row) {
        noticed(row);
        if (mending.isLookedFor(row)) {
          throw row;
        }
        verdict =
            new Receiver.Verdict.Rejected(
                received.entry().author(), "what it follows from can't be read here");
      }
      switch (verdict) {
        case Receiver.Verdict.Known _ -> {}
        case Receiver.Verdict.Rejected(var author, var reason) -> {
          LOG.warn("entries of {} are refused: {}", author, reason);
          rejected.add(received.hash());
          refused.putIfAbsent(author, reason);
        }
        case Receiver.Verdict.Stored stored -> {
          add(stored.writes(), space, batch);
          lastPosition = stored.entry().position();
          touched.add(space.id());
          measures.received++;
          if (received.entry().author().equals(self())) {
            // another life has written as the same replica
            renew(batch);
            touched.addAll(spaces.keySet());
          }
          recordAgainWhereWhole(stored.withoutEffect(), space, batch);
        }
      }
    }
    return () -> unit.done().complete(refused);
  }

  /** Adds what was decided, and what follows where it says something of clocks. */
  private void add(List<Write> writes, SpaceState space, Batch batch) {
    var said = new LinkedHashMap<DocumentKey, Clocks.Marks>();
    for (var write : writes) {
      if (write instanceof Write.PutDocument(var state)
          && state.key().collection().equals(Operation.CLOCKS)) {
        said.put(state.key(), Clocks.Marks.of(batch.document(state.key())));
      }
    }
    batch.add(writes);
    try {
      said.forEach(
          (key, before) -> refolding.add(Clocks.affected(key, before, space, batch), batch));
    } catch (RuntimeException e) {
      // what was decided has been taken over, and the next unit would take its place
      machine.failStop().stop("recording", e);
      throw e;
    }
  }

  private boolean owed(LoggedEntry logged) {
    return owed(space(logged.entry().space()).membership(), logged.dot());
  }

  private boolean owed(Membership membership, Dot dot) {
    return ledger.owed(membership, key.nodeId(), dot) || fallenBack.owes(membership.space(), dot);
  }

  /** To the millisecond, which is what rows keep, so that a later answer says the same. */
  private Instant now() {
    return machine.clock().instant().truncatedTo(ChronoUnit.MILLIS);
  }

  private Recorder.Draw draw() {
    var bytes = new byte[5];
    machine.random().nextBytes(bytes);
    return new Recorder.Draw(now(), lastPosition + 1, bytes);
  }

  /**
   * The author signs the last entry of each run of the group that is its own: the hash chain covers
   * those before it. Observations are signed too, or many of them were more than a frame takes.
   */
  private Map<Long, byte[]> signatures(Batch batch) {
    var followed = new HashSet<Hash>();
    batch.appended().forEach(logged -> followed.add(logged.entry().previous()));
    var signatures = new HashMap<Long, byte[]>();
    for (var logged : batch.appended()) {
      if (logged.entry().author().node().equals(key.nodeId())
          && logged.signature() == null
          && (!followed.contains(logged.hash()) || logged.entry().kind() == Entry.OBSERVATION)) {
        signatures.put(logged.position(), key.sign(Purpose.ENTRY, logged.hash()));
      }
    }
    return signatures;
  }

  private void published(Iterable<SpaceId> touched) {
    mending.publish();
    var next = new LinkedHashMap<>(views);
    for (var id : touched) {
      var space = spaces.get(id);
      if (space != null) {
        next.put(
            id, new SpaceView(space.membership(), space.self(), space.chains(), space.urgency()));
      }
    }
    // in the order in which they came, which is the same in every JVM; whoever reads the position
    // first finds chains that hold at least as much
    views = Collections.unmodifiableMap(next);
    durable = lastPosition;
    forcedCommits = commits;
    durableDisputes = disputes;
    if (reborn) {
      reborn = false;
      rebornListeners.forEach(listener -> listener.accept(found()));
    }
    forcedListeners.forEach(Runnable::run);
  }

  // ---- recovery

  private void recover() {
    var start = new Start(journal, spaces);
    var recovered = start.takeOver(self());
    var before = recovered.node();
    chainsPosition = recovered.chainsPosition();
    ledger.recover(recovered.statements());
    boolean same = before != null && before.incarnation().equals(incarnation);
    long first = before != null && same ? before.firstPosition() : node.firstPosition();
    node = new Journal.Node(incarnation, before == null ? 1 : before.opened() + 1, first);
    lastPosition = Math.max(start.lastPosition(), first);
    var batch = new Batch(journal, now());
    batch.node(node);
    start.damaged().forEach(mending::notice);
    mending.look(batch);
    refolding.recover(recovered.clocksFollowed(), journal);
    commit(batch);
    var unfinished = new ArrayList<Unit>();
    spaces.keySet().forEach(space -> unfinished.add(new Unit.Forked(space)));
    journal.held().forEach(position -> unfinished.add(new Unit.Held(position)));
    for (int from = 0; from < unfinished.size(); from += UNFINISHED_AT_ONCE) {
      finish(unfinished.subList(from, Math.min(unfinished.size(), from + UNFINISHED_AT_ONCE)));
    }
    force();
    works = hasWork();
    published(spaces.keySet());
  }

  /** Does what an earlier life left; what it can't do keeps no start and nothing else back. */
  private void finish(List<Unit> units) {
    var batch = new Batch(journal, now());
    long judged = 0;
    for (var unit : units) {
      try {
        switch (unit) {
          case Unit.Forked(var space) -> onWhole(batch, () -> recordForked(space(space), batch));
          case Unit.Held(var position) ->
              judged += onWhole(batch, () -> judgeAgain(position, batch)) ? 1 : 0;
          default -> throw new IllegalStateException("nothing that a life leaves");
        }
      } catch (DamagedRow row) {
        LOG.warn("what was left waits for what is damaged: {}", row.getMessage());
        mending.notice(row);
        aside.add(unit);
      } catch (RuntimeException e) {
        LOG.error("what was left can't be done", e);
        unit.fail(e);
      }
    }
    if (judged > 0) {
      LOG.info("{} entries that were held have been judged", judged);
    }
    if (!batch.isEmpty()) {
      commit(batch);
    }
  }

  /** The intents of this node's own entries that were forked, in the order of the log. */
  private Collection<String> forked(SpaceState space) {
    var intents = new TreeMap<Long, String>();
    space
        .chains()
        .forEach((name, head) -> {
          if (head.branch() && head.author().node().equals(key.nodeId())) {
            for (var logged : journal.run(space.id(), name, head.after() + 1)) {
              var intent = logged.entry().intent();
              if (intent != null) {
                intents.put(logged.position(), intent.id());
              }
            }
          }
        });
    return new LinkedHashSet<>(intents.values());
  }

  private SpaceState space(SpaceId id) {
    var space = spaces.get(id);
    if (space == null) {
      throw new StorageException("the log has entries of a space that is not known: " + id, null);
    }
    return space;
  }

  private Map<SpaceId, Map<Replica, ChainHead>> chains() {
    var chains = new LinkedHashMap<SpaceId, Map<Replica, ChainHead>>();
    spaces.forEach((id, space) -> chains.put(id, space.chains()));
    return chains;
  }

  private Map<SpaceId, Urgency> urgency() {
    var urgency = new LinkedHashMap<SpaceId, Urgency>();
    spaces.forEach((id, space) -> urgency.put(id, space.urgency()));
    return urgency;
  }

  private Replica self() {
    return new Replica(key.nodeId(), incarnation);
  }

  void ensureOwner() {
    if (Thread.currentThread() != owner) {
      throw new IllegalStateException("only who records may do this");
    }
  }

  @Override
  public String toString() {
    return "Recording[" + self() + " at " + durable + "]";
  }
}
