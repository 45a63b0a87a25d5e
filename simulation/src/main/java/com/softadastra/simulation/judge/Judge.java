package com.softadastra.simulation.judge;

import static com.softadastra.simulation.judge.Invariant.ATOMIC;
import static com.softadastra.simulation.judge.Invariant.BOUNDED;
import static com.softadastra.simulation.judge.Invariant.CAUSAL;
import static com.softadastra.simulation.judge.Invariant.CONVERGENT;
import static com.softadastra.simulation.judge.Invariant.CUSTODY;
import static com.softadastra.simulation.judge.Invariant.DIVIDED;
import static com.softadastra.simulation.judge.Invariant.DURABLE;
import static com.softadastra.simulation.judge.Invariant.ENVELOPES;
import static com.softadastra.simulation.judge.Invariant.FORKS_SEEN;
import static com.softadastra.simulation.judge.Invariant.FUNCTION;
import static com.softadastra.simulation.judge.Invariant.GENUINE;
import static com.softadastra.simulation.judge.Invariant.LEDGER;
import static com.softadastra.simulation.judge.Invariant.NOTHING_LOST;
import static com.softadastra.simulation.judge.Invariant.OBLIGED;
import static com.softadastra.simulation.judge.Invariant.ONCE;
import static com.softadastra.simulation.judge.Invariant.PRIORITY;
import static com.softadastra.simulation.judge.Invariant.REBUILDABLE;
import static com.softadastra.simulation.judge.Invariant.SEEN_IS_DURABLE;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.engine.document.Decided;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.DefinitionName;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Standing;
import com.softadastra.engine.session.Frame;
import com.softadastra.engine.space.DocumentUpdate;
import com.softadastra.sync.documents.OtherWrites;
import com.softadastra.sync.peer.RelayDirectory;
import com.softadastra.sync.relay.CustodyBook;
import com.softadastra.sync.storage.Birth;
import com.softadastra.sync.storage.DamagedRow;
import com.softadastra.sync.storage.Journal;
import com.softadastra.sync.storage.Recording;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.WeakHashMap;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Watches nodes and says when one breaks an invariant. It keeps a model of its own, of plain maps,
 * and shares no rule with the engine: of that it uses only the form of entries and the names of
 * versions.
 */
public class Judge {
  private final Map<Integer, Watched> nodes = new LinkedHashMap<>();
  private final Map<Hash, NaiveEntry> entries = new HashMap<>();
  private final Set<Hash> genuine = new HashSet<>();
  private final Set<Hash> forged = new HashSet<>();
  private final Set<Place> readers = new HashSet<>();
  private final Map<DefinitionName, NaiveDefinition> definitions = new HashMap<>();

  /** By grant, the labels that it gives. */
  private final Map<Hash, List<String>> labels = new HashMap<>();

  /** Who was ever to decide first where a function decides. */
  private final Set<NodeId> resolvers = new HashSet<>();

  /** By version, who wrote it. */
  private final Map<Hash, Set<NodeId>> writers = new HashMap<>();

  private final Map<Hash, String> versions = new HashMap<>();
  private final Map<State, Long> states = new HashMap<>();
  private final Map<SpaceId, Map<String, Promise>> promises = new LinkedHashMap<>();

  private final Roll roll = new Roll();
  private final Claims.Held held = new Claims.Held();
  private final Letters letters = new Letters();
  private final Map<Object, Map<Integer, Turns>> connections = new WeakHashMap<>();
  private boolean readsFail;

  /** Whether there is a relay, by which a change of membership goes with the next entry. */
  private boolean byRelays;

  /** What any storage of a node was known, forced, to have: entries, and how far chains. */
  private final Map<Place, Truth> had = new HashMap<>();

  /** The entry that was first seen under a name, and the authors of whom there were two. */
  private final Map<Name, Hash> names = new HashMap<>();

  private final Set<Replica> lives = new HashSet<>();
  private final Set<Replica> doubled = new HashSet<>();

  private @Nullable Violation violation;
  private boolean diskLost;
  private int refusedDamages;

  /**
   * What a journal gives from a position on.
   *
   * @param next where it goes on; the same position where there is no more
   */
  private record Page(List<LoggedEntry> entries, long next) {
    /** What is damaged is in it as it was written: it counts, though nobody can read it. */
    static Page of(Journal journal, Rows rows, long from) {
      try {
        var entries = journal.from(from, 512);
        return new Page(entries, entries.isEmpty() ? from : entries.getLast().position() + 1);
      } catch (DamagedRow row) {
        return new Page(List.of(rows.written(row.position())), row.position() + 1);
      }
    }
  }

  private record State(SpaceId space, long set) {}

  private record Name(SpaceId space, Dot dot) {}

  private record Truth(Set<Hash> entries, Map<Replica, Long> chains) {}

  private record Place(SpaceId space, NodeId node) {}

  /** An acknowledged intent: where it first was, and what was asked for. */
  private record Promise(int place, IntentRequest request) {}

  private static final class Watched {
    final String name;
    final NodeId id;
    Shadow shadow = new Shadow();
    @Nullable Journal journal;
    @Nullable Rows rows;
    @Nullable Recording recording;
    @Nullable Claims claims;
    @Nullable Replica life;
    boolean tells;
    long lostAt;

    /** How far its log was forced when it was told last that it is. */
    long forced;

    final Map<Place, Statement> heard = new HashMap<>();
    final List<Answered> answered = new ArrayList<>();

    /** Documents that could not be read when they were looked at last. */
    final Set<DocumentKey> unread = new LinkedHashSet<>();

    Watched(String name, NodeId id) {
      this.name = name;
      this.id = id;
    }
  }

  private record Answered(SpaceId space, long position, Hash hash) {}

  public @Nullable Violation violation() {
    return violation;
  }

  /** The first violation stays. */
  public void broken(Invariant invariant, String what) {
    if (violation == null) {
      violation = new Violation(invariant, what);
    }
  }

  // ---- what happens

  public void isNode(int place, String name, NodeId id) {
    nodes.put(place, new Watched(name, id));
  }

  /**
   * The node's disk is another from now on.
   *
   * @param tells whether the node can tell by itself that it is
   */
  public void otherDisk(int place, boolean tells) {
    var node = watched(place);
    node.lostAt = node.shadow.last();
    node.shadow = new Shadow();
    node.unread.clear();
    node.tells = tells;
    diskLost = true;
  }

  /** A node said at its start that it can't go on with what is damaged. */
  public void refusedDamage() {
    refusedDamages++;
  }

  /** How often that was. */
  public int refusedDamages() {
    return refusedDamages;
  }

  /** The node is a copy of another that can tell by itself that it is one. */
  public void tells(int place) {
    watched(place).tells = true;
  }

  /** The node and its disk are no more: a copy of a machine that another node is. */
  public void isGone(int place) {
    nodes.remove(place);
    forgive();
  }

  /** What was on a lost disk alone can't be asked for any more. */
  private void forgive() {
    promises.forEach((space, intents) ->
        intents
            .keySet()
            .removeIf(intent ->
                nodes.values().stream()
                    .noneMatch(node -> node.shadow.space(space).intents.containsKey(intent))));
  }

  private Watched watched(int place) {
    var watched = nodes.get(place);
    if (watched == null) {
      throw new IllegalStateException("no node at " + place);
    }
    return watched;
  }

  /** A process of the node has opened the storage. */
  public void started(int place, Journal journal, Recording recording) {
    var node = watched(place);
    node.journal = journal;
    var rows = Rows.of(journal);
    node.rows = rows;
    node.recording = recording;
    node.claims = new Claims(node.id, recording, journal, rows);
    node.heard.clear();
    node.forced = recording.durable();
    anew(node, recording);
    long from = 1;
    for (var page = Page.of(journal, rows, from);
        page.next() > from;
        page = Page.of(journal, rows, from)) {
      for (var logged : page.entries()) {
        var known = node.shadow.log.get(logged.position());
        if (known != null && !known.hash().equals(logged.hash())) {
          broken(
              SEEN_IS_DURABLE,
              node.name + " has another entry at " + logged.position() + " than before");
        }
      }
      from = page.next();
    }
    if (from <= node.shadow.last()) {
      broken(
          DURABLE,
          node.name
              + " ended with a log up to "
              + node.shadow.last()
              + " and comes back with one up to "
              + (from - 1));
      return;
    }
    look(node);
    if (diskLost) {
      diskLost = false;
      forgive();
    }
    everything(node);
  }

  /**
   * Has a storage that isn't what it was taken a new life, and a place in the log beyond the old?
   */
  private void anew(Watched node, Recording recording) {
    boolean known = !lives.add(new Replica(node.id, recording.incarnation()));
    if (node.tells && known) {
      broken(FORKS_SEEN, node.name + " goes on as before on a storage that is another");
    }
    // beyond what one life can issue only the next multiple counts, which others may have taken
    if (node.tells && node.lostAt < Birth.STRIDE && recording.durable() <= node.lostAt) {
      broken(
          FORKS_SEEN,
          node.name
              + " begins a new life at "
              + recording.durable()
              + ", where the one before had come to "
              + node.lostAt);
    }
    node.tells = false;
  }

  public void stopped(int place) {
    var node = nodes.get(place);
    if (node == null) {
      return;
    }
    node.journal = null;
    node.rows = null;
    node.recording = null;
    node.claims = null;
    node.answered.clear();
  }

  /** An entry that nobody may ever take in. */
  public void isForged(Hash hash) {
    forged.add(hash);
  }

  /** An entry that an author signed outside of its node. */
  public void isGenuine(Hash hash) {
    genuine.add(hash);
    held.isUnasked(hash);
  }

  /** What that node writes in a space may have no effect. */
  public void mayNotWrite(SpaceId space, NodeId node) {
    readers.add(new Place(space, node));
  }

  /** A space was created, by its first member. */
  public void isCreated(SpaceId space, NodeId creator) {
    roll.add(space.hash(), new Roll.Said(Roll.Kind.MEMBER, creator, 0, 0));
  }

  /**
   * A grant makes its subject a member, with these labels.
   *
   * @param number from which on entries count it as one; 0 where its issuer can't number grants
   */
  public void isGranted(Hash grant, NodeId subject, long number, long clock, List<String> given) {
    roll.add(grant, new Roll.Said(Roll.Kind.MEMBER, subject, number, clock));
    labels.put(grant, List.copyOf(given));
    if (given.contains("resolver")) {
      resolvers.add(subject);
    }
  }

  /** A grant makes its subject a relay. */
  public void isRelay(Hash grant, NodeId subject, long number, long clock) {
    roll.add(grant, new Roll.Said(Roll.Kind.RELAY, subject, number, clock));
  }

  /** A record says that nobody counts on a member any more, or that a relay is none. */
  public void isRetired(Hash retirement, NodeId subject, long number, long clock) {
    roll.add(retirement, new Roll.Said(Roll.Kind.RETIRED, subject, number, clock));
  }

  /** Reads may fail, so what goes first can depend on what can be read. */
  public void readsFail() {
    readsFail = true;
  }

  /** A node has recorded something. */
  public void recorded(int place) {
    look(watched(place));
  }

  /** A node has forced what it has committed, and tells all who wait for that. */
  public void forced(int place) {
    var node = nodes.get(place);
    if (node != null && node.recording != null) {
      node.forced = node.recording.durable();
    }
  }

  /**
   * A node has committed, and is about to force that: whoever reads now, and a session that sends,
   * may see nothing of it, as it is lost if the power fails.
   */
  public void forces(int place) {
    var node = nodes.get(place);
    var recording = node == null ? null : node.recording;
    if (node == null || recording == null) {
      return;
    }
    boolean shown = recording.durable() > node.forced;
    for (var view : recording.views().values()) {
      shown |= view.chains().values().stream().anyMatch(head -> head.position() > node.forced);
    }
    if (shown) {
      broken(SEEN_IS_DURABLE, node.name + " shows what it has not forced");
    }
  }

  /**
   * A node has answered an intent.
   *
   * @param forced whether all that the node has committed is forced
   */
  public void answered(
      int place, SpaceId space, IntentRequest request, Recording.Outcome outcome, boolean forced) {
    var node = watched(place);
    if (!forced) {
      broken(DURABLE, node.name + " answered before it had forced");
    }
    var logged = outcome.entry();
    var there =
        node.journal == null ? List.<LoggedEntry>of() : node.journal.from(logged.position(), 1);
    if (there.isEmpty() || !there.getFirst().hash().equals(logged.hash())) {
      broken(DURABLE, node.name + " answered with an entry that is not in its log");
    }
    node.answered.add(new Answered(space, logged.position(), logged.hash()));
    var intent = logged.entry().intent();
    if (intent == null) {
      broken(ONCE, node.name + " answered with an entry without an intent");
      return;
    }
    if (readers.contains(new Place(space, logged.entry().author().node()))) {
      broken(GENUINE, node.name + " took a write of " + name(logged.entry().author().node()));
    }
    if (request.id() != null && !request.id().equals(intent.id())) {
      broken(ONCE, node.name + " answered " + request.id() + " with " + intent.id());
    }
    promises
        .computeIfAbsent(space, _ -> new LinkedHashMap<>())
        .putIfAbsent(intent.id(), new Promise(place, request));
  }

  /** A frame of a peer has come to a node. */
  public void received(int place, NodeId peer, Object connection, Frame frame) {
    var node = nodes.get(place);
    var recording = node == null ? null : node.recording;
    turns(place, connection)
        .received(
            frame,
            space ->
                recording != null
                    && recording
                        .view(space)
                        .flatMap(view -> view.membership().member(peer))
                        .isPresent());
  }

  private Turns turns(int place, Object connection) {
    return connections
        .computeIfAbsent(connection, _ -> new HashMap<>())
        .computeIfAbsent(place, _ -> new Turns());
  }

  /** A node sends a frame. */
  public void sent(int place, Object connection, Frame frame) {
    var node = watched(place);
    if (frame instanceof Frame.Entries entries) {
      var turns = turns(place, connection);
      var wrong = turns.sent(entries, node.shadow);
      if (wrong != null && !readsFail && doubled.isEmpty()) {
        broken(PRIORITY, "at " + node.name + " " + wrong);
      }
      if (turns.isBeyondCredit(entries.space())) {
        broken(BOUNDED, node.name + " sends more batches than its peer has taken and lets come");
      }
    }
    isForced(node, frame);
  }

  private void isForced(Watched node, Frame frame) {
    if (frame instanceof Frame.Entries(var space, var batch)) {
      var known = node.shadow.spaces.get(space);
      for (var offered : batch) {
        if (known == null || !known.has.contains(Hash.sha256(offered.bytes()))) {
          broken(SEEN_IS_DURABLE, node.name + " sends an entry that it has not forced");
        }
      }
    }
  }

  // ---- envelopes

  /**
   * A node has put frames into an envelope.
   *
   * @return the entries of the space that it has now
   */
  public Set<Hash> sealed(int place, SpaceId space, List<Frame> frames) {
    var node = watched(place);
    frames.forEach(frame -> isForced(node, frame));
    var known = node.shadow.spaces.get(space);
    return known == null ? Set.of() : Set.copyOf(known.has);
  }

  /** Everything that one node had then has come to another, as it was sent and in that order. */
  public void brought(int place, SpaceId space, Set<Hash> had) {
    var node = watched(place);
    var known = node.shadow.spaces.get(space);
    long missing = had.stream().filter(hash -> known == null || !known.has.contains(hash)).count();
    if (missing > 0) {
      broken(
          ENVELOPES,
          node.name + " lacks " + missing + " entries of those that envelopes brought it");
    }
  }

  // ---- mail

  /** A process knows of relays. */
  public void keepsCustody(int place, RelayDirectory relays, CustodyBook custody) {
    byRelays = true;
    Objects.requireNonNull(watched(place).claims).keepsCustody(relays, custody);
  }

  /** A node gives the relay an envelope for a member. */
  public void given(int place, SpaceId space, NodeId to, byte[] id, List<Frame> frames) {
    var node = watched(place);
    var entries = new LinkedHashSet<Hash>();
    for (var frame : frames) {
      isForced(node, frame);
      if (frame instanceof Frame.Entries(_, var batch)) {
        batch.forEach(offered -> entries.add(Hash.sha256(offered.bytes())));
      }
    }
    letters.given(
        id, new Letters.Letter(node.id, to, space, entries, lifeOf(node.recording, space, to)));
  }

  static @Nullable Incarnation lifeOf(@Nullable Recording recording, SpaceId space, NodeId member) {
    return Optional.ofNullable(recording)
        .flatMap(it -> it.ledger().by(space, member))
        .map(known -> known.statement().by().incarnation())
        .orElse(null);
  }

  /**
   * The relay signs for an envelope.
   *
   * @param there whether it is on its disk
   */
  public void signed(int relay, byte[] id, boolean there) {
    var wrong = letters.signed(relay, id, there);
    if (wrong != null) {
      broken(CUSTODY, "the relay " + wrong);
    }
  }

  /** Of what a relay had on its disk one envelope is there no more. */
  public void isLost(UUID id) {
    letters.isLost(id);
  }

  /**
   * A relay says to another that it has an envelope.
   *
   * @param there whether it is on its disk, for a node
   */
  public void holds(int relay, byte[] id, Predicate<NodeId> there) {
    letters.saysToHold(relay, id);
    var letter = letters.letter(id);
    if (letter == null) {
      broken(CUSTODY, "a relay has what no member gave to one");
    } else if (!there.test(letter.to()) && !letters.wasFetched(id)) {
      broken(CUSTODY, "a relay holds an envelope that it has not forced");
    }
  }

  /** Another relay has heard that one has an envelope. */
  public void isHeld(int relay, byte[] id) {
    letters.isHeld(relay, id);
  }

  /** A relay is passed an envelope. */
  public void passes(int relay, byte[] id) {
    if (letters.isHeldBy(relay, id) && !letters.mayBeLost(id)) {
      broken(CUSTODY, "a relay is passed again what it has said to hold");
    }
  }

  /** All the mailboxes of a relay are lost. */
  public void areLost(int relay) {
    letters.areLost(relay);
  }

  /**
   * A relay's process has ended.
   *
   * @param there whether an envelope is on its disk
   */
  public void relayEnded(int relay, BiPredicate<NodeId, byte[]> there) {
    if (letters.missing(relay, there) != null) {
      broken(CUSTODY, "a relay hasn't got what it has signed for and nobody has fetched");
    }
  }

  /** A relay says to another that an envelope's destination has it. */
  public void gone(byte[] id) {
    if (!letters.wasFetched(id) && !letters.mayBeLost(id)) {
      broken(CUSTODY, "a relay takes for fetched what nobody has fetched");
    }
  }

  /**
   * A node says to the relay that it has what is in an envelope, as far as it can.
   *
   * @param nothingIsLost whether it has to take in what it has everything for
   */
  public void fetches(int place, byte[] id, boolean nothingIsLost) {
    var letter = letters.letter(id);
    if (letter == null || !nothingIsLost) {
      return;
    }
    var node = watched(place);
    look(node);
    var known = node.shadow.space(letter.space());
    for (var hash : letter.entries()) {
      var entry = entries.get(hash);
      if (!known.has.contains(hash) && entry != null && follows(entry, known.has)) {
        broken(CUSTODY, node.name + " lets the relay drop an entry that it has not forced");
      }
    }
  }

  private static boolean follows(NaiveEntry naive, Set<Hash> has) {
    var entry = naive.entry();
    return naive.allowed()
        && (entry.sequence() == 1 || has.contains(entry.previous()))
        && entry.causes().stream().allMatch(cause -> has.contains(cause.hash()));
  }

  /** The relay has been told so. */
  public void fetched(byte[] id) {
    letters.isFetched(id);
  }

  // ---- looking at one node

  private void look(Watched node) {
    var recording = node.recording;
    var journal = node.journal;
    var rows = node.rows;
    if (recording == null || journal == null || rows == null) {
      return;
    }
    long durable = recording.durable();
    var life = new Replica(node.id, recording.incarnation());
    if (!life.equals(node.life)) {
      node.life = life;
      node.shadow.log.values().forEach(entry -> held.add(life, entry));
    }
    var touched = new LinkedHashSet<DocumentKey>();
    var changed = new LinkedHashSet<Shadow.Space>();
    while (node.shadow.last() < durable) {
      var page = Page.of(journal, rows, node.shadow.last() + 1).entries();
      if (page.isEmpty()) {
        break;
      }
      for (var logged : page) {
        if (logged.position() > durable) {
          broken(SEEN_IS_DURABLE, node.name + " has something unforced at the end of a step");
        }
        var space = node.shadow.space(logged.entry().space());
        take(node, recording, logged);
        if (!entries.containsKey(logged.hash())) {
          written(node, space, logged);
        }
        var entry = entry(logged);
        held.add(life, entry);
        if (entry.entry().author().node().equals(node.id)) {
          // what it wrote last as another life comes with the new one
          held.add(entry.entry().author(), entry);
        }
        touched.addAll(node.shadow.add(logged, entry));
        if (NaiveHoldings.divides(entry)) {
          // the next entry of the group was made on what this one left
          space.stands(entry, !logged.standing().uncovered(), touched);
        }
        changed.add(space);
      }
    }
    for (var answer : node.answered) {
      var there = node.shadow.log.get(answer.position());
      if (there == null || !there.hash().equals(answer.hash())) {
        broken(DURABLE, node.name + " answered with an entry that is not in its log");
      }
    }
    node.answered.clear();
    changed.forEach(space -> covered(journal, space, touched));
    for (var key : List.copyOf(touched)) {
      if (key.collection().equals(Operation.CLOCKS)) {
        touched.addAll(node.shadow.space(key.space()).documents.keySet());
      }
    }
    touched.addAll(node.unread);
    touched.forEach(key -> {
      document(node, journal, key);
      changed.add(node.shadow.space(key.space()));
    });
    changed.forEach(space -> {
      standing(node, space);
      holdings(node, journal, space);
    });
    statements(node, recording);
    claims(node);
    outbox(node, recording, journal, rows);
    if (recording.waiting() > 10_000) {
      broken(BOUNDED, node.name + " lets " + recording.waiting() + " wait");
    }
  }

  /** Looks which entries the node found to take more than their authors held. */
  private static void covered(Journal journal, Shadow.Space space, Set<DocumentKey> touched) {
    space.divided.forEach((position, entry) -> {
      try {
        space.stands(entry, !journal.entry(position).standing().uncovered(), touched);
      } catch (DamagedRow _) {
        // as it was
      }
    });
  }

  /** No amount, and no share of one, is below nothing, and no number is used twice. */
  private void holdings(Watched node, Journal journal, Shadow.Space space) {
    if (space.divided.isEmpty()) {
      return;
    }
    var wrong =
        NaiveHoldings.wrong(
            space,
            key -> {
              try {
                return journal.document(key);
              } catch (DamagedRow _) {
                return null;
              }
            });
    if (wrong != null) {
      broken(DIVIDED, "at " + node.name + " " + wrong);
    }
  }

  private NaiveEntry entry(LoggedEntry logged) {
    return entries.computeIfAbsent(
        logged.hash(),
        hash -> {
          var entry = logged.entry();
          var grant = entry.authority().grant();
          var given = grant == null ? List.<String>of() : labels.getOrDefault(grant, List.of());
          return new NaiveEntry(
              hash,
              entry,
              entries.size() + 1,
              !readers.contains(new Place(entry.space(), entry.author().node()))
                  && given.equals(entry.authority().labels()),
              entry.operations().stream().map(this::definition).toList());
        });
  }

  /** What an operation was made under, and what it declares itself. */
  private NaiveDefinition definition(Operation operation) {
    if (operation.defines() && operation.change() instanceof Change.Put(var body)) {
      var declared = NaiveDefinition.of(body);
      definitions.put(Objects.requireNonNull(declared.name()), declared);
    }
    if (operation.definition() == null) {
      return NaiveDefinition.UNDECLARED;
    }
    var named = definitions.get(operation.definition());
    if (named == null) {
      broken(CAUSAL, "an operation was made under a definition that nobody has");
      return NaiveDefinition.UNDECLARED;
    }
    return named;
  }

  /** What a collection is where these documents are. */
  private static NaiveDefinition current(Shadow.Space space, String collection) {
    var current = NaiveDefinition.UNDECLARED;
    var document =
        space.documents.get(new DocumentKey(space.id, Operation.DEFINITIONS, collection));
    if (document != null) {
      for (var body : document.bodies(space::effective)) {
        var each = NaiveDefinition.of(body);
        current = NaiveDefinition.greater(each, current) ? each : current;
      }
    }
    return current;
  }

  /**
   * Was it made on the versions that whoever asked for it meant, and named as no other? Asked where
   * it is seen first, which is at its author: a copy of that, which finds it in its log, can't tell
   * what stood by then of what was void.
   */
  private void written(Watched node, Shadow.Space space, LoggedEntry logged) {
    var intent = logged.entry().intent();
    if (intent == null) {
      return;
    }
    for (var operation : intent.operations()) {
      var version = DocumentUpdate.version(logged, operation);
      writers.computeIfAbsent(version, _ -> new HashSet<>()).add(logged.entry().author().node());
      var other = versions.putIfAbsent(version, intent.id());
      if (other != null && !other.equals(intent.id())) {
        broken(NOTHING_LOST, "intents " + other + " and " + intent.id() + " made one version");
      }
    }
    var promise = promises.getOrDefault(space.id, Map.of()).get(intent.id());
    // what others of this node's lives made comes as any other entry; what is recorded again stays
    // as it was made
    var recording = node.recording;
    if (promise == null
        || space.intents.containsKey(intent.id())
        || recording == null
        || !logged.entry().author().equals(new Replica(node.id, recording.incarnation()))
        || promise.request().operations().size() != intent.operations().size()) {
      return;
    }
    for (int i = 0; i < intent.operations().size(); i++) {
      var operation = intent.operations().get(i);
      if (NaiveHoldings.isDivided(operation.collection())) {
        continue;
      }
      var document =
          space.documents.get(new DocumentKey(space.id, operation.collection(), operation.id()));
      var under =
          operation.isReserved()
              ? NaiveDefinition.UNDECLARED
              : current(space, operation.collection());
      if (!Objects.equals(operation.definition(), under.name())) {
        broken(
            NOTHING_LOST,
            node.name
                + " made "
                + intent.id()
                + " under "
                + operation.definition()
                + " where the collection is "
                + under);
      }
      boolean keeps = under.keeps() && !operation.isReserved();
      var current = document == null ? Set.<Hash>of() : document.current(space::effective, keeps);
      var condition = promise.request().operations().get(i).condition();
      var parents = Set.copyOf(operation.parents());
      boolean meant =
          switch (condition.kind()) {
            case ANY, EXISTS -> parents.equals(current);
            // taken only where all heads are deletions, or named, and made on all of them
            case ABSENT, HEADS ->
                parents.equals(
                    document == null ? Set.<Hash>of() : document.heads(space::effective));
            case MATCH, BASE ->
                condition.versions().isEmpty() == parents.isEmpty()
                    && parents.stream()
                        .allMatch(p ->
                            condition.versions().contains(p.toString())
                                || document != null && document.isHead(p, space::effective));
          };
      var author = logged.entry().author().node();
      if (intent.command() != null) {
        boolean its =
            resolvers.contains(author)
                || parents.stream()
                    .anyMatch(parent -> writers.getOrDefault(parent, Set.of()).contains(author));
        if (!its) {
          broken(FUNCTION, node.name + " let its function decide what is others' to decide");
        }
        if (document == null || !parents.equals(document.heads(space::effective))) {
          broken(FUNCTION, node.name + " let its function decide on a part of what there is");
        }
      }
      if (operation.change() instanceof Change.Undo(_, var restoring)
          && (document == null || !document.lost(parents, restoring, space::effective))) {
        broken(NOTHING_LOST, node.name + " gave back what was not lost");
      }
      if (!meant) {
        broken(
            NOTHING_LOST,
            node.name
                + " made "
                + intent.id()
                + " on "
                + parents
                + ", asked for "
                + condition
                + " where there was "
                + current);
      }
    }
  }

  /** Was it written by its author, and does it come after its causes? */
  private void take(Watched node, Recording recording, LoggedEntry logged) {
    var entry = logged.entry();
    var space = node.shadow.space(entry.space());
    if (!logged.hash().equals(Hash.sha256(logged.bytes()))) {
      broken(GENUINE, node.name + " has an entry under a hash that is not its own");
    }
    if (forged.contains(logged.hash())) {
      broken(GENUINE, node.name + " took in a forged entry of " + name(entry.author().node()));
    }
    if (entry.author().node().equals(node.id)) {
      genuine.add(logged.hash());
    } else if (!genuine.contains(logged.hash())) {
      broken(
          GENUINE,
          node.name + " took in an entry that " + name(entry.author().node()) + " did not write");
    }
    if (space.has.contains(logged.hash())) {
      broken(ONCE, node.name + " has an entry twice");
    }
    if (entry.sequence() == 1
        ? !entry.previous().equals(Hash.ZERO)
        : !space.has.contains(entry.previous())) {
      broken(CAUSAL, node.name + " has an entry without the one before it");
    }
    for (var cause : entry.causes()) {
      if (!space.has.contains(cause.hash())) {
        broken(CAUSAL, node.name + " has an entry without its cause");
      }
    }
    for (var operation : entry.operations()) {
      var document =
          space.documents.get(
              new DocumentKey(entry.space(), operation.collection(), operation.id()));
      for (var parent : operation.parents()) {
        if (document == null || !document.knows(parent)) {
          broken(CAUSAL, node.name + " has an operation on a version that it doesn't have");
        }
      }
    }
    if (!names
        .computeIfAbsent(
            new Name(entry.space(), new Dot(entry.author(), entry.sequence())), _ -> logged.hash())
        .equals(logged.hash())) {
      doubled.add(entry.author());
    }
    var truth = truth(entry.space(), node.id);
    truth.entries().add(logged.hash());
    truth.chains().merge(entry.author(), entry.sequence(), Math::max);
    truth.chains().merge(logged.chain(), entry.sequence(), Math::max);
  }

  private Truth truth(SpaceId space, NodeId node) {
    return had.computeIfAbsent(
        new Place(space, node), _ -> new Truth(new HashSet<>(), new HashMap<>()));
  }

  private String name(NodeId id) {
    return nodes.values().stream()
        .filter(node -> node.id.equals(id))
        .map(node -> node.name)
        .findFirst()
        .orElse("a stranger");
  }

  /** Is a document what its operations make of it? */
  private void document(Watched node, Journal journal, DocumentKey key) {
    var space = node.shadow.space(key.space());
    var naive = space.documents.get(key);
    DocumentState state;
    try {
      state = journal.document(key);
    } catch (DamagedRow _) {
      node.unread.add(key);
      return;
    }
    node.unread.remove(key);
    if (naive == null) {
      broken(REBUILDABLE, node.name + " has a document without operations");
      return;
    }
    var now = naive.now(space::effective);
    var difference = now.differsFrom(state);
    if (difference == null && state != null) {
      difference = naive.doubtedWrongly(state, space::effective, space::suspect);
    }
    if (difference != null) {
      broken(
          costs(space, journal, key, state),
          key.collection() + "/" + key.id() + " at " + node.name + ": " + difference);
      return;
    }
    long digest = digest(state);
    Long before = space.digests.put(key, digest);
    space.state += digest - (before == null ? 0 : before);
    conflict(node, key, now, state);
    others(node, journal, key, now);
  }

  /** Which invariant it costs that a document isn't what its operations make of it. */
  private static Invariant costs(
      Shadow.Space space, Journal journal, DocumentKey key, @Nullable DocumentState state) {
    if (isHalved(space, journal, key, state)) {
      return ATOMIC;
    }
    var rebuilt = rebuilt(space, journal, key);
    boolean madeOtherwise =
        rebuilt.isPresent()
            && naive(space, key).now(space::effective).differsFrom(rebuilt.get()) == null;
    return madeOtherwise ? REBUILDABLE : NOTHING_LOST;
  }

  /**
   * Whether an entry has effect in the one of its documents, and not in another, or the reverse.
   */
  private static boolean isHalved(
      Shadow.Space space, Journal journal, DocumentKey key, @Nullable DocumentState state) {
    for (var entry : naive(space, key).entries()) {
      var otherwise = naive(space, key).now(other -> space.effective(other) != (other == entry));
      if (entry.entry().operations().size() > 1 && otherwise.differsFrom(state) == null) {
        for (var operation : entry.entry().operations()) {
          var other = new DocumentKey(space.id, operation.collection(), operation.id());
          if (!other.equals(key) && isAsItShould(space, journal, other)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private static boolean isAsItShould(Shadow.Space space, Journal journal, DocumentKey key) {
    try {
      return naive(space, key).now(space::effective).differsFrom(journal.document(key)) == null;
    } catch (DamagedRow _) {
      return false;
    }
  }

  private static NaiveDocument naive(Shadow.Space space, DocumentKey key) {
    return Objects.requireNonNull(space.documents.get(key));
  }

  /** A document as the product makes it of the node's log; empty where that is damaged. */
  private static Optional<DocumentState> rebuilt(
      Shadow.Space space, Journal journal, DocumentKey key) {
    try {
      return Optional.of(
          DocumentUpdate.rebuilt(key, Objects.requireNonNull(space.ends.get(key)), journal));
    } catch (DamagedRow _) {
      return Optional.empty();
    }
  }

  /** Is it kept as the log makes it, to the last field? */
  private void isRebuilt(Watched node, Shadow.Space space, Journal journal, DocumentKey key) {
    if (node.unread.contains(key)) {
      return;
    }
    var kept = journal.document(key);
    var rebuilt = rebuilt(space, journal, key);
    if (rebuilt.isPresent() && !rebuilt.get().equals(kept)) {
      broken(
          REBUILDABLE, node.name + " keeps " + kept + ", and its log makes that " + rebuilt.get());
    }
  }

  /** Does the node list the conflict that is open, with its sides, and whoever has lost? */
  private void conflict(
      Watched node, DocumentKey key, NaiveDocument.Now now, @Nullable DocumentState state) {
    var listed = Objects.requireNonNull(node.rows).conflicts(key);
    var at = " of " + key.collection() + "/" + key.id() + " at " + node.name;
    var open = new HashSet<Hash>();
    now.conflict()
        .ifPresent(conflict -> {
          var id = DocumentState.conflictId(key, conflict.base());
          open.add(id);
          boolean told =
              listed.stream()
                  .anyMatch(row ->
                      row.id().equals(id)
                          && Objects.equals(row.base(), conflict.base())
                          && row.sides().equals(conflict.sides()));
          if (!told) {
            broken(
                NOTHING_LOST,
                "the conflict" + at + " is " + listed + ", and should be " + conflict);
          }
        });
    var decided = state == null ? List.<Decided>of() : state.decided();
    var lost = new HashSet<>(now.losers());
    decided.forEach(conflict -> {
      lost.add(conflict.loser());
      if (conflict.doubted()) {
        open.add(Decided.conflictId(key, conflict.loser()));
      }
    });
    for (var row : listed) {
      if (row.open() != open.contains(row.id())) {
        broken(
            NOTHING_LOST,
            "the conflict "
                + row.id()
                + at
                + " is "
                + (row.open() ? "open" : "closed")
                + " against the document's heads");
      }
    }
    var told = new HashSet<Hash>();
    listed.forEach(row -> told.add(row.id()));
    for (var loser : lost) {
      if (!told.contains(Decided.conflictId(key, loser))) {
        broken(NOTHING_LOST, "nobody is told of what " + loser + at + " has lost");
      }
    }
    for (var id : open) {
      if (!told.contains(id)) {
        broken(NOTHING_LOST, "nobody is told of the conflict " + id + at);
      }
    }
  }

  /** Does the conflict name what else each side's intent has written? */
  private void others(Watched node, Journal journal, DocumentKey key, NaiveDocument.Now now) {
    var space = node.shadow.space(key.space());
    var sides = now.conflict().map(NaiveDocument.Open::sides).orElse(Set.of());
    for (var side : sides) {
      var entry = now.brought(side);
      try {
        var logged = journal.entry(Objects.requireNonNull(space.positions.get(entry.hash())));
        var should = new HashSet<String>();
        Operation own = null;
        for (var operation : entry.entry().operations()) {
          if (operation.collection().equals(key.collection()) && operation.id().equals(key.id())) {
            own = operation;
          } else if (!operation.isReserved()) {
            should.add(operation.collection() + "/" + operation.id());
          }
        }
        var named = new HashSet<String>();
        OtherWrites.of(logged, Objects.requireNonNull(own))
            .forEach(other -> named.add(other.collection() + "/" + other.id()));
        if (!named.equals(should)) {
          broken(
              ATOMIC,
              "a conflict at " + node.name + " names " + named + " of an intent on " + should);
        }
      } catch (DamagedRow _) {
        // the conflict can't be shown either
      }
    }
  }

  private static long digest(@Nullable DocumentState state) {
    if (state == null || !state.exists()) {
      return 0;
    }
    long digest = state.key().hashCode() * 31L + state.version().hashCode();
    for (var head : state.heads()) {
      digest = digest * 0x9E3779B97F4A7C15L + head.version().hashCode();
      digest = digest * 31 + head.generation();
      digest = digest * 31 + (head.body() == null ? 0 : head.body().text().hashCode());
      digest = digest * 31 + head.covers().hashCode() + (head.sawOthers() ? 1 : 0);
    }
    var merged = state.merged();
    if (merged != null) {
      digest = digest * 31 + (merged.body() == null ? 7 : merged.body().text().hashCode());
    }
    digest = digest * 31 + state.decided().hashCode();
    if (NaiveHoldings.isDivided(state.key().collection()) && state.body() != null) {
      digest = digest * 31 + state.body().text().hashCode();
    }
    var base = state.base();
    digest = digest * 31 + (base == null ? 0 : base.hashCode());
    return digest * 31 + state.conflict().map(Hash::hashCode).orElse(0);
  }

  /** The same entries, the same state, wherever they are. */
  private void standing(Watched node, Shadow.Space space) {
    if (node.unread.stream().anyMatch(key -> key.space().equals(space.id))) {
      return;
    }
    var before = states.putIfAbsent(new State(space.id, space.set), space.state());
    if (before != null && before != space.state()) {
      broken(CONVERGENT, node.name + " has another state than a node with the same entries");
    }
  }

  /** Nobody is said to have what it never had. */
  private void statements(Watched node, Recording recording) {
    for (var view : recording.views().values()) {
      var space = view.membership().space();
      for (var member : view.membership().members()) {
        var known = recording.ledger().by(space, member.node());
        var place = new Place(space, member.node());
        if (known.isEmpty() || known.get().statement() == node.heard.get(place)) {
          continue;
        }
        var before = node.heard.put(place, known.get().statement());
        if (before != null
            && !known.get().statement().equals(before)
            && !isLater(known.get().statement(), before)) {
          broken(
              OBLIGED, node.name + " goes back to what " + name(member.node()) + " said earlier");
        }
        var truth = truth(space, member.node()).chains();
        known
            .get()
            .statement()
            .vector()
            .forEach((replica, sequence) -> {
              if (sequence > truth.getOrDefault(replica, 0L) && !isOfDoubled(replica)) {
                broken(
                    OBLIGED,
                    node.name
                        + " believes that "
                        + name(member.node())
                        + " has entry "
                        + sequence
                        + " of "
                        + name(replica.node())
                        + ", which it never had");
              }
            });
      }
    }
  }

  /** What it says of receipts and of what is at risk is so. */
  private void claims(Watched node) {
    var wrong =
        Objects.requireNonNull(node.claims).wrong(node.shadow, held, letters, roll, nodesDoubled());
    if (wrong != null) {
      broken(LEDGER, "at " + node.name + " " + wrong);
    }
  }

  private Set<NodeId> nodesDoubled() {
    var nodes = new HashSet<NodeId>();
    doubled.forEach(author -> nodes.add(author.node()));
    return nodes;
  }

  private static boolean isLater(Statement statement, Statement before) {
    return statement.position() != before.position()
        ? statement.position() > before.position()
        : statement.clock() > before.clock();
  }

  /** What is owed to nobody any more has arrived. */
  private void outbox(Watched node, Recording recording, Journal journal, Rows rows) {
    for (var view : recording.views().values()) {
      var space = node.shadow.space(view.membership().space());
      var members = roll.counted(view).keySet();
      if (!space.counted.containsAll(members)) {
        space.undischarged.putAll(of(node.shadow, space.id));
      }
      space.counted = members;
      if (space.undischarged.isEmpty()) {
        continue;
      }
      var owed = new HashSet<>(rows.outbox(space.id));
      space
          .undischarged
          .entrySet()
          .removeIf(row -> {
            var entry = row.getValue();
            var dot = dot(journal, row.getKey());
            if (dot == null || owed.contains(dot)) {
              return false;
            }
            for (var member : members) {
              if (!member.equals(node.id)
                  && !member.equals(entry.entry().author().node())
                  && !doubled.contains(entry.entry().author())
                  && !truth(space.id, member).entries().contains(entry.hash())) {
                broken(
                    OBLIGED,
                    node.name
                        + " owes entry "
                        + entry.entry().sequence()
                        + " of "
                        + name(entry.entry().author().node())
                        + " to nobody, and "
                        + name(member)
                        + " never had it");
              }
            }
            return true;
          });
    }
  }

  /** The name of an entry; null where it can't be read. */
  private static @Nullable Dot dot(Journal journal, long position) {
    try {
      return journal.entry(position).dot();
    } catch (DamagedRow _) {
      return null;
    }
  }

  private static Map<Long, NaiveEntry> of(Shadow shadow, SpaceId space) {
    var all = new HashMap<Long, NaiveEntry>();
    shadow.log.forEach((position, entry) -> {
      if (entry.entry().space().equals(space)) {
        all.put(position, entry);
      }
    });
    return all;
  }

  // until somebody has seen a fork, a statement about that author says what it can't know
  private boolean isOfDoubled(Replica replica) {
    return doubled.stream().anyMatch(author -> author.node().equals(replica.node()));
  }

  // ---- everything

  /** All documents and standings of a node, also those that nothing was seen to touch. */
  public void everything(int place) {
    everything(watched(place));
  }

  private void everything(Watched node) {
    var journal = node.journal;
    if (journal == null) {
      return;
    }
    for (var space : node.shadow.spaces.values()) {
      covered(journal, space, new HashSet<>());
      List.copyOf(space.documents.keySet())
          .forEach(key -> {
            document(node, journal, key);
            isRebuilt(node, space, journal, key);
          });
      standing(node, space);
    }
    node.shadow.log.forEach((position, entry) -> {
      var space = node.shadow.space(entry.entry().space());
      LoggedEntry there;
      try {
        there = journal.entry(position);
      } catch (DamagedRow _) {
        return;
      }
      if (!there.hash().equals(entry.hash()) || !Hash.sha256(there.bytes()).equals(entry.hash())) {
        broken(SEEN_IS_DURABLE, node.name + " has another entry at " + position + " than before");
      }
      var standing = there.standing();
      boolean observes = entry.entry().kind() == Entry.OBSERVATION && !space.forked.contains(entry);
      boolean held = entry.entry().intent() == null && !observes && !space.forked.contains(entry);
      if (standing.effective() != ((observes && entry.allowed()) || space.effective(entry))
          || held != (standing == Standing.HELD)) {
        broken(
            ONCE,
            node.name
                + " has entry "
                + entry.entry().sequence()
                + " of "
                + name(entry.entry().author().node())
                + " as "
                + standing);
      }
    });
  }

  // ---- the end

  /**
   * What keeps the nodes from being the same, where they are not yet.
   *
   * @param places of the nodes that should be
   */
  public @Nullable String apart(Collection<Integer> places) {
    var states = new HashMap<SpaceId, String>();
    for (var place : places) {
      var node = watched(place);
      var recording = node.recording;
      if (recording == null) {
        return node.name + " is not running";
      }
      if (recording.waiting() > 0) {
        return node.name + " is busy";
      }
      for (var view : recording.views().values()) {
        var id = view.membership().space();
        var space = node.shadow.space(id);
        var now =
            space.has.size()
                + " entries, set "
                + space.set
                + ", state "
                + space.state()
                + ", "
                + view.membership().members().size()
                + " members"
                + (byRelays
                    ? ""
                    : ", counted on "
                        + roll.counted(view).keySet().stream().map(this::name).toList());
        var other = states.putIfAbsent(id, now);
        if (other != null && !other.equals(now)) {
          return node.name + " has " + now + "; another has " + other;
        }
        var owed = Objects.requireNonNull(node.rows).outbox(id);
        if (!owed.isEmpty()) {
          var first = owed.getFirst();
          var lacking =
              view.membership().members().stream()
                  .filter(m -> !m.node().equals(node.id))
                  .filter(m -> !recording.ledger().covers(id, m.node(), first))
                  .map(m -> name(m.node()))
                  .toList();
          return node.name + " still owes " + owed.size() + " entries, the first to " + lacking;
        }
        for (var row : node.shadow.log.entrySet()) {
          var entry = row.getValue();
          for (var member : view.membership().members()) {
            if (!entry.entry().space().equals(id)
                || member.node().equals(node.id)
                || member.node().equals(entry.entry().author().node())) {
              continue;
            }
            var dot = dot(Objects.requireNonNull(node.journal), row.getKey());
            if (dot == null) {
              return node.name + " can't read entry " + entry.entry().sequence();
            }
            if (!recording.ledger().covers(id, member.node(), dot)) {
              return node.name
                  + " doesn't know that "
                  + name(member.node())
                  + " has entry "
                  + entry.entry().sequence()
                  + " of "
                  + name(entry.entry().author().node());
            }
          }
        }
      }
      var behind = Objects.requireNonNull(node.claims).behind(node.shadow, roll);
      if (behind != null) {
        return "at " + node.name + " " + behind;
      }
    }
    return null;
  }

  /**
   * Every acknowledged intent has effect, once, at each of these nodes, and says what was asked;
   * but for one that took of a share that lived twice, which is void and says why.
   */
  public void kept(Collection<Integer> places) {
    for (var place : places) {
      var node = watched(place);
      everything(node);
      promises.forEach((id, intents) -> {
        if (node.recording == null || node.recording.view(id).isEmpty()) {
          return;
        }
        var space = node.shadow.space(id);
        intents.forEach((intent, promise) -> {
          var entry = space.effective(intent);
          // void for a reason that is told, where it counted on what was recorded twice
          boolean told =
              entry == null && space.uncovered(intent) && (!doubled.isEmpty() || space.repeated());
          if (told) {
            return;
          }
          if (entry == null) {
            broken(
                DURABLE,
                "intent "
                    + intent
                    + ", acknowledged by n"
                    + promise.place()
                    + ", has no effect at "
                    + node.name);
          } else if (!says(entry, promise.request())) {
            broken(ONCE, "intent " + intent + " has become another at " + node.name);
          }
        });
      });
    }
  }

  private static boolean says(NaiveEntry entry, IntentRequest request) {
    boolean numbered =
        request.operations().stream().anyMatch(operation -> operation.number() != null);
    var operations =
        entry.entry().operations().stream()
            .filter(operation -> !numbered || !operation.numbers())
            .toList();
    if (operations.size() != request.operations().size()) {
      return false;
    }
    for (int i = 0; i < operations.size(); i++) {
      var asked = request.operations().get(i);
      var change = operations.get(i).change();
      boolean same =
          switch (change) {
            case Change.Put(var body) ->
                asked.number() != null
                    ? NaiveHoldings.says(operations.get(i), asked)
                    : asked.op() == OperationKind.PUT && body.equals(asked.body());
            case Change.Patch(_, var text) ->
                asked.op() == OperationKind.PATCH
                    && asked.patch() != null
                    && text.equals(asked.patch().text());
            case Change.Delete _ -> asked.op() == OperationKind.DELETE;
            case Change.Difference(_, var of) ->
                NaiveHoldings.isDivided(asked.collection()) || asked.number() != null
                    ? NaiveHoldings.says(operations.get(i), asked)
                    : asked.op() == OperationKind.PUT
                        && asked.body() != null
                        && of.equals(Hash.sha256(asked.body().utf8()));
            case Change.Undo(var conflict, var restoring) ->
                conflict.toString().equals(asked.undoes())
                    && (restoring instanceof Change.Put(var body)
                        ? body.equals(asked.body())
                        : asked.op() == OperationKind.DELETE);
          };
      if (!same
          || !operations.get(i).id().equals(asked.id())
          || !operations.get(i).collection().equals(asked.collection())) {
        return false;
      }
    }
    return true;
  }

  public int entries() {
    return entries.size();
  }

  public int promised() {
    return promises.values().stream().mapToInt(Map::size).sum();
  }
}
