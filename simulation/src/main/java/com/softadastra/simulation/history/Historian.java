package com.softadastra.simulation.history;

import static com.softadastra.simulation.judge.Invariant.CAUSAL;
import static com.softadastra.simulation.judge.Invariant.CONVERGENT;
import static com.softadastra.simulation.judge.Invariant.DURABLE;
import static com.softadastra.simulation.judge.Invariant.NOTHING_LOST;
import static com.softadastra.simulation.judge.Invariant.ONCE;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.session.Frame;
import com.softadastra.engine.space.DocumentUpdate;
import com.softadastra.simulation.judge.Invariant;
import com.softadastra.simulation.judge.Judge;
import com.softadastra.simulation.judge.Verdict;
import com.softadastra.simulation.judge.Violation;
import com.softadastra.simulation.world.SimulatedNode;
import com.softadastra.simulation.world.World;
import com.softadastra.sync.storage.InMemoryJournal;
import com.softadastra.sync.storage.Journal;
import com.softadastra.sync.storage.Recording;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Has every edit made at its author's node as soon as that node has what the author had before him,
 * and judges what comes of it by what the file says.
 */
final class Historian implements Judge, World.Work {
  private static final String COLLECTION = "documents";
  private static final long SECOND = 1_000_000_000L;

  private static final Duration PROGRESS = Duration.ofSeconds(10);

  /** A request that was not taken is made again after so long. */
  private static final long PATIENCE = SECOND;

  private final Verdict verdict = new Verdict();
  private final History history;
  private final long paceNanos;
  private final int every;
  private final List<List<Integer>> following = new ArrayList<>();
  private final List<Hash @Nullable []> versions = new ArrayList<>();
  private final List<Site> sites = new ArrayList<>();
  private final BitSet made = new BitSet();
  private @Nullable World world;
  private @Nullable SpaceId space;
  private final PrintStream out;
  private final long beganNanos = System.nanoTime();
  private long toldNanos = beganNanos;
  private long taken;
  private long frames;
  private long statements;
  private long verified;

  /** What is known of a node. */
  private static final class Site {
    final String name;
    final BitSet has = new BitSet();
    final Map<Integer, Integer> lacking = new HashMap<>();
    final Map<Replica, Long> reached = new HashMap<>();
    final TreeSet<Integer> due = new TreeSet<>();
    final BitSet asked = new BitSet();
    long position;
    @Nullable Journal journal;
    @Nullable Recording recording;

    Site(String name) {
      this.name = name;
    }
  }

  /**
   * @param paceNanos authors write at multiples of this time
   * @param every of so many nodes one is asked for each write
   * @param out for progress
   */
  Historian(History history, long paceNanos, int every, PrintStream out) {
    this.history = history;
    this.paceNanos = paceNanos;
    this.every = every;
    this.out = out;
    history
        .edits()
        .forEach(_ -> {
          following.add(new ArrayList<>());
          versions.add(null);
        });
    for (var edit : history.edits()) {
      before(edit).forEach(on -> following.get(on).add(edit.place()));
    }
  }

  private static TreeSet<Integer> before(Edit edit) {
    var before = new TreeSet<Integer>();
    edit.writes().forEach(write -> before.addAll(write.on()));
    return before;
  }

  long frames() {
    return frames;
  }

  /** Statements that were sent, each time counted. */
  long statements() {
    return statements;
  }

  /** Statements of others that nodes had to check. */
  long verified() {
    return verified
        + Objects.requireNonNull(world).nodes().stream()
            .filter(SimulatedNode::runs)
            .mapToLong(node -> node.exchanges().statementsVerified())
            .sum();
  }

  // ---- work

  @Override
  public void begin(World world) {
    this.world = world;
    space = world.spaces().getFirst();
    for (var edit : history.edits()) {
      var before = before(edit);
      var site = siteOf(edit);
      if (before.isEmpty()) {
        site.due.add(edit.place());
      } else {
        site.lacking.put(edit.place(), before.size());
      }
    }
    for (int i = 0; i < sites.size(); i++) {
      int place = i;
      world.agenda().after(paceNanos + i * (paceNanos / sites.size()), () -> write(place));
    }
  }

  private int placeOf(Edit edit) {
    return edit.author() % sites.size();
  }

  private Site siteOf(Edit edit) {
    return sites.get(placeOf(edit));
  }

  private void write(int place) {
    var world = Objects.requireNonNull(this.world);
    world.agenda().after(paceNanos, () -> write(place));
    var site = sites.get(place);
    var node = world.nodes().get(place);
    if (!node.runs() || site.recording == null || site.recording.view(space()).isEmpty()) {
      return;
    }
    int room = 64;
    for (var due : List.copyOf(site.due)) {
      if (room-- == 0) {
        return;
      }
      if (!site.asked.get(due)) {
        site.asked.set(due);
        ask(node, site, due);
      }
    }
  }

  private void ask(SimulatedNode node, Site site, int due) {
    node.submit(
        space(),
        request(history.edits().get(due)),
        outcome -> {
          if (!node.isForced()) {
            broken(DURABLE, node + " answered before it had forced");
          }
          if (!Objects.requireNonNull(outcome.entry().entry().intent()).id().equals(intent(due))) {
            broken(ONCE, node + " answered another intent");
          }
        },
        _ -> Objects.requireNonNull(world).agenda().after(PATIENCE, () -> site.asked.clear(due)));
  }

  private static String intent(int place) {
    return "edit-" + place;
  }

  private IntentRequest request(Edit edit) {
    var operations = new ArrayList<OperationRequest>();
    for (var write : edit.writes()) {
      var on = new ArrayList<String>();
      for (int earlier : write.on()) {
        on.add(version(earlier, write.document()).toString());
      }
      operations.add(
          new OperationRequest(
              write.content() == null ? OperationKind.DELETE : OperationKind.PUT,
              COLLECTION,
              write.document(),
              write.content() == null ? null : body(edit, write.content()),
              null,
              new Condition(Condition.Kind.BASE, on)));
    }
    return new IntentRequest(
        "s0", edit.intent(), "person-" + edit.author(), Priority.NORMAL, operations);
  }

  private static JsonText body(Edit edit, String content) {
    return new JsonText(
        JsonMapper.shared()
            .writeValueAsString(new TreeMap<>(Map.of("content", content, "at", edit.at()))));
  }

  private Hash version(int place, String document) {
    var named = versions.get(place);
    if (named == null) {
      throw new IllegalStateException("edit " + place + " was not recorded");
    }
    return named[index(history.edits().get(place), document)];
  }

  private static int index(Edit edit, String document) {
    for (int i = 0; i < edit.writes().size(); i++) {
      if (edit.writes().get(i).document().equals(document)) {
        return i;
      }
    }
    throw new IllegalStateException(edit.intent() + " didn't write " + document);
  }

  private SpaceId space() {
    return Objects.requireNonNull(space);
  }

  @Override
  public boolean isDone() {
    return made.cardinality() == history.edits().size();
  }

  @Override
  public String toString() {
    return made.cardinality() + " of " + history.edits().size() + " edits are made";
  }

  // ---- what happens

  @Override
  public @Nullable Violation violation() {
    return verdict.violation();
  }

  @Override
  public void broken(Invariant invariant, String what) {
    verdict.broken(invariant, what);
  }

  @Override
  public void isNode(int place, String name, NodeId id) {
    sites.add(new Site(name));
  }

  @Override
  public void started(int place, Journal journal, Recording recording) {
    var site = sites.get(place);
    site.journal = journal;
    site.recording = recording;
    site.asked.clear();
    if (recording.durable() < site.position) {
      broken(DURABLE, site.name + " comes back without what it had forced");
    }
    look(site);
  }

  @Override
  public void stopped(int place) {
    sites.get(place).journal = null;
    sites.get(place).recording = null;
  }

  @Override
  public void recorded(int place) {
    look(sites.get(place));
  }

  @Override
  public void received(int place, NodeId peer, Object connection, Frame frame) {}

  @Override
  public void sent(int place, Object connection, Frame frame) {
    frames++;
    if (frame instanceof Frame.Acknowledged(var _, var sent)) {
      statements += sent.size();
    }
  }

  private void look(Site site) {
    var journal = site.journal;
    var recording = site.recording;
    if (journal == null || recording == null) {
      return;
    }
    while (site.position < recording.durable()) {
      var page = journal.from(site.position + 1, 512);
      if (page.isEmpty()) {
        return;
      }
      for (var logged : page) {
        site.position = logged.position();
        take(site, logged);
      }
    }
  }

  private void tell() {
    long now = System.nanoTime();
    if (now - toldNanos > PROGRESS.toNanos()) {
      toldNanos = now;
      out.printf(
          "%s, of %d entries to take %d are taken, %d s%n",
          this, (long) history.edits().size() * sites.size(), taken, (now - beganNanos) / SECOND);
    }
  }

  private void take(Site site, LoggedEntry logged) {
    taken++;
    tell();
    var entry = logged.entry();
    if (site.reached.merge(entry.author(), 1L, Long::sum) != entry.sequence()) {
      broken(CAUSAL, site.name + " has entry " + entry.sequence() + " without the one before it");
    }
    for (var cause : entry.causes()) {
      if (site.reached.getOrDefault(cause.dot().replica(), 0L) < cause.dot().sequence()) {
        broken(CAUSAL, site.name + " has an entry without its cause");
      }
    }
    var intent = Objects.requireNonNull(entry.intent());
    if (entry.operations().getFirst().isReserved()) {
      // what nodes say of clocks is no edit
      taken--;
      return;
    }
    int place = Integer.parseInt(intent.id().substring("edit-".length()));
    if (site.has.get(place)) {
      broken(ONCE, site.name + " has edit " + place + " twice");
    }
    site.has.set(place);
    site.due.remove(place);
    if (siteOf(history.edits().get(place)) == site) {
      made.set(place);
    }
    if (versions.get(place) == null) {
      var edit = history.edits().get(place);
      var named = new Hash[edit.writes().size()];
      for (var operation : intent.operations()) {
        named[index(edit, operation.id())] = DocumentUpdate.version(logged, operation);
      }
      versions.set(place, named);
    }
    for (int next : following.get(place)) {
      if (siteOf(history.edits().get(next)) == site
          && site.lacking.merge(next, -1, Integer::sum) == 0) {
        site.lacking.remove(next);
        site.due.add(next);
      }
    }
  }

  // ---- the end

  @Override
  public @Nullable String apart(Collection<Integer> places) {
    for (var site : sites) {
      if (site.recording == null || !(site.journal instanceof InMemoryJournal memory)) {
        return site.name + " is not running";
      }
      if (site.has.cardinality() < history.edits().size()) {
        return site.name + " has " + site.has.cardinality() + " edits";
      }
      if (!memory.outbox(space()).isEmpty()) {
        return site.name + " still owes " + memory.outbox(space()).size() + " entries";
      }
    }
    return null;
  }

  @Override
  public void kept(Collection<Integer> places) {
    Hash digest = null;
    for (var site : sites) {
      var journal = Objects.requireNonNull((InMemoryJournal) site.journal);
      var own = digest(journal);
      if (digest != null && !digest.equals(own)) {
        broken(CONVERGENT, site.name + " is not the same as " + sites.getFirst().name);
      }
      digest = own;
      heads(site, journal);
    }
    for (int i = 0; i < sites.size(); i += every) {
      accounted(sites.get(i), Objects.requireNonNull((InMemoryJournal) sites.get(i).journal));
    }
  }

  private static Hash digest(InMemoryJournal journal) {
    var lines = new TreeSet<String>();
    for (var state : journal.documents()) {
      if (state.exists()) {
        lines.add(
            state.key().id()
                + " "
                + state.version()
                + " "
                + state.winner().version()
                + " "
                + state.heads().stream().map(head -> head.version() + "=" + head.body()).toList()
                + " "
                + state.body()
                + " "
                + state.conflict());
      }
    }
    return Hash.sha256(String.join("\n", lines).getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  /** Heads, what they say, and open conflicts are those of the file. */
  private void heads(Site site, InMemoryJournal journal) {
    var open = new HashMap<String, Collection<Hash>>();
    for (var conflict : journal.conflicts()) {
      if (conflict.open() && !Operation.isReserved(conflict.key().collection())) {
        open.put(conflict.key().id(), new TreeSet<>(conflict.sides()));
      }
    }
    for (var expected : history.heads().entrySet()) {
      var heads = new TreeSet<Hash>();
      expected.getValue().forEach(place -> heads.add(version(place, expected.getKey())));
      var state = journal.document(key(expected.getKey()));
      if (state == null || !new TreeSet<>(state.headVersions()).equals(heads)) {
        broken(
            NOTHING_LOST,
            site.name + " has other heads of " + expected.getKey() + " than the file");
      } else {
        bodies(site, state, expected.getValue());
      }
      var sides = open.remove(expected.getKey());
      if (heads.size() > 1 ? !heads.equals(sides) : sides != null) {
        broken(
            NOTHING_LOST,
            site.name + " has another conflict of " + expected.getKey() + ": " + sides);
      }
    }
    long documents =
        journal.documents().stream()
            .filter(state -> !Operation.isReserved(state.key().collection()))
            .count();
    if (!open.isEmpty() || documents != history.heads().size()) {
      broken(NOTHING_LOST, site.name + " has documents or conflicts that are not in the file");
    }
  }

  private void bodies(Site site, DocumentState state, Collection<Integer> places) {
    var document = state.key().id();
    for (int place : places) {
      var edit = history.edits().get(place);
      var content = edit.writes().get(index(edit, document)).content();
      var says = state.head(version(place, document)).orElseThrow().body();
      if (!Objects.equals(says, content == null ? null : body(edit, content))) {
        broken(
            NOTHING_LOST,
            site.name + " has " + says + " as what edit " + place + " made of " + document);
      }
    }
    if (!Objects.equals(state.body(), state.winner().body())) {
      broken(NOTHING_LOST, site.name + " serves of " + document + " what none of its heads is");
    }
  }

  /**
   * Each write is a head, which is the state or a side of a conflict, or in the history beneath the
   * one that was made on top of it.
   */
  private void accounted(Site site, InMemoryJournal journal) {
    int writes = 0;
    for (var document : history.heads().keySet()) {
      DocumentState state = Objects.requireNonNull(journal.document(key(document)));
      var known = DocumentUpdate.operations(state.key(), state.lastPosition(), journal);
      var covered = new TreeSet<Hash>(state.headVersions());
      known.forEach(operation -> covered.addAll(operation.operation().parents()));
      for (var operation : known) {
        writes++;
        if (!operation.effective() || !covered.contains(operation.version())) {
          broken(NOTHING_LOST, site.name + " has lost a write of " + document);
        }
      }
    }
    long made = history.edits().stream().mapToLong(edit -> edit.writes().size()).sum();
    if (writes != made) {
      broken(NOTHING_LOST, site.name + " has " + writes + " writes, and " + made + " were made");
    }
  }

  private DocumentKey key(String document) {
    return new DocumentKey(space(), COLLECTION, document);
  }
}
