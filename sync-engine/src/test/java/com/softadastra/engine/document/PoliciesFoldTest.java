package com.softadastra.engine.document;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.CollectionDefinition;
import com.softadastra.contracts.documents.FieldDefinition;
import com.softadastra.contracts.documents.FieldType;
import com.softadastra.contracts.documents.PatchBody.Notation;
import com.softadastra.contracts.documents.Policy;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonReader;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.Given;
import com.softadastra.engine.document.NaivePolicies.Act;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Stamp;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Compares the fold under all policies with {@link NaivePolicies} over random histories. A failure
 * shows its seed; {@code -Dfold.seed=<seed>} runs that history alone.
 */
class PoliciesFoldTest {
  private static final int HISTORIES = Integer.getInteger("fold.histories", 50_000);
  private static final int ORDERS = 3;
  private static final SpaceId SPACE = Given.space(1);
  private static final DocumentKey KEY = new DocumentKey(SPACE, "orders", "one");

  private static final Definition KEEP = definition(1, Policy.KEEP, Map.of());
  private static final Definition MERGE =
      definition(
          2,
          Policy.MERGE,
          Map.of(
              "n",
              FieldType.COUNTER,
              "s",
              FieldType.SET,
              "hi",
              FieldType.MAX,
              "lo",
              FieldType.MIN));
  private static final Definition PLAIN = definition(3, Policy.MERGE, Map.of());
  private static final Definition LATEST = definition(4, Policy.LATEST, Map.of());
  private static final Definition KEEP_AGAIN = definition(5, Policy.KEEP, Map.of());
  private static final Definition RANKED = ranked(6, "hq", "depot");
  private static final Definition EARLY_RANKED = ranked(1, "depot");
  private static final Definition CALLED = called(6, "pick");
  private static final Definition EARLY_CALLED = called(1, "choose");
  private static final List<List<String>> LABELS =
      List.of(List.of(), List.of("hq"), List.of("depot"), List.of("depot", "hq"), List.of("shop"));

  /** An operation before it has a place in anyone's log. */
  private record Op(NaivePolicies.Op model, Operation operation) {
    KnownOperation at(long position) {
      return at(position, suspect());
    }

    /** One in four, by the version. */
    boolean suspect() {
      return model.version().bytes()[0] % 4 == 0;
    }

    KnownOperation at(long position, boolean suspect) {
      return new KnownOperation(
          operation,
          model.version(),
          model.definition(),
          model.labels(),
          model.computed(),
          new Stamp(model.clock(), Given.replica(1), 1),
          position,
          model.counts(),
          suspect);
    }

    @Override
    public String toString() {
      return "%s%s%s at %d on %s under %s by %s: %s = %s"
          .formatted(
              model.counts() ? "" : "void ",
              model.computed() ? "computed " : "",
              brief(model.version()),
              model.clock(),
              model.parents().stream().map(PoliciesFoldTest::brief).toList(),
              model.definition().generation(),
              model.labels(),
              model.act(),
              operation.change());
    }
  }

  private static String brief(Hash hash) {
    return hash.toString().substring(0, 5);
  }

  private static Definition definition(
      long generation, Policy policy, Map<String, FieldType> types) {
    var fields = new TreeMap<String, FieldDefinition>();
    types.forEach((name, type) -> fields.put(name, new FieldDefinition(type)));
    return Definition.of(Definition.body(generation, new CollectionDefinition(policy, fields)))
        .orElseThrow();
  }

  private static Definition ranked(long generation, String... labels) {
    var declared = new CollectionDefinition(Policy.LOCAL_ROLE, new TreeMap<>(), List.of(labels));
    return Definition.of(Definition.body(generation, declared)).orElseThrow();
  }

  private static Definition called(long generation, String resolver) {
    return Definition.of(Definition.body(generation, CollectionDefinition.resolvedBy(resolver)))
        .orElseThrow();
  }

  @Test
  void everyHistoryComesToWhatThePoliciesSay() {
    var only = Long.getLong("fold.seed");
    long first = only == null ? 1 : only;
    long last = only == null ? HISTORIES : only;
    int[] seen = new int[7];
    for (long seed = first; seed <= last; seed++) {
      var random = new Random(seed);
      var history = history(random);
      try {
        check(history, random, seen);
      } catch (AssertionError | RuntimeException e) {
        var text = new StringBuilder("-Dfold.seed=" + seed);
        history.forEach(op -> text.append('\n').append(op));
        throw new AssertionError(text + "\n" + e, e);
      }
    }
    if (only == null) {
      assertThat(seen[0]).as("documents of several heads").isGreaterThan(HISTORIES / 20);
      assertThat(seen[1]).as("decided conflicts").isGreaterThan(HISTORIES / 20);
      assertThat(seen[2]).as("steps taken at once").isGreaterThan(HISTORIES / 2);
      assertThat(seen[3]).as("decided by labels").isGreaterThan(HISTORIES / 20);
      assertThat(seen[6]).as("decided between results").isGreaterThan(HISTORIES / 200);
      assertThat(seen[4]).as("decided by suspect clocks").isGreaterThan(HISTORIES / 50);
      assertThat(seen[5]).as("put by one who knew").isGreaterThan(HISTORIES / 1000);
    }
  }

  private static void check(List<Op> history, Random random, int[] seen) {
    var model = model(history);
    var state = DocumentFold.replay(KEY, known(history), history.size());
    var effective = model.effective();
    var body = effective.isEmpty() ? null : model.body(effective);
    assertThat(state.exists()).isEqualTo(!effective.isEmpty());
    if (state.exists()) {
      assertThat(members(state.body())).isEqualTo(body);
    }
    seen[0] += state.merged() == null ? 0 : 1;
    seen[1] += state.decided().size();
    decidedRightly(model, history, state, seen);
    doubtedRightly(model, history, state, seen);
    nothingIsLost(model, state, body);

    for (int i = 0; i < ORDERS; i++) {
      var order = order(history, random);
      assertThat(placeless(DocumentFold.replay(KEY, known(order), order.size())))
          .isEqualTo(placeless(state));
      if (i == 0) {
        advances(order, seen);
      }
    }
  }

  private static void advances(List<Op> order, int[] seen) {
    DocumentState state = null;
    var versions = new HashSet<Hash>();
    for (int i = 1; i <= order.size(); i++) {
      var op = order.get(i - 1);
      var replayed = DocumentFold.replay(KEY, known(order.subList(0, i)), i);
      if (versions.add(op.model().version()) && op.model().counts()) {
        var advanced =
            DocumentFold.advance(
                KEY,
                state,
                op.operation(),
                op.model().version(),
                i,
                op.model().definition(),
                order.stream().anyMatch(each -> each.model().definition().ranks()));
        if (advanced != null) {
          seen[2]++;
          assertThat(advanced).as("after %s", op).isEqualTo(replayed);
        }
      }
      state = replayed;
    }
  }

  /** What is suspect changes nothing but that what it has decided is open. */
  private static void doubtedRightly(
      NaivePolicies model, List<Op> history, DocumentState state, int[] seen) {
    var suspects =
        history.stream()
            .filter(Op::suspect)
            .map(op -> op.model().version())
            .collect(Collectors.toSet());
    var trusting = new ArrayList<KnownOperation>();
    history.forEach(op -> trusting.add(op.at(trusting.size() + 1, false)));
    var trusted = DocumentFold.replay(KEY, trusting, history.size());
    assertThat(state.heads()).isEqualTo(trusted.heads());
    assertThat(state.merged()).isEqualTo(trusted.merged());
    assertThat(state.decided()).hasSameSizeAs(trusted.decided());
    var folded = new DocumentFold.History(KEY, known(history));
    for (int i = 0; i < state.decided().size(); i++) {
      var conflict = state.decided().get(i);
      var without = trusted.decided().get(i);
      assertThat(conflict.with(without.standing())).isEqualTo(without);
      var under = folded.definition(conflict);
      boolean doubtful =
          !under.ranks()
              && !under.calls()
              && (suspects.contains(conflict.loser()) || suspects.contains(conflict.winner()));
      if (!doubtful || without.standing() != Decided.Standing.STANDS) {
        assertThat(conflict).isEqualTo(without);
      } else if (!putByOneWhoKnew(model, history, conflict)) {
        seen[4]++;
        assertThat(conflict.standing()).isEqualTo(Decided.Standing.DOUBTED);
      } else {
        assertThat(conflict.standing())
            .isIn(Decided.Standing.DOUBTED, Decided.Standing.OVERWRITTEN);
        seen[5] += conflict.standing() == Decided.Standing.OVERWRITTEN ? 1 : 0;
      }
    }
  }

  private static boolean putByOneWhoKnew(NaivePolicies model, List<Op> history, Decided conflict) {
    return history.stream()
        .filter(op -> op.model().counts() && op.operation().change().isWhole())
        .map(op -> model.ancestors(op.model().version()))
        .anyMatch(known -> known.contains(conflict.loser()) && known.contains(conflict.winner()));
  }

  private static void decidedRightly(
      NaivePolicies model, List<Op> history, DocumentState state, int[] seen) {
    var order = model.order(model.effective());
    var folded = new DocumentFold.History(KEY, known(history));
    for (var conflict : state.decided()) {
      assertThat(model.comparable(conflict.loser(), conflict.winner())).isFalse();
      var under = folded.definition(conflict);
      if (under.ranks()) {
        seen[3]++;
        assertThat(under.rank(model.op(conflict.winner()).labels()))
            .isLessThan(under.rank(model.op(conflict.loser()).labels()));
        assertThat(conflict.fields()).containsExactly(Pointer.WHOLE);
      } else if (under.calls()) {
        seen[6]++;
        assertThat(conflict.fields()).containsExactly(Pointer.WHOLE);
      } else {
        assertThat(order.indexOf(conflict.loser())).isLessThan(order.indexOf(conflict.winner()));
      }
      assertThat(conflict.fields()).isNotEmpty();
    }
    if (history.stream().allMatch(op -> op.model().definition().ranks())
        || history.stream().allMatch(op -> op.model().definition().calls())) {
      var decided = new TreeMap<Hash, String>();
      for (var conflict : state.decided()) {
        boolean stands = conflict.stands();
        // the model doesn't know in what order a set has its items
        if (Objects.equals(model.after(conflict.loser()), model.after(conflict.winner()))) {
          continue;
        }
        decided.put(conflict.loser(), stands ? "to " + conflict.winner() : "seen");
      }
      assertThat(decided).isEqualTo(model.outranked(model.effective()));
    }
  }

  /** Where every operation was made under one policy that decides. */
  private static void nothingIsLost(
      NaivePolicies model, DocumentState state, TreeMap<String, String> body) {
    var effective = model.effective();
    var policies =
        effective.stream()
            .map(version -> model.op(version).definition())
            .collect(Collectors.toSet());
    if (policies.size() != 1
        || policies.iterator().next().keeps()
        || ((policies.iterator().next().ranks() || policies.iterator().next().calls())
            && state.merged() == null)) {
      return;
    }
    var definition = policies.iterator().next();
    var losers = state.decided().stream().map(Decided::loser).collect(Collectors.toSet());
    for (var version : effective) {
      var act = model.op(version).act();
      boolean joins = act instanceof Act.Increment || act instanceof Act.Items;
      var lost = new TreeSet<>(model.lost(version, body));
      if (definition.merges() && body != null) {
        lost.removeIf(
            field -> joins || definition.fields().containsKey("/" + field) || joined(field, model));
      }
      if (!losers.contains(version)) {
        assertThat(lost).as("of %s in silence", brief(version)).isEmpty();
      }
    }
  }

  /** Whether some have added to the field, so that it has what was written and more. */
  private static boolean joined(String field, NaivePolicies model) {
    return model.effective().stream()
        .map(version -> model.op(version).act())
        .anyMatch(act ->
            act instanceof Act.Increment(var to, _)
                ? to.equals(field)
                : act instanceof Act.Items items && items.field().equals(field));
  }

  private static List<Op> history(Random random) {
    var history = new ArrayList<Op>();
    int size = 1 + random.nextInt(8);
    var palette =
        switch (random.nextInt(13)) {
          case 0 -> List.of(LATEST);
          case 1 -> List.of(PLAIN);
          case 2 -> List.of(KEEP, MERGE, LATEST, KEEP_AGAIN, Definition.UNDECLARED);
          case 3 -> List.of(Definition.UNDECLARED, MERGE);
          case 4 -> List.of(RANKED);
          case 5 -> List.of(EARLY_RANKED, RANKED);
          case 6 ->
              List.of(EARLY_RANKED, KEEP, MERGE, LATEST, KEEP_AGAIN, RANKED, Definition.UNDECLARED);
          case 7, 8 -> List.of(CALLED);
          case 9 ->
              List.of(EARLY_CALLED, KEEP, MERGE, LATEST, RANKED, CALLED, Definition.UNDECLARED);
          case 10 -> List.of(EARLY_CALLED, KEEP, KEEP_AGAIN, CALLED, Definition.UNDECLARED);
          default -> List.of(MERGE);
        };
    boolean voids = random.nextInt(4) == 0;
    for (int i = 0; i < size; i++) {
      var definition = palette.get(random.nextInt(palette.size()));
      var parents =
          definition.calls() && i > 0 && random.nextInt(3) > 0
              ? i < 4 ? List.of(history.getFirst().model().version()) : sides(history, random)
              : parents(history, random);
      long clock = random.nextInt(20) * 1000L + i;
      var dummy =
          new NaivePolicies.Op(
              Given.hash("next" + i),
              parents,
              new Act.Delete(),
              definition,
              List.of(),
              false,
              clock,
              true);
      var all = new ArrayList<>(history.stream().map(Op::model).toList());
      all.add(dummy);
      var before = new NaivePolicies(all).before(dummy.version());
      var act = act(before, random);
      var change = change(act, history, parents, definition, random);
      var operation =
          new Operation(KEY.collection(), KEY.id(), definition.name(), parents, List.of(), change);
      var version = EntryCodec.version(SPACE, operation, "intent-" + i + "-" + random.nextInt());
      // one of what is not side by side counts as any other
      boolean computed = definition.calls() && random.nextInt(10) > (parents.size() > 1 ? 0 : 8);
      boolean counts = !voids || random.nextInt(4) > 0;
      history.add(
          new Op(
              new NaivePolicies.Op(
                  version,
                  parents,
                  act,
                  definition,
                  LABELS.get(random.nextInt(LABELS.size())),
                  computed,
                  clock,
                  counts),
              operation));
    }
    return history;
  }

  private static List<Hash> parents(List<Op> history, Random random) {
    if (history.isEmpty()) {
      return List.of();
    }
    int kind = random.nextInt(12);
    if (kind == 0) {
      return List.of();
    }
    var order = order(history, random);
    var known = order.subList(0, kind < 5 ? order.size() : 1 + random.nextInt(order.size()));
    var heads = DocumentFold.replay(KEY, known(known), known.size()).headVersions();
    if (kind < 9 || heads.isEmpty()) {
      return heads;
    }
    return List.of(heads.get(random.nextInt(heads.size())));
  }

  /** What is side by side without what functions have made of it, or a part of that. */
  private static List<Hash> sides(List<Op> history, Random random) {
    var plain = history.stream().takeWhile(op -> !op.model().computed()).toList();
    var order = order(plain, random);
    var known = order.subList(0, order.size() - random.nextInt(1 + order.size() / 2));
    return DocumentFold.replay(KEY, known(known), known.size()).headVersions();
  }

  private static Act act(TreeMap<String, String> before, Random random) {
    boolean object =
        before == null || !before.containsKey("o") || before.getOrDefault("o", "").equals("{}o");
    return switch (random.nextInt(before == null ? 2 : 10)) {
      case 0, 1, 2, 3 -> new Act.Put(put(before, random));
      case 4 -> new Act.Delete();
      case 5 -> new Act.Increment(random.nextInt(3) > 0 ? "n" : "a", random.nextInt(9) - 4);
      case 6 -> {
        var added = items(random);
        var removed = items(random);
        added.removeAll(removed);
        yield new Act.Items("s", added, removed);
      }
      default -> {
        var fields = new TreeMap<String, String>();
        var names = new ArrayList<>(List.of("a", "b", "n", "s", "hi", "lo"));
        names.add(object && random.nextBoolean() ? "o/" + "xy".charAt(random.nextInt(2)) : "o");
        for (int i = 1 + random.nextInt(2); i > 0; i--) {
          var name = names.remove(random.nextInt(names.size()));
          fields.put(name, random.nextInt(5) == 0 ? null : value(name, random));
        }
        yield new Act.Set(fields);
      }
    };
  }

  private static TreeMap<String, String> put(TreeMap<String, String> before, Random random) {
    var body = before == null ? new TreeMap<String, String>() : new TreeMap<>(before);
    for (int i = random.nextInt(4); i > 0; i--) {
      var names = List.of("a", "b", "n", "s", "hi", "lo", "o", "o/x", "o/y");
      var name = names.get(random.nextInt(names.size()));
      if (name.startsWith("o")) {
        body.keySet()
            .removeIf(other -> name.equals("o") ? other.startsWith("o/") : other.equals("o"));
      }
      if (random.nextInt(4) == 0) {
        body.remove(name);
      } else {
        body.put(name, value(name, random));
      }
    }
    return body;
  }

  private static TreeSet<Integer> items(Random random) {
    var items = new TreeSet<Integer>();
    for (int i = random.nextInt(4); i > 0; i--) {
      items.add(random.nextInt(4));
    }
    return items;
  }

  private static String value(String name, Random random) {
    if (random.nextInt(12) == 0) {
      return "word" + random.nextInt(3);
    }
    return name.equals("s") ? NaivePolicies.text(items(random)) : "" + random.nextInt(10);
  }

  private static Change change(
      Act act, List<Op> history, List<Hash> parents, Definition definition, Random random) {
    return switch (act) {
      case Act.Put(var body) -> {
        var on =
            new DocumentFold.History(KEY, known(history))
                .body(standing(parents, history), definition);
        var text = json(body, on);
        yield random.nextInt(3) == 0
            ? new Change.Put(text)
            : DocumentFold.put(text, on, definition);
      }
      case Act.Delete _ -> Change.DELETE;
      case Act.Increment(var field, var by) ->
          fields("{\"increment\":{\"" + field + "\":" + by + "}}");
      case Act.Items(var field, var added, var removed) ->
          fields(
              "{\"add\":{\"%s\":%s},\"remove\":{\"%s\":%s}}"
                  .formatted(field, List.copyOf(added), field, List.copyOf(removed)));
      case Act.Set(var values) -> {
        var set = new ArrayList<String>();
        var unset = new ArrayList<String>();
        values.forEach((name, value) -> {
          if (value == null) {
            unset.add("\"/" + name + "\"");
          } else {
            set.add("\"/" + name + "\":" + value(value));
          }
        });
        yield fields("{\"set\":{" + String.join(",", set) + "},\"unset\":" + unset + "}");
      }
    };
  }

  // a void version stands for its parents
  private static List<Hash> standing(List<Hash> parents, List<Op> history) {
    var standing = new TreeSet<Hash>();
    for (var parent : parents) {
      var op =
          history.stream().filter(o -> o.model().version().equals(parent)).findAny().orElseThrow();
      if (op.model().counts()) {
        standing.add(parent);
      } else {
        standing.addAll(standing(op.model().parents(), history));
      }
    }
    return List.copyOf(standing);
  }

  private static Change fields(String patch) {
    try {
      return new Change.Patch(
          Notation.FIELDS, JsonText.of(JsonReader.object(patch.getBytes(StandardCharsets.UTF_8))));
    } catch (JsonReader.MalformedJson e) {
      throw new AssertionError(patch, e);
    }
  }

  private static String value(String value) {
    if (value.equals("{}o")) {
      return "{}";
    }
    if (NaivePolicies.isSet(value)) {
      return NaivePolicies.items(value).toString();
    }
    return NaivePolicies.isNumber(value) ? value : "\"" + value + "\"";
  }

  /** The body, with sets that are as they were in the order that they had. */
  private static JsonText json(TreeMap<String, String> body, JsonText on) {
    var draft = new Draft(Json.object(Map.of()));
    var before = on == null ? new TreeMap<String, String>() : members(on);
    body.forEach((name, value) -> {
      if (NaivePolicies.isSet(value) && value.equals(before.get(name))) {
        draft.put("/" + name, on.read().get(name));
        return;
      }
      try {
        draft.put("/" + name, JsonReader.value(value(value).getBytes(StandardCharsets.UTF_8)));
      } catch (JsonReader.MalformedJson e) {
        throw new AssertionError(value, e);
      }
    });
    return JsonText.of(draft.closed());
  }

  private static TreeMap<String, String> members(JsonText body) {
    if (body == null) {
      return null;
    }
    var members = new TreeMap<String, String>();
    body.read()
        .members()
        .forEach((name, value) -> {
          if (value instanceof Json.Obj(var inner)) {
            inner.forEach((member, text) -> members.put(name + "/" + member, text(text)));
            if (inner.isEmpty()) {
              members.put(name, "{}o");
            }
          } else {
            members.put(name, text(value));
          }
        });
    return members;
  }

  private static String text(Json json) {
    return switch (json) {
      case Json.Num(var text) -> text;
      case Json.Str(var text) -> text;
      case Json.Arr(var items) -> {
        var set = new TreeSet<Integer>();
        items.forEach(item -> set.add(Integer.parseInt(item.canonical())));
        assertThat(set).as("items, each once").hasSize(items.size());
        yield NaivePolicies.text(set);
      }
      default -> json.canonical();
    };
  }

  private static NaivePolicies model(List<Op> history) {
    return new NaivePolicies(history.stream().map(Op::model).toList());
  }

  private static List<Op> order(List<Op> history, Random random) {
    var rest = new ArrayList<>(history);
    var done = new ArrayList<Op>();
    Set<Hash> versions = new HashSet<>();
    while (!rest.isEmpty()) {
      var ready = rest.stream().filter(op -> versions.containsAll(op.model().parents())).toList();
      var next = ready.get(random.nextInt(ready.size()));
      rest.remove(next);
      done.add(next);
      versions.add(next.model().version());
    }
    return done;
  }

  private static List<KnownOperation> known(List<Op> order) {
    var known = new ArrayList<KnownOperation>();
    order.forEach(op -> known.add(op.at(known.size() + 1)));
    return known;
  }

  /** Where the log has things is each node's own affair. */
  private static DocumentState placeless(DocumentState state) {
    var heads =
        state.heads().stream()
            .map(h -> new Head(h.version(), h.generation(), h.body(), 0, h.sawOthers(), h.covers()))
            .toList();
    return new DocumentState(state.key(), heads, state.base(), 0, state.merged(), state.decided());
  }
}
