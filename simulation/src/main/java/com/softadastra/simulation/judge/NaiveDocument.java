package com.softadastra.simulation.judge;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.documents.ConflictState;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.Operation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A document as one node should have it: all operations that the node knows, and what follows from
 * them by walking parents. Everything is computed anew each time it is asked for.
 */
final class NaiveDocument {
  private final List<Known> operations = new ArrayList<>();

  /** An operation with the entry that brought it. */
  record Known(Operation operation, Hash version, NaiveDefinition definition, NaiveEntry entry) {}

  private record Born(
      Set<Hash> parents, int generation, @Nullable Map<String, String> body, Known known) {
    Operation operation() {
      return known.operation();
    }
  }

  void add(Known known) {
    operations.add(known);
  }

  boolean knows(Hash version) {
    return operations.stream().anyMatch(known -> known.version().equals(version));
  }

  int size() {
    return operations.size();
  }

  /** Which entries brought it. */
  List<NaiveEntry> entries() {
    return operations.stream().map(Known::entry).distinct().toList();
  }

  /** It as it stands where these entries have effect. */
  Now now(Predicate<NaiveEntry> effective) {
    return new Now(born(effective));
  }

  /**
   * An open conflict.
   *
   * @param base the newest version that all sides come from; null where there is none
   */
  record Open(Set<Hash> sides, @Nullable Hash base) {}

  /** A document as it stands. */
  static final class Now {
    private final Map<Hash, Born> born;
    private final @Nullable NaivePolicies policies;
    private final NaivePolicies.@Nullable Outcome outcome;
    private final Set<Hash> heads;
    private final boolean decided;
    private final Set<Hash> sides;

    private Now(Map<Hash, Born> born) {
      this.born = born;
      policies = policies(born);
      outcome = outcome(born, policies);
      heads = NaiveDocument.heads(born);
      decided = outcome != null && outcome.decided();
      sides = decided ? heads : NaiveDocument.sides(heads, born);
    }

    /**
     * Compares with what the node has.
     *
     * @return a sentence that says what differs, null where nothing does
     */
    @Nullable String differsFrom(@Nullable DocumentState state) {
      if (state == null || !state.exists()) {
        return heads.isEmpty() ? null : "there is no document, its heads should be " + heads;
      }
      var kept = new TreeSet<>(state.headVersions());
      if (!kept.equals(heads)) {
        return "the heads are " + kept + " and should be " + heads;
      }
      if (decided != (state.merged() != null)) {
        return decided ? "nothing is decided between its heads" : "its heads are decided between";
      }
      var comes = outcome == null ? null : outcome.body();
      if (decided && !NaiveBody.is(state.body(), comes)) {
        return "it is " + state.body() + " and should be " + comes;
      }
      var wrong = outcome == null ? null : lost(state, outcome, born);
      if (wrong != null) {
        return wrong;
      }
      var keptSides = new TreeSet<Hash>();
      state.sides().forEach(side -> keptSides.add(side.version()));
      if (!keptSides.equals(sides)) {
        return "the sides are " + keptSides + " and should be " + sides;
      }
      for (var head : state.heads()) {
        var should = Objects.requireNonNull(born.get(head.version()));
        if (head.generation() != should.generation()) {
          return head.version()
              + " has generation "
              + head.generation()
              + ", not "
              + should.generation();
        }
        if (!NaiveBody.is(head.body(), should.body())) {
          return head.version() + " is " + head.body() + " and should be " + should.body();
        }
      }
      if (decided) {
        return null;
      }
      var winner = winner();
      if (!Objects.equals(winner, state.winner().version())) {
        return "the winner is " + state.winner().version() + " and should be " + winner;
      }
      return null;
    }

    /** Which of its sides is served where nothing is decided between them; null for none. */
    @Nullable Hash winner() {
      Hash winner = null;
      for (var side : sides) {
        if (winner == null || wins(side, winner, born)) {
          winner = side;
        }
      }
      return winner;
    }

    /** The conflict between its sides, where nothing decides between them. */
    Optional<Open> conflict() {
      if (decided || heads.size() < 2 || sides.size() < 2) {
        return Optional.empty();
      }
      Hash base = null;
      for (var version : born.keySet()) {
        boolean common = sides.stream().allMatch(side -> comesFrom(side, List.of(version), born));
        if (common && (base == null || isNewer(version, base))) {
          base = version;
        }
      }
      return Optional.of(new Open(sides, base));
    }

    // the longer way from the beginning, then the greater version
    private boolean isNewer(Hash one, Hash other) {
      int way = Objects.requireNonNull(born.get(one)).generation();
      int otherWay = Objects.requireNonNull(born.get(other)).generation();
      return way != otherWay ? way > otherWay : one.compareTo(other) > 0;
    }

    /** The entry that brought a version that has effect. */
    NaiveEntry brought(Hash version) {
      return Objects.requireNonNull(born.get(version)).known().entry();
    }

    /**
     * The versions of which something is lost, by what one policy has decided, since all was made
     * under it: neither there, nor written by anybody who knew it.
     */
    Set<Hash> losers() {
      return policies == null || outcome == null ? Set.of() : policies.losers(outcome);
    }
  }

  /**
   * Is what suspect clocks have decided open, and nothing else of what was decided? Labels and
   * functions need no clock.
   *
   * @return a sentence that says what isn't so, null where all is
   */
  @Nullable String doubtedWrongly(
      DocumentState state, Predicate<NaiveEntry> effective, Predicate<NaiveEntry> suspect) {
    if (operations.stream()
        .map(Known::definition)
        .anyMatch(definition -> definition.ranks() || definition.calls())) {
      return null;
    }
    for (var conflict : state.decided()) {
      boolean doubtful =
          suspect.test(brought(conflict.loser(), effective))
              || suspect.test(brought(conflict.winner(), effective));
      if (conflict.stands() && doubtful != conflict.doubted()) {
        return "what "
            + conflict.loser()
            + " lost to "
            + conflict.winner()
            + (doubtful ? " was decided by a suspect clock" : " was decided by no suspect clock")
            + ", and is "
            + conflict.state();
      }
    }
    return null;
  }

  /** The first of the entries with effect that brought a version. */
  private NaiveEntry brought(Hash version, Predicate<NaiveEntry> effective) {
    NaiveEntry first = null;
    for (var known : operations) {
      if (known.version().equals(version)
          && effective.test(known.entry())
          && (first == null || Shadow.before(known.entry(), first))) {
        first = known.entry();
      }
    }
    return Objects.requireNonNull(first);
  }

  /** Has whoever lost by a label, or by being earlier, been told so? */
  private static @Nullable String lost(
      DocumentState state, NaivePolicies.Outcome outcome, Map<Hash, Born> born) {
    var by = outcome.by();
    if (!outcome.decided() || by == null || by.merges()) {
      return null;
    }
    var foremost = outcome.foremost();
    for (var head : outcome.heads()) {
      var body = Objects.requireNonNull(born.get(head)).body();
      boolean lost = !Objects.equals(head, foremost) && !Objects.equals(body, outcome.body());
      boolean told =
          state.decided().stream()
              .anyMatch(conflict ->
                  conflict.loser().equals(head)
                      && (foremost == null || conflict.winner().equals(foremost)));
      if (lost && !told) {
        return head + " has lost under " + by + ", and nobody is told";
      }
    }
    return null;
  }

  /** What policies make of it; null where all keep. */
  private static @Nullable NaivePolicies policies(Map<Hash, Born> born) {
    if (born.values().stream().allMatch(b -> b.known().definition().keeps())) {
      return null;
    }
    var ops = new HashMap<Hash, NaivePolicies.Op>();
    born.forEach((version, b) ->
        ops.put(
            version,
            new NaivePolicies.Op(
                version,
                b.parents(),
                b.generation(),
                b.operation().change(),
                b.known().definition(),
                b.known().entry())));
    return new NaivePolicies(ops);
  }

  /** The same, with the bodies that they make. */
  private static NaivePolicies.@Nullable Outcome outcome(
      Map<Hash, Born> born, @Nullable NaivePolicies policies) {
    if (policies == null) {
      return null;
    }
    born.replaceAll(
        (version, b) -> new Born(b.parents(), b.generation(), policies.after(version), b.known()));
    return policies.outcome();
  }

  /** The bodies of its heads. */
  List<JsonText> bodies(Predicate<NaiveEntry> effective) {
    var heads = heads(effective);
    return operations.stream()
        .filter(known -> heads.contains(known.version()))
        .map(known -> known.operation().change())
        .filter(Change.Put.class::isInstance)
        .map(change -> ((Change.Put) change).body())
        .toList();
  }

  /**
   * On which versions a write should be made that doesn't name any: all heads, or of a conflict its
   * winner where nothing is decided.
   *
   * @param keeps whether the write is made under {@code keep}
   */
  Set<Hash> current(Predicate<NaiveEntry> effective, boolean keeps) {
    var born = born(effective);
    var outcome = outcome(born, policies(born));
    var heads = heads(born);
    var sides = sides(heads, born);
    if (!keeps || (outcome != null && outcome.decided()) || heads.size() < 2 || sides.size() < 2) {
      return heads;
    }
    return Set.of(sides.stream().reduce((a, b) -> wins(a, b, born) ? a : b).orElseThrow());
  }

  /**
   * Whether a change gives back what somebody's write on several versions has lost of them: what
   * was served before, where that was lost.
   */
  boolean lost(Set<Hash> on, Change restoring, Predicate<NaiveEntry> effective) {
    var born = born(effective);
    outcome(born, policies(born));
    var end = on.size() == 1 ? born.get(on.iterator().next()) : null;
    if (end == null || end.parents().size() < 2) {
      return false;
    }
    var back = NaiveBody.after(restoring, null);
    var sides = sides(new TreeSet<>(end.parents()), born);
    var served = sides.stream().reduce((a, b) -> wins(a, b, born) ? a : b).orElseThrow();
    var before = Objects.requireNonNull(born.get(served)).body();
    return !Objects.equals(back, end.body())
        && sides.stream()
            .anyMatch(s -> Objects.equals(Objects.requireNonNull(born.get(s)).body(), back))
        && (Objects.equals(before, end.body()) || Objects.equals(before, back));
  }

  /**
   * The version that lost the conflict of a name; null where none of them did.
   *
   * @param name that of the conflict that a version has lost
   */
  @Nullable Hash loser(UnaryOperator<Hash> name, Hash conflict) {
    return operations.stream()
        .map(Known::version)
        .filter(version -> name.apply(version).equals(conflict))
        .findFirst()
        .orElse(null);
  }

  /**
   * Whether a change gives back what a version has lost by a policy: all of that, as it wrote it,
   * and nothing that is there.
   */
  boolean hasLost(Hash version, Change restoring, Predicate<NaiveEntry> effective) {
    var born = born(effective);
    var policies = policies(born);
    var outcome = outcome(born, policies);
    var loser = born.get(version);
    if (policies == null || outcome == null || loser == null) {
      return false;
    }
    var was = loser.body();
    var is = outcome.body();
    return switch (restoring) {
      case Change.Delete _ -> was == null && is != null;
      case Change.Put(var body) ->
          was != null && NaiveBody.read(body.text()).equals(was) && !was.equals(is);
      case Change.Patch _ -> {
        var patch = NaiveBody.patch(restoring);
        var fields = new HashSet<>(patch.set().keySet());
        fields.addAll(patch.unset());
        var lost = policies.lost(outcome).getOrDefault(version, Set.of());
        yield was != null
            && is != null
            && patch.set().entrySet().stream().allMatch(was.entrySet()::contains)
            && patch.unset().stream().noneMatch(was::containsKey)
            && fields.stream().anyMatch(field -> !Objects.equals(was.get(field), is.get(field)))
            && fields.containsAll(lost);
      }
      case Change.Difference _, Change.Undo _ -> false;
    };
  }

  /**
   * Does whatever policies decided and somebody has taken back count as that?
   *
   * @param name that of the conflict that a version has lost
   * @return a sentence that says what isn't so, null where all is
   */
  @Nullable String standsWrongly(
      DocumentState state, UnaryOperator<Hash> name, Predicate<NaiveEntry> effective) {
    var undone = new HashSet<Hash>();
    for (var known : operations) {
      if (known.operation().change() instanceof Change.Undo(var conflict, _)
          && effective.test(known.entry())) {
        undone.add(conflict);
      }
    }
    for (var conflict : state.decided()) {
      if (undone.contains(name.apply(conflict.loser()))
          && conflict.state() != ConflictState.UNDONE) {
        return "what "
            + conflict.loser()
            + " lost to "
            + conflict.winner()
            + " was taken back, and is "
            + conflict.state();
      }
    }
    return null;
  }

  Set<Hash> heads(Predicate<NaiveEntry> effective) {
    return heads(born(effective));
  }

  private static Set<Hash> heads(Map<Hash, Born> born) {
    var heads = new TreeSet<Hash>(born.keySet());
    born.values().forEach(b -> heads.removeAll(b.parents()));
    return heads;
  }

  boolean isHead(Hash version, Predicate<NaiveEntry> effective) {
    var born = born(effective);
    return born.containsKey(version)
        && born.values().stream().noneMatch(b -> b.parents().contains(version));
  }

  // not deleted first, then the longer way from the beginning, then the greater version
  private static boolean wins(Hash a, Hash b, Map<Hash, Born> born) {
    var left = Objects.requireNonNull(born.get(a));
    var right = Objects.requireNonNull(born.get(b));
    if ((left.body() == null) != (right.body() == null)) {
      return right.body() == null;
    }
    if (left.generation() != right.generation()) {
      return left.generation() > right.generation();
    }
    return a.compareTo(b) > 0;
  }

  // a deletion whose author had seen all that stands beside it is no side
  private static Set<Hash> sides(Set<Hash> heads, Map<Hash, Born> born) {
    if (heads.size() < 2) {
      return heads;
    }
    var sides = new TreeSet<Hash>();
    for (var head : heads) {
      var operation = Objects.requireNonNull(born.get(head)).operation();
      boolean closed =
          operation.deletes()
              && !operation.seen().isEmpty()
              && heads.stream()
                  .filter(other -> !other.equals(head))
                  .allMatch(other -> comesFrom(other, operation.seen(), born));
      if (!closed) {
        sides.add(head);
      }
    }
    return sides.isEmpty() ? heads : sides;
  }

  private static boolean comesFrom(Hash version, List<Hash> seen, Map<Hash, Born> born) {
    var open = new ArrayDeque<Hash>(List.of(version));
    var been = new HashSet<Hash>();
    while (!open.isEmpty()) {
      var next = open.remove();
      if (seen.contains(next)) {
        return true;
      }
      if (been.add(next)) {
        open.addAll(Objects.requireNonNull(born.get(next)).parents());
      }
    }
    return false;
  }

  private Map<Hash, Born> born(Predicate<NaiveEntry> effective) {
    var standing = new HashMap<Hash, Known>();
    var passing = new HashMap<Hash, Known>();
    for (var known : operations) {
      if (effective.test(known.entry())) {
        standing.merge(
            known.version(),
            known,
            (one, other) -> Shadow.before(other.entry(), one.entry()) ? other : one);
      } else {
        passing.put(known.version(), known);
      }
    }
    var born = new HashMap<Hash, Born>();
    boolean more = true;
    while (born.size() < standing.size() && more) {
      more = false;
      for (var known : standing.values()) {
        if (born.containsKey(known.version())) {
          continue;
        }
        var parents = parents(known.operation().parents(), standing, passing);
        if (born.keySet().containsAll(parents)) {
          born.put(known.version(), bear(known, parents, born));
          more = true;
        }
      }
    }
    return born;
  }

  private static Born bear(Known known, Set<Hash> parents, Map<Hash, Born> born) {
    Hash base = null;
    int generation = 0;
    for (var parent : parents) {
      generation = Math.max(generation, Objects.requireNonNull(born.get(parent)).generation());
      if (base == null || wins(parent, base, born)) {
        base = parent;
      }
    }
    var before = base == null ? null : Objects.requireNonNull(born.get(base)).body();
    return new Born(
        parents, generation + 1, NaiveBody.after(known.operation().change(), before), known);
  }

  private static Set<Hash> parents(
      List<Hash> named, Map<Hash, Known> standing, Map<Hash, Known> passing) {
    var parents = new HashSet<Hash>();
    var open = new ArrayDeque<>(named);
    var been = new HashSet<Hash>();
    while (!open.isEmpty()) {
      var next = open.remove();
      if (!been.add(next)) {
        continue;
      }
      if (standing.containsKey(next)) {
        parents.add(next);
      } else if (passing.containsKey(next)) {
        open.addAll(Objects.requireNonNull(passing.get(next)).operation().parents());
      }
    }
    return parents;
  }
}
