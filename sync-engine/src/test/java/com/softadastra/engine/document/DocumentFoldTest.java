package com.softadastra.engine.document;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.PatchBody.Notation;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.Given;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Stamp;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * Compares the fold with {@link NaiveFold} over random histories. A failure shows its seed; {@code
 * -Dfold.seed=<seed>} runs that history alone.
 */
class DocumentFoldTest {
  private static final int HISTORIES = 20_000;
  private static final int ALL_ORDERS_UP_TO = 4;
  private static final int SOME_ORDERS = 4;
  private static final SpaceId SPACE =
      new SpaceId(Hash.sha256("space".getBytes(StandardCharsets.UTF_8)));
  // under keep it doesn't count
  private static final Stamp STAMP = new Stamp(0, Given.replica(1), 1);
  private static final DocumentKey KEY = new DocumentKey(SPACE, "orders", "one");

  /** An operation before it has a place in anyone's log. */
  private record Op(String intent, Operation operation, Hash version, boolean effective) {
    KnownOperation at(long position) {
      return new KnownOperation(
          operation,
          version,
          Definition.UNDECLARED,
          List.of(),
          false,
          STAMP,
          position,
          effective,
          false);
    }

    @Override
    public String toString() {
      return (effective ? "" : "void ") + version + " " + operation;
    }
  }

  @Test
  void stateIsWhatTheDefinitionSaysInEveryOrderOfArrival() {
    eachHistory((history, random) -> {
      var first = DocumentFold.replay(KEY, known(history), history.size());
      assertThat(NaiveFold.outcome(first)).isEqualTo(model(known(history)).outcome());
      eachOrder(
          history,
          random,
          order -> {
            var state = DocumentFold.replay(KEY, known(order), order.size());
            assertThat(placeless(state)).isEqualTo(placeless(first));
          });
    });
  }

  @Test
  void oneStepEqualsReplay() {
    int[] steps = {0, 0};
    eachHistory((history, random) -> {
      var order = randomOrder(history, random);
      DocumentState state = null;
      var versions = new HashSet<Hash>();
      for (int i = 1; i <= order.size(); i++) {
        var op = order.get(i - 1);
        var replayed = DocumentFold.replay(KEY, known(order.subList(0, i)), i);
        // a version that came before, with effect or void, is never folded in one step
        if (versions.add(op.version()) && op.effective()) {
          var advanced = advance(state, op, i);
          steps[0]++;
          if (advanced != null) {
            steps[1]++;
            assertThat(advanced).as("after %s", op).isEqualTo(replayed);
          }
        }
        state = replayed;
      }
    });
    if (Long.getLong("fold.seed") == null) {
      assertThat(steps[1]).as("steps taken at once of %s", steps[0]).isGreaterThan(steps[0] / 3);
    }
  }

  @Test
  void oneStepIsTakenForWritesOnWhatIsThere() {
    var create = op("a", List.of(), List.of(), put("{}"), true);
    var state = advance(null, create, 1);
    assertThat(state).isNotNull();
    var next = op("b", List.of(create.version()), List.of(), put("{\"n\":1}"), true);
    assertThat(advance(state, next, 2))
        .isNotNull()
        .satisfies(s -> assertThat(s.winner().generation()).isEqualTo(2));
  }

  @Test
  void deletionThatSawOtherHeadClosesItsBranch() {
    var root = op("root", List.of(), List.of(), put("{}"), true);
    var mine = op("mine", List.of(root.version()), List.of(), put("{\"n\":1}"), true);
    var theirs = op("theirs", List.of(root.version()), List.of(), put("{\"n\":2}"), true);
    var seeing =
        op("gone", List.of(mine.version()), List.of(theirs.version()), Change.DELETE, true);
    var unseeing = op("gone", List.of(mine.version()), List.of(), Change.DELETE, true);

    var closed = fold(root, mine, theirs, seeing);
    assertThat(closed.conflicted()).isFalse();
    assertThat(closed.winner().version()).isEqualTo(theirs.version());
    assertThat(closed.heads()).hasSize(2);

    var open = fold(root, mine, theirs, unseeing);
    assertThat(open.conflicted()).isTrue();
    assertThat(open.base()).isEqualTo(root.version());
    assertThat(open.winner().version()).isEqualTo(theirs.version());
  }

  @Test
  void closedBranchBecomesSideOfConflictWithHeadItHadNotSeen() {
    var mine = op("mine", List.of(), List.of(), put("{\"n\":1}"), true);
    var theirs = op("theirs", List.of(), List.of(), put("{\"n\":2}"), true);
    var gone = op("gone", List.of(mine.version()), List.of(theirs.version()), Change.DELETE, true);
    var third = op("third", List.of(), List.of(), put("{\"n\":3}"), true);
    assertThat(fold(mine, theirs, gone).sides()).hasSize(1);
    assertThat(fold(mine, theirs, gone, third).sides()).hasSize(3);
  }

  @Test
  void voidOperationPassesItsParentsThrough() {
    var root = op("root", List.of(), List.of(), put("{\"n\":1}"), true);
    var voided = op("void", List.of(root.version()), List.of(), put("{\"n\":2}"), false);
    var patch =
        op(
            "patch",
            List.of(voided.version()),
            List.of(),
            new Change.Patch(Notation.FIELDS, JsonText.parse("{\"increment\":{\"n\":1}}")),
            true);
    var state = fold(root, voided, patch);
    assertThat(state.heads()).hasSize(1);
    assertThat(state.winner().body()).isEqualTo(JsonText.parse("{\"n\":2}"));
    assertThat(state.winner().generation()).isEqualTo(2);
    assertThat(fold(op("void", List.of(), List.of(), put("{}"), false)).exists()).isFalse();
  }

  private static DocumentState advance(DocumentState state, Op op, long position) {
    return DocumentFold.advance(
        KEY, state, op.operation(), op.version(), position, Definition.UNDECLARED, false);
  }

  private static DocumentState fold(Op... ops) {
    return DocumentFold.replay(KEY, known(List.of(ops)), ops.length);
  }

  private static void eachHistory(BiConsumer<List<Op>, Random> check) {
    var only = Long.getLong("fold.seed");
    long first = only == null ? 1 : only;
    long last = only == null ? HISTORIES : only;
    for (long seed = first; seed <= last; seed++) {
      var random = new Random(seed);
      var history = history(random);
      try {
        check.accept(history, random);
      } catch (AssertionError | RuntimeException e) {
        var text = new StringBuilder("-Dfold.seed=" + seed);
        history.forEach(op -> text.append('\n').append(op));
        throw new AssertionError(text + "\n" + e.getMessage(), e);
      }
    }
  }

  private static void eachOrder(List<Op> history, Random random, Consumer<List<Op>> check) {
    if (history.size() <= ALL_ORDERS_UP_TO) {
      orders(new ArrayList<>(), new ArrayList<>(history), check);
      return;
    }
    for (int i = 0; i < SOME_ORDERS; i++) {
      check.accept(randomOrder(history, random));
    }
  }

  private static void orders(List<Op> done, List<Op> rest, Consumer<List<Op>> check) {
    if (rest.isEmpty()) {
      check.accept(done);
    }
    for (var next : ready(done, rest)) {
      var further = new ArrayList<>(rest);
      further.remove(next);
      var more = new ArrayList<>(done);
      more.add(next);
      orders(more, further, check);
    }
  }

  private static List<Op> randomOrder(List<Op> history, Random random) {
    var rest = new ArrayList<>(history);
    var done = new ArrayList<Op>();
    while (!rest.isEmpty()) {
      var next = pick(ready(done, rest), random);
      rest.remove(next);
      done.add(next);
    }
    return done;
  }

  private static List<Op> ready(List<Op> done, List<Op> rest) {
    var versions = new HashSet<Hash>();
    done.forEach(op -> versions.add(op.version()));
    return rest.stream()
        .filter(op ->
            versions.containsAll(op.operation().parents())
                && versions.containsAll(op.operation().seen()))
        .toList();
  }

  /** Causes first; most writes are what a node that knows part of the history would make. */
  private static List<Op> history(Random random) {
    var history = new ArrayList<Op>();
    int size = 1 + random.nextInt(9);
    for (int i = 0; i < size; i++) {
      boolean effective = random.nextInt(5) > 0;
      if (!history.isEmpty() && random.nextInt(10) == 0) {
        // the same intent through another entry; of all such at most one has effect
        var twin = pick(history, random);
        boolean taken =
            history.stream().anyMatch(op -> op.version().equals(twin.version()) && op.effective());
        history.add(new Op(twin.intent(), twin.operation(), twin.version(), effective && !taken));
        continue;
      }
      var parents = new TreeSet<Hash>();
      var seen = new TreeSet<Hash>();
      boolean deletes = random.nextInt(4) == 0;
      if (random.nextInt(3) > 0) {
        var order = randomOrder(history, random);
        var heads = model(known(order.subList(0, random.nextInt(order.size() + 1)))).heads();
        if (random.nextInt(3) == 0) {
          parents.addAll(heads);
        } else if (!heads.isEmpty()) {
          parents.add(pick(heads, random));
        }
        if (deletes) {
          seen.addAll(heads);
        }
      } else if (!history.isEmpty()) {
        for (int n = random.nextInt(4); n > 0; n--) {
          parents.add(pick(history, random).version());
        }
        for (int n = Math.max(0, random.nextInt(5) - 2); n > 0; n--) {
          seen.add(pick(history, random).version());
        }
      }
      seen.removeAll(parents);
      history.add(
          op(
              "intent-" + random.nextInt() + "-" + i,
              List.copyOf(parents),
              List.copyOf(seen),
              deletes ? Change.DELETE : change(random),
              effective));
    }
    return history;
  }

  private static Change change(Random random) {
    int number = random.nextInt(10);
    return switch (random.nextInt(5)) {
      case 0, 1 -> put("{\"n\":" + number + "}");
      case 2 -> put(random.nextBoolean() ? "{\"n\":\"text\"}" : "{}");
      case 3 ->
          new Change.Patch(
              Notation.MERGE,
              JsonText.parse(
                  "{\""
                      + "mn".charAt(random.nextInt(2))
                      + "\":"
                      + (random.nextInt(3) == 0 ? "null" : number)
                      + "}"));
      default ->
          new Change.Patch(
              Notation.FIELDS, JsonText.parse("{\"increment\":{\"n\":" + number + "}}"));
    };
  }

  private static Change put(String body) {
    return new Change.Put(JsonText.parse(body));
  }

  private static Op op(
      String intent, List<Hash> parents, List<Hash> seen, Change change, boolean effective) {
    var operation = new Operation(KEY.collection(), KEY.id(), parents, seen, change);
    return new Op(intent, operation, EntryCodec.version(SPACE, operation, intent), effective);
  }

  private static NaiveFold model(Collection<KnownOperation> operations) {
    return new NaiveFold(KEY, operations, DocumentFoldTest::patched);
  }

  // Knows the few bodies and patches that this test makes, and no JSON.
  private static String patched(Change.Patch patch, String body) {
    var members = new TreeMap<String, String>();
    if (body != null && !body.equals("{}")) {
      for (var member : body.substring(1, body.length() - 1).split(",")) {
        members.put(member.substring(1, 2), member.substring(4));
      }
    }
    var text = patch.text().text();
    if (patch.notation() == Notation.MERGE) {
      var value = text.substring(5, text.length() - 1);
      if (value.equals("null")) {
        members.remove(text.substring(2, 3));
      } else {
        members.put(text.substring(2, 3), value);
      }
    } else if (!members.getOrDefault("n", "0").startsWith("\"")) {
      int by = Integer.parseInt(text.substring(18, text.length() - 2));
      members.put("n", "" + (Integer.parseInt(members.getOrDefault("n", "0")) + by));
    }
    return "{"
        + String.join(
            ",",
            members.entrySet().stream().map(m -> "\"" + m.getKey() + "\":" + m.getValue()).toList())
        + "}";
  }

  private static List<KnownOperation> known(List<Op> order) {
    var known = new KnownOperation[order.size()];
    Arrays.setAll(known, i -> order.get(i).at(i + 1));
    return List.of(known);
  }

  /** Where the log has things is each node's own affair. */
  private static DocumentState placeless(DocumentState state) {
    var heads =
        state.heads().stream()
            .map(h -> new Head(h.version(), h.generation(), h.body(), 0, h.sawOthers(), h.covers()))
            .toList();
    return new DocumentState(state.key(), heads, state.base(), 0);
  }

  private static <T> T pick(List<T> from, Random random) {
    return from.get(random.nextInt(from.size()));
  }
}
