package com.softadastra.simulation.judge;

import static com.softadastra.simulation.judge.Invariant.CAUSAL;
import static com.softadastra.simulation.judge.Invariant.DURABLE;
import static com.softadastra.simulation.judge.Invariant.FORKS_SEEN;
import static com.softadastra.simulation.judge.Invariant.FUNCTION;
import static com.softadastra.simulation.judge.Invariant.GENUINE;
import static com.softadastra.simulation.judge.Invariant.NOTHING_LOST;
import static com.softadastra.simulation.judge.Invariant.ONCE;
import static com.softadastra.simulation.judge.Invariant.SEEN_IS_DURABLE;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.document.Decided;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.DefinitionName;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Standing;
import com.softadastra.engine.session.Frame;
import com.softadastra.engine.space.DocumentUpdate;
import com.softadastra.sync.storage.Birth;
import com.softadastra.sync.storage.DamagedRow;
import com.softadastra.sync.storage.Journal;
import com.softadastra.sync.storage.Recording;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Judges what nodes have in their logs, and by whom, when and on what it was written. */
final class LogJudge {
  private final Evidence evidence;
  private final Promises promises;
  private final Set<Hash> genuine = new HashSet<>();
  private final Set<Hash> forged = new HashSet<>();
  private final Map<DefinitionName, NaiveDefinition> definitions = new HashMap<>();

  /** By grant, the labels that it gives. */
  private final Map<Hash, List<String>> labels = new HashMap<>();

  /** Who was ever to decide first where a function decides. */
  private final Set<NodeId> resolvers = new HashSet<>();

  /** By version, who wrote it. */
  private final Map<Hash, Set<NodeId>> writers = new HashMap<>();

  private final Map<Hash, String> versions = new HashMap<>();

  /** The entry that was first seen under a name. */
  private final Map<Name, Hash> names = new HashMap<>();

  private final Set<Replica> lives = new HashSet<>();

  private record Name(SpaceId space, Dot dot) {}

  LogJudge(Evidence evidence, Promises promises) {
    this.evidence = evidence;
    this.promises = promises;
  }

  void isForged(Hash hash) {
    forged.add(hash);
  }

  void isGenuine(Hash hash) {
    genuine.add(hash);
  }

  void isGranted(Hash grant, NodeId subject, List<String> given) {
    labels.put(grant, List.copyOf(given));
    if (given.contains("resolver")) {
      resolvers.add(subject);
    }
  }

  /** What the log has of an earlier process is there again, as it was. */
  boolean isThere(Watched node, Journal journal, Rows rows) {
    long from = 1;
    for (var page = Page.of(journal, rows, from);
        page.next() > from;
        page = Page.of(journal, rows, from)) {
      for (var logged : page.entries()) {
        var known = node.shadow.log.get(logged.position());
        if (known != null && !known.hash().equals(logged.hash())) {
          evidence.broken(
              SEEN_IS_DURABLE,
              node.name + " has another entry at " + logged.position() + " than before");
        }
      }
      from = page.next();
    }
    if (from <= node.shadow.last()) {
      evidence.broken(
          DURABLE,
          node.name
              + " ended with a log up to "
              + node.shadow.last()
              + " and comes back with one up to "
              + (from - 1));
      return false;
    }
    return true;
  }

  /**
   * Has a storage that isn't what it was taken a new life, and a place in the log beyond the old?
   */
  void anew(Watched node, Recording recording) {
    boolean known = !lives.add(new Replica(node.id, recording.incarnation()));
    if (node.tells && known) {
      evidence.broken(FORKS_SEEN, node.name + " goes on as before on a storage that is another");
    }
    // beyond what one life can issue only the next multiple counts, which others may have taken
    if (node.tells && node.lostAt < Birth.STRIDE && recording.durable() <= node.lostAt) {
      evidence.broken(
          FORKS_SEEN,
          node.name
              + " begins a new life at "
              + recording.durable()
              + ", where the one before had come to "
              + node.lostAt);
    }
    node.tells = false;
  }

  /** Every entry stands as it should, and is the one that was seen first. */
  void everything(Watched node, Journal journal) {
    node.shadow.log.forEach((position, entry) -> {
      var space = node.shadow.space(entry.entry().space());
      LoggedEntry there;
      try {
        there = journal.entry(position);
      } catch (DamagedRow _) {
        return;
      }
      if (!there.hash().equals(entry.hash()) || !Hash.sha256(there.bytes()).equals(entry.hash())) {
        evidence.broken(
            SEEN_IS_DURABLE, node.name + " has another entry at " + position + " than before");
      }
      var standing = there.standing();
      boolean observes = entry.entry().kind() == Entry.OBSERVATION && !space.forked.contains(entry);
      boolean held = entry.entry().intent() == null && !observes && !space.forked.contains(entry);
      if (standing.effective() != ((observes && entry.allowed()) || space.effective(entry))
          || held != (standing == Standing.HELD)) {
        evidence.broken(
            ONCE,
            node.name
                + " has entry "
                + entry.entry().sequence()
                + " of "
                + evidence.name(entry.entry().author().node())
                + " as "
                + standing);
      }
    });
  }

  void isForced(Watched node, Frame frame) {
    if (frame instanceof Frame.Entries(var space, var batch)) {
      var known = node.shadow.spaces.get(space);
      for (var offered : batch) {
        if (known == null || !known.has.contains(Hash.sha256(offered.bytes()))) {
          evidence.broken(SEEN_IS_DURABLE, node.name + " sends an entry that it has not forced");
        }
      }
    }
  }

  NaiveEntry entry(LoggedEntry logged) {
    return evidence.entries.computeIfAbsent(
        logged.hash(),
        hash -> {
          var entry = logged.entry();
          var grant = entry.authority().grant();
          var given = grant == null ? List.<String>of() : labels.getOrDefault(grant, List.of());
          return new NaiveEntry(
              hash,
              entry,
              evidence.entries.size() + 1,
              !evidence.readers.contains(new Evidence.Place(entry.space(), entry.author().node()))
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
      evidence.broken(CAUSAL, "an operation was made under a definition that nobody has");
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
  void written(Watched node, Shadow.Space space, LoggedEntry logged) {
    var intent = logged.entry().intent();
    if (intent == null) {
      return;
    }
    for (var operation : intent.operations()) {
      var version = DocumentUpdate.version(logged, operation);
      writers.computeIfAbsent(version, _ -> new HashSet<>()).add(logged.entry().author().node());
      var other = versions.putIfAbsent(version, intent.id());
      if (other != null && !other.equals(intent.id())) {
        evidence.broken(
            NOTHING_LOST, "intents " + other + " and " + intent.id() + " made one version");
      }
    }
    var promise = promises.of(space.id, intent.id());
    // what others of this node's lives made comes as any other entry; what is recorded again stays
    // as it was made
    var recording = node.recording;
    if (promise == null
        || space.intents.containsKey(intent.id())
        || recording == null
        || !logged.entry().author().equals(new Replica(node.id, recording.incarnation()))
        || promise.operations().size() != intent.operations().size()) {
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
        evidence.broken(
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
      var condition = promise.operations().get(i).condition();
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
          evidence.broken(
              FUNCTION, node.name + " let its function decide what is others' to decide");
        }
        if (document == null || !parents.equals(document.heads(space::effective))) {
          evidence.broken(
              FUNCTION, node.name + " let its function decide on a part of what there is");
        }
      }
      if (operation.change() instanceof Change.Undo(var conflict, var restoring)) {
        givesBack(node, space, operation, conflict, restoring);
      }
      if (!meant) {
        evidence.broken(
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

  /** Does an undo give back what was lost, by a policy or by whoever ended a conflict? */
  private void givesBack(
      Watched node, Shadow.Space space, Operation operation, Hash conflict, Change restoring) {
    var key = new DocumentKey(space.id, operation.collection(), operation.id());
    var document = space.documents.get(key);
    var loser =
        document == null
            ? null
            : document.loser(version -> Decided.conflictId(key, version), conflict);
    boolean lost =
        document != null
            && (loser == null
                ? document.lost(Set.copyOf(operation.parents()), restoring, space::effective)
                : document.hasLost(loser, restoring, space::effective));
    if (!lost) {
      evidence.broken(NOTHING_LOST, node.name + " gave back what was not lost");
    }
  }

  /** Was it written by its author, and does it come after its causes? */
  void take(Watched node, Recording recording, LoggedEntry logged) {
    var entry = logged.entry();
    var space = node.shadow.space(entry.space());
    if (!logged.hash().equals(Hash.sha256(logged.bytes()))) {
      evidence.broken(GENUINE, node.name + " has an entry under a hash that is not its own");
    }
    if (forged.contains(logged.hash())) {
      evidence.broken(
          GENUINE,
          node.name + " took in a forged entry of " + evidence.name(entry.author().node()));
    }
    if (entry.author().node().equals(node.id)) {
      genuine.add(logged.hash());
    } else if (!genuine.contains(logged.hash())) {
      evidence.broken(
          GENUINE,
          node.name
              + " took in an entry that "
              + evidence.name(entry.author().node())
              + " did not write");
    }
    if (space.has.contains(logged.hash())) {
      evidence.broken(ONCE, node.name + " has an entry twice");
    }
    if (entry.sequence() == 1
        ? !entry.previous().equals(Hash.ZERO)
        : !space.has.contains(entry.previous())) {
      evidence.broken(CAUSAL, node.name + " has an entry without the one before it");
    }
    for (var cause : entry.causes()) {
      if (!space.has.contains(cause.hash())) {
        evidence.broken(CAUSAL, node.name + " has an entry without its cause");
      }
    }
    for (var operation : entry.operations()) {
      var document =
          space.documents.get(
              new DocumentKey(entry.space(), operation.collection(), operation.id()));
      for (var parent : operation.parents()) {
        if (document == null || !document.knows(parent)) {
          evidence.broken(
              CAUSAL, node.name + " has an operation on a version that it doesn't have");
        }
      }
    }
    if (!names
        .computeIfAbsent(
            new Name(entry.space(), new Dot(entry.author(), entry.sequence())), _ -> logged.hash())
        .equals(logged.hash())) {
      evidence.doubled.add(entry.author());
    }
    var truth = evidence.truth(entry.space(), node.id);
    truth.entries().add(logged.hash());
    truth.chains().merge(entry.author(), entry.sequence(), Math::max);
    truth.chains().merge(logged.chain(), entry.sequence(), Math::max);
  }
}
