package com.softadastra.engine.document;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.documents.PatchBody.Notation;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Operation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Folds a document's operations into its state.
 *
 * <p>Whatever the order of arrival, the state is the same: heads are the effective operations that
 * no effective operation supersedes; a void operation passes its parents through; of several
 * operations of one version any effective one stands for it. The order of the fold takes, again and
 * again, among the operations all of whose parents are taken, the one with the smallest stamp.
 *
 * <p>An operation that is comparable with every other, an ancestor or a descendant, is a step of
 * its own, made under the definition that it names. What lies between two such steps is a
 * concurrent region, folded under the greatest definition that its operations name.
 *
 * <p>{@link #advance} is the step for an operation made on what is there now, which nearly every
 * write is; {@link #replay} starts from nothing and is right for every operation.
 */
public final class DocumentFold {
  private DocumentFold() {}

  /**
   * The state after one more effective operation; null where only {@link #replay} can tell, because
   * the operation was made on versions that are no longer heads, or joins some of several sides.
   *
   * @param version one that no operation known has, be it void: what was made on that one would
   *     have to be looked for
   * @param definition the one that the operation names
   * @param ranked whether labels decide under one of the collection's definitions: a conflict that
   *     is open may be so because of them, and close with the next write. One that a function
   *     decides doesn't: what goes on with one side is no result
   */
  public static @Nullable DocumentState advance(
      DocumentKey key,
      @Nullable DocumentState state,
      Operation operation,
      Hash version,
      long position,
      Definition definition,
      boolean ranked) {
    if (state == null || !state.exists()) {
      return operation.parents().isEmpty() && operation.seen().isEmpty()
          ? new DocumentState(
              key,
              List.of(head(operation, version, position, List.of(), null, definition)),
              null,
              position)
          : null;
    }
    var heads = state.headVersions();
    if (heads.contains(version)
        || !operation.seen().isEmpty()
        || state.heads().stream().anyMatch(Head::sawOthers)) {
      return null;
    }
    if (operation.parents().equals(heads)) {
      var before = state.body();
      var decided = new DecidedConflicts(key, state.decided());
      decided.meet(operation.change(), before, definition);
      return new DocumentState(
          key,
          List.of(head(operation, version, position, state.heads(), before, definition)),
          null,
          position,
          null,
          decided.all());
    }
    // under keep a side of an open conflict goes on; what merges is taken in the order of the fold
    boolean oneSideGoesOn =
        definition.keeps()
            && !ranked
            && state.conflicted()
            && operation.parents().size() == 1
            && heads.containsAll(operation.parents());
    if (!oneSideGoesOn) {
      return null;
    }
    var side = state.head(operation.parents().getFirst()).orElseThrow();
    var decided = new DecidedConflicts(key, state.decided());
    decided.meet(operation.change(), side.body(), definition);
    var after = new ArrayList<>(state.heads());
    after.remove(side);
    after.add(head(operation, version, position, List.of(side), side.body(), definition));
    return new DocumentState(key, after, state.base(), position, null, decided.all());
  }

  /**
   * The state that a document's operations make.
   *
   * @param lastPosition the end of the document's chain in the log
   */
  public static DocumentState replay(
      DocumentKey key, Collection<KnownOperation> operations, long lastPosition) {
    return new History(key, operations).state(lastPosition);
  }

  private static Head head(
      Operation operation,
      Hash version,
      long position,
      List<Head> parents,
      @Nullable JsonText before,
      Definition definition) {
    int generation = 1 + parents.stream().mapToInt(Head::generation).max().orElse(0);
    var body =
        definition.merges()
            ? merged(operation.change(), before, definition)
            : body(operation.change(), before);
    return new Head(version, generation, body, position, false, List.of());
  }

  /** What a change makes of a body. */
  static @Nullable JsonText body(Change change, @Nullable JsonText base) {
    return switch (change) {
      case Change.Put(var body) -> body;
      case Change.Patch(var notation, var text) ->
          DocumentPatch.applyLeniently(notation, text, base);
      case Change.Difference(var text, _) ->
          DocumentPatch.applyLeniently(Notation.FIELDS, text, base);
      case Change.Delete _ -> null;
      case Change.Undo(_, var restoring) -> body(restoring, base);
    };
  }

  /** The same where fields have types. */
  static @Nullable JsonText merged(
      Change change, @Nullable JsonText before, Definition definition) {
    boolean whole = before == null && change instanceof Change.Put;
    if (whole || definition.fields().isEmpty() || change instanceof Change.Undo) {
      return body(change, before);
    }
    if (change.deletes()) {
      return null;
    }
    var on = before == null ? null : before.read();
    return JsonText.of(Effects.applied(Effects.of(change, on, definition), on));
  }

  /**
   * A put as it is recorded: under {@code merge} as what it changes of the body that it is made on,
   * where that is no longer than the whole, or where it has amounts that are divided.
   */
  public static Change put(JsonText body, @Nullable JsonText on, Definition definition) {
    if (!definition.merges() || on == null) {
      return new Change.Put(body);
    }
    var effects = Effects.between(on.read(), body.read(), definition.fields());
    return Effects.text(effects, body, !EscrowChange.fields(definition).isEmpty())
        .<Change>map(text -> new Change.Difference(text, Hash.sha256(body.utf8())))
        .orElseGet(() -> new Change.Put(body));
  }

  /** The body of the one of several versions that wins under {@code keep}. */
  private static @Nullable JsonText winning(Collection<Head> heads) {
    return heads.stream().max(Head.WINNER_LAST).map(Head::body).orElse(null);
  }

  private static final class Node {
    private final KnownOperation known;
    private final List<Node> parents;
    private final Lineage lineage;
    private final int order;
    private final int generation;
    // set when the fold comes to it
    private @Nullable JsonText before;
    private @Nullable Head head;
    private Json.@Nullable Obj tree;
    // conflicts that its author saw decided among several versions that it was made on
    private List<Decided> told = List.of();

    Node(KnownOperation known, List<Node> parents, Lineage lineage, int order) {
      this.known = known;
      this.parents = parents;
      this.lineage = lineage;
      this.order = order;
      this.generation = 1 + parents.stream().mapToInt(parent -> parent.generation).max().orElse(0);
    }

    Hash version() {
      return known.version();
    }

    Definition definition() {
      return known.definition();
    }

    Change change() {
      return known.operation().change();
    }

    Head head() {
      return Objects.requireNonNull(head);
    }

    Set<Hash> on() {
      return parents.stream().map(Node::version).collect(Collectors.toSet());
    }

    /** Whether a function has made it of several versions. */
    boolean resolves() {
      return known.computed() && parents.size() > 1;
    }

    boolean knows(Node other) {
      return lineage.knows(other.lineage);
    }

    Json.@Nullable Obj after() {
      var body = head().body();
      if (tree == null && body != null) {
        tree = body.read();
      }
      return tree;
    }
  }

  /**
   * What a part of a history comes to.
   *
   * @param tips its heads
   * @param merged what several of them come to, where the policy merges
   * @param by what several of them were folded under
   */
  private record Outcome(
      List<Node> tips,
      DocumentState.@Nullable Merged merged,
      List<Decided> decided,
      Definition by) {
    static final Outcome NOTHING = new Outcome(List.of(), null, List.of(), Definition.UNDECLARED);

    @Nullable JsonText body() {
      return merged != null ? merged.body() : winning(tips.stream().map(Node::head).toList());
    }

    /** The body that a write on these versions, which are all that count, is made on. */
    @Nullable JsonText body(List<Node> parents, boolean keeps) {
      return merged == null && keeps ? winning(parents.stream().map(Node::head).toList()) : body();
    }
  }

  /** The head whose author has the first of the definition's labels, if no other's has it. */
  private static Optional<Node> foremost(Collection<Node> tips, Definition definition) {
    int first =
        tips.stream().mapToInt(tip -> definition.rank(tip.known.labels())).min().orElseThrow();
    var leading =
        tips.stream().filter(tip -> definition.rank(tip.known.labels()) == first).toList();
    return leading.size() > 1 ? Optional.empty() : Optional.of(leading.getFirst());
  }

  /**
   * Where all heads are what the application's function has made of several versions, the one that
   * was made of all that the others were; of equals the greatest version.
   */
  private static Optional<Node> resolving(Collection<Node> tips) {
    if (!tips.stream().allMatch(Node::resolves)) {
      return Optional.empty();
    }
    return tips.stream()
        .filter(tip -> tips.stream().allMatch(other -> tip.on().containsAll(other.on())))
        .max(Comparator.comparing(Node::version));
  }

  /** A document's operations and how they hang together. */
  public static final class History {
    private final DocumentKey key;
    private final Map<Hash, Node> nodes = new LinkedHashMap<>();
    private final Outcome outcome;
    // by loser, what its conflict was decided under
    private final Map<Hash, Definition> deciding = new HashMap<>();
    private final Map<Hash, Definition> decidedUnder;

    /**
     * @param operations in any order
     */
    public History(DocumentKey key, Collection<KnownOperation> operations) {
      this.key = key;
      var effective = new LinkedHashMap<Hash, KnownOperation>();
      var voids = new HashMap<Hash, List<Hash>>();
      for (var known : operations) {
        if (known.effective()) {
          effective.merge(
              known.version(),
              known,
              (one, other) -> other.stamp().compareTo(one.stamp()) < 0 ? other : one);
        } else {
          voids.put(known.version(), known.operation().parents());
        }
      }
      order(effective, voids);
      outcome = fold(Outcome.NOTHING, List.copyOf(nodes.values()));
      decidedUnder = Map.copyOf(deciding);
    }

    /** Takes the operations in the order of the fold. */
    private void order(Map<Hash, KnownOperation> effective, Map<Hash, List<Hash>> voids) {
      var parents = new HashMap<Hash, Set<Hash>>();
      var missing = new HashMap<Hash, Integer>();
      var children = new HashMap<Hash, List<KnownOperation>>();
      var ready =
          new PriorityQueue<>(
              Comparator.comparing(KnownOperation::stamp).thenComparing(KnownOperation::version));
      for (var known : effective.values()) {
        var standing = standing(known.operation().parents(), effective.keySet(), voids);
        parents.put(known.version(), standing);
        missing.put(known.version(), standing.size());
        standing.forEach(
            parent -> children.computeIfAbsent(parent, _ -> new ArrayList<>()).add(known));
        if (standing.isEmpty()) {
          ready.add(known);
        }
      }
      var lines = new Lineage.Lines();
      while (!ready.isEmpty()) {
        var next = ready.remove();
        var on =
            Objects.requireNonNull(parents.get(next.version())).stream().map(this::node).toList();
        var lineage = lines.after(on.stream().map(node -> node.lineage).toList());
        nodes.put(next.version(), new Node(next, on, lineage, nodes.size()));
        for (var child : children.getOrDefault(next.version(), List.of())) {
          if (missing.merge(child.version(), -1, Integer::sum) == 0) {
            ready.add(child);
          }
        }
      }
    }

    // An effective operation stands for its version; of a void one its own parents do.
    private static Set<Hash> standing(
        List<Hash> parents, Set<Hash> effective, Map<Hash, List<Hash>> voids) {
      var standing = new LinkedHashSet<Hash>();
      var open = new ArrayDeque<>(parents);
      var passed = new HashSet<Hash>();
      while (!open.isEmpty()) {
        var parent = open.removeFirst();
        if (effective.contains(parent)) {
          standing.add(parent);
        } else if (passed.add(parent)) {
          open.addAll(voids.getOrDefault(parent, List.of()));
        }
      }
      return standing;
    }

    /**
     * Folds operations on what is there before them.
     *
     * @param part in the order of the fold, with all that they were made on since the start
     */
    private Outcome fold(Outcome start, List<Node> part) {
      var steps = steps(start, part);
      var now = start;
      for (int i = 0; i < part.size(); ) {
        if (steps[i]) {
          now = step(now, part.get(i++));
        } else {
          int begin = i;
          while (i < part.size() && !steps[i]) {
            i++;
          }
          now = region(now, part.subList(begin, i));
        }
      }
      return now;
    }

    /** Which operations of a part are comparable with all its others. */
    private static boolean[] steps(Outcome start, List<Node> part) {
      var places = new HashMap<Node, Integer>();
      var steps = new boolean[part.size()];
      var tips = new LinkedHashSet<>(start.tips());
      for (int i = 0; i < steps.length; i++) {
        var node = part.get(i);
        places.put(node, i);
        steps[i] = node.parents.containsAll(tips);
        node.parents.forEach(tips::remove);
        tips.add(node);
      }
      // whatever comes later has to come from it: be made on it, or on something later
      int least = Integer.MAX_VALUE;
      for (int i = steps.length - 1; i >= 0; i--) {
        steps[i] &= least >= i;
        int newest = -1;
        for (var parent : part.get(i).parents) {
          newest = Math.max(newest, places.getOrDefault(parent, -1));
        }
        least = Math.min(least, newest);
      }
      return steps;
    }

    private Outcome step(Outcome before, Node node) {
      look(node, before.body(node.parents, node.definition().keeps()));
      var decided = new DecidedConflicts(key, before.decided());
      decided.meet(node.change(), node.before, node.definition());
      return new Outcome(List.of(node), null, decided.all(), node.definition());
    }

    private Outcome region(Outcome start, List<Node> region) {
      var definition = Definition.UNDECLARED;
      var tips = new LinkedHashSet<>(start.tips());
      var decided = new DecidedConflicts(key, start.decided());
      for (int i = 0; i < region.size(); i++) {
        var node = region.get(i);
        if (node.head == null) {
          look(node, before(node, start, region.subList(0, i)));
        }
        if (node.definition().after(definition)) {
          definition = node.definition();
        }
        node.parents.forEach(tips::remove);
        tips.add(node);
      }
      for (var node : region) {
        decided.meet(node.change(), node.before, definition);
      }
      if (definition.keeps() || !definition.known()) {
        return new Outcome(List.copyOf(tips), null, decided.all(), definition);
      }
      if (definition.ranks() || definition.calls()) {
        var leading =
            definition.ranks() ? foremost(tips, definition) : DocumentFold.resolving(tips);
        return decided(leading, start, region, List.copyOf(tips), decided, definition);
      }
      var began = start.body();
      var merging = new Merging(definition, began == null ? null : began.read());
      for (var node : region) {
        merging.take(
            new Merging.Step(
                node.order,
                node.version(),
                node.lineage,
                node.change(),
                node.before == null ? null : node.before.read(),
                node.after(),
                node.known.suspect()));
      }
      var found = merging.decided();
      found.forEach(conflict -> deciding.put(conflict.loser(), merging.definition()));
      decided.add(found);
      var body = merging.body();
      return new Outcome(
          List.copyOf(tips),
          new DocumentState.Merged(body == null ? null : JsonText.of(body)),
          decided.all(),
          definition);
    }

    /**
     * One of several heads counts, whole.
     *
     * @param winning empty where nothing is decided
     */
    private Outcome decided(
        Optional<Node> winning,
        Outcome start,
        List<Node> region,
        List<Node> tips,
        DecidedConflicts decided,
        Definition definition) {
      decided.add(told(start, region));
      if (winning.isEmpty()) {
        return new Outcome(tips, null, decided.all(), definition);
      }
      var winner = winning.get();
      var body = winner.head().body();
      var lost = new ArrayList<Decided>();
      for (var tip : tips) {
        if (tip != winner && !Objects.equals(tip.head().body(), body)) {
          deciding.put(tip.version(), definition);
          lost.add(
              new Decided(
                  tip.version(),
                  winner.version(),
                  List.of(Pointer.WHOLE),
                  Decided.Standing.STANDS));
        }
      }
      decided.add(lost);
      return new Outcome(tips, new DocumentState.Merged(body), decided.all(), definition);
    }

    /** What was decided inside a region, for those who have brought a part of it together. */
    private static List<Decided> told(Outcome start, List<Node> region) {
      var before = new HashSet<Hash>();
      start.decided().forEach(conflict -> before.add(conflict.loser()));
      var told = new LinkedHashMap<Hash, Decided>();
      for (var node : region) {
        for (var conflict : node.told) {
          if (!before.contains(conflict.loser())) {
            told.merge(
                conflict.loser(), conflict, (one, other) -> other.isAfter(one) ? other : one);
          }
        }
      }
      return List.copyOf(told.values());
    }

    /** The body that an operation of a region was made on. */
    private @Nullable JsonText before(Node node, Outcome start, List<Node> earlier) {
      if (node.parents.isEmpty()) {
        return null;
      }
      if (node.parents.size() == 1) {
        return node.parents.getFirst().head().body();
      }
      var known = earlier.stream().filter(node::knows).toList();
      var made = fold(start, known);
      var before = made.body(node.parents, node.definition().keeps());
      var decided = new DecidedConflicts(key, made.decided());
      decided.meet(node.change(), before, node.definition());
      node.told = decided.all();
      return before;
    }

    private static void look(Node node, @Nullable JsonText before) {
      if (node.head != null) {
        return;
      }
      node.before = before;
      node.head =
          DocumentFold.head(
              node.known.operation(),
              node.version(),
              node.known.position(),
              node.parents.stream().map(Node::head).toList(),
              before,
              node.definition());
    }

    public boolean knows(Hash version) {
      return nodes.containsKey(version);
    }

    /** The version as a head would show it. */
    public @Nullable Head version(Hash version) {
      var node = nodes.get(version);
      return node == null ? null : node.head();
    }

    /**
     * The body that a write on these versions is made on; versions that are not known don't count.
     */
    public @Nullable JsonText body(List<Hash> versions, Definition definition) {
      var on = versions.stream().flatMap(v -> Optional.ofNullable(nodes.get(v)).stream()).toList();
      if (on.size() <= 1) {
        return on.isEmpty() ? null : on.getFirst().head().body();
      }
      var known =
          nodes.values().stream()
              .filter(
                  node -> on.contains(node) || on.stream().anyMatch(parent -> parent.knows(node)))
              .toList();
      return fold(Outcome.NOTHING, known).body(on, definition.keeps());
    }

    /** Conflicts that the policy has decided. */
    public List<Decided> decided() {
      return outcome.decided();
    }

    /** The definition under which a conflict was decided. */
    public Definition definition(Decided conflict) {
      return decidedUnder.getOrDefault(conflict.loser(), Definition.UNDECLARED);
    }

    /** The definition under which the heads are what they are. */
    public Definition definition() {
      return outcome.by();
    }

    /** What gives back what a decided conflict's loser had, on what there is now. */
    public Change.Undo undo(Decided conflict) {
      var loser = node(conflict.loser()).after();
      var id = Decided.conflictId(key, conflict.loser());
      if (conflict.fields().contains(Pointer.WHOLE)) {
        return new Change.Undo(
            id, loser == null ? Change.DELETE : new Change.Put(JsonText.of(loser)));
      }
      var set = new TreeMap<String, Json>();
      var unset = new ArrayList<Json>();
      var draft = new Draft(Objects.requireNonNull(loser));
      for (var field : conflict.fields()) {
        var value = draft.get(field);
        if (value == null) {
          unset.add(new Json.Str(field));
        } else {
          set.put(field, value);
        }
      }
      var patch = Json.object(Map.of("set", Json.object(set), "unset", new Json.Arr(unset)));
      return new Change.Undo(id, new Change.Patch(Notation.FIELDS, JsonText.of(patch)));
    }

    /**
     * The first operation that was made on several versions and knows all sides of a conflict that
     * was open: the one that ended it.
     */
    public Optional<KnownOperation> ending(List<Hash> sides) {
      return joining(sides).map(node -> node.known);
    }

    private Optional<Node> joining(List<Hash> sides) {
      return nodes.values().stream()
          .filter(node -> node.parents.size() > 1)
          .filter(node ->
              sides.stream().map(nodes::get).allMatch(side -> side != null && node.knows(side)))
          .findFirst();
    }

    /** Whether somebody has taken back how a conflict between these sides was ended. */
    public boolean isUndone(Hash conflict, List<Hash> sides) {
      var ending = joining(sides);
      return ending.isPresent()
          && nodes.values().stream()
              .filter(node -> node.knows(ending.get()))
              .anyMatch(node ->
                  node.change() instanceof Change.Undo(var undone, _) && undone.equals(conflict));
    }

    /**
     * What takes back how an open conflict was ended.
     *
     * @param change null where nothing does
     * @param why nothing does, in words
     */
    public record TakingBack(Change.@Nullable Undo change, String why) {}

    /**
     * What takes back the write that ended an open conflict: what was served before it, where that
     * was lost, else the only thing that was.
     */
    public TakingBack takingBack(Hash conflict, List<Hash> sides) {
      var ending = joining(sides);
      if (ending.isEmpty()) {
        return new TakingBack(null, "nothing was made on all its sides");
      }
      if (isUndone(conflict, sides)) {
        return new TakingBack(null, "the conflict was undone before");
      }
      var end = ending.get();
      if (!outcome.tips().equals(List.of(end))) {
        return new TakingBack(null, "the document has been written since");
      }
      var now = end.head().body();
      var before = new DocumentState(key, heads(end.parents), null, 0);
      var lost = new LinkedHashSet<Optional<JsonText>>();
      for (var side : before.sides()) {
        if (!Objects.equals(side.body(), now)) {
          lost.add(Optional.ofNullable(side.body()));
        }
      }
      if (lost.isEmpty()) {
        return new TakingBack(null, "nothing was lost");
      }
      var served = Optional.ofNullable(before.body());
      if (lost.size() > 1 && !lost.contains(served)) {
        return new TakingBack(null, "several versions were lost: write the one that is to be");
      }
      var back = lost.contains(served) ? served : lost.getFirst();
      return new TakingBack(
          new Change.Undo(conflict, back.<Change>map(Change.Put::new).orElse(Change.DELETE)), "");
    }

    /** These versions as heads, with what the deletions among them cover. */
    private List<Head> heads(List<Node> tips) {
      var heads = new ArrayList<Head>();
      for (var node : tips) {
        var head = node.head();
        var seen = node.known.operation().seen();
        if (head.deleted() && !seen.isEmpty()) {
          var covers =
              tips.stream().filter(other -> comesFrom(other, seen)).map(Node::version).toList();
          head = new Head(head.version(), head.generation(), null, head.position(), true, covers);
        }
        heads.add(head);
      }
      return heads;
    }

    DocumentState state(long lastPosition) {
      var states =
          outcome.merged() == null
              ? heads(outcome.tips())
              : outcome.tips().stream().map(Node::head).toList();
      var merged = states.size() > 1 ? outcome.merged() : null;
      var state = new DocumentState(key, states, null, lastPosition, merged, outcome.decided());
      if (!state.conflicted()) {
        return state;
      }
      var base = commonAncestor(state.sides().stream().map(Head::version).toList());
      return new DocumentState(key, states, base, lastPosition, null, outcome.decided());
    }

    /**
     * The newest version that all these come from: of the common ancestors the deepest, then the
     * greatest.
     */
    public @Nullable Hash commonAncestor(List<Hash> versions) {
      var of = versions.stream().map(this::node).toList();
      return nodes.values().stream()
          .filter(node -> of.stream().allMatch(version -> version.knows(node)))
          .max(Comparator.comparingInt((Node node) -> node.generation).thenComparing(Node::version))
          .map(Node::version)
          .orElse(null);
    }

    private Node node(Hash version) {
      return Objects.requireNonNull(nodes.get(version));
    }

    private boolean comesFrom(Node node, List<Hash> seen) {
      return seen.stream()
          .map(nodes::get)
          .anyMatch(other -> other != null && (other == node || node.knows(other)));
    }
  }
}
