package com.softadastra.engine.document;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.documents.FieldType;
import com.softadastra.contracts.documents.Policy;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The policies written down from their definition, without a thought for speed and on documents
 * that are maps of text: a member is a number, a word in quotes, or a set of numbers in braces; the
 * member {@code o} may be an object, whose members are named {@code o/x} and so on. It shares no
 * code with {@link DocumentFold}.
 */
final class NaivePolicies {
  /** What was asked for; values null take a member away. */
  sealed interface Act {
    record Put(TreeMap<String, String> body) implements Act {}

    /** By field: each of these is written. */
    record Set(TreeMap<String, String> fields) implements Act {}

    record Increment(String field, int by) implements Act {}

    record Items(String field, TreeSet<Integer> added, TreeSet<Integer> removed) implements Act {}

    record Delete() implements Act {}
  }

  /** An operation, with the definition that it was made under. */
  record Op(
      Hash version,
      List<Hash> parents,
      Act act,
      Definition definition,
      List<String> labels,
      boolean computed,
      long clock,
      boolean counts) {}

  /** One field's part of what an operation does. */
  private record Part(String field, String kind, String value, Act.Items items) {}

  private final Map<Hash, Op> all = new HashMap<>();
  private final Map<Set<Hash>, TreeMap<String, String>> bodies = new HashMap<>();
  private final Map<Hash, Set<Hash>> ancestors = new HashMap<>();

  NaivePolicies(List<Op> ops) {
    ops.forEach(op -> all.merge(op.version(), op, (one, other) -> one.counts() ? one : other));
  }

  Set<Hash> effective() {
    var effective = new TreeSet<Hash>();
    all.values().stream().filter(Op::counts).forEach(op -> effective.add(op.version()));
    return effective;
  }

  private Set<Hash> parents(Hash version) {
    var parents = new TreeSet<Hash>();
    for (var parent : all.get(version).parents()) {
      if (all.get(parent).counts()) {
        parents.add(parent);
      } else {
        parents.addAll(parents(parent));
      }
    }
    return parents;
  }

  Set<Hash> ancestors(Hash version) {
    var known = ancestors.get(version);
    if (known != null) {
      return known;
    }
    var found = new TreeSet<Hash>();
    for (var parent : parents(version)) {
      found.add(parent);
      found.addAll(ancestors(parent));
    }
    ancestors.put(version, found);
    return found;
  }

  boolean comparable(Hash one, Hash other) {
    return one.equals(other) || ancestors(one).contains(other) || ancestors(other).contains(one);
  }

  /** The order of the fold. */
  List<Hash> order(Set<Hash> of) {
    var order = new ArrayList<Hash>();
    while (order.size() < of.size()) {
      order.add(
          of.stream()
              .filter(v -> !order.contains(v) && order.containsAll(parents(v)))
              .min(Comparator.comparing(v -> all.get(v).clock()))
              .orElseThrow());
    }
    return order;
  }

  /** What a closed part of the history comes to; null for no document. */
  TreeMap<String, String> body(Set<Hash> of) {
    var key = Set.copyOf(of);
    if (!bodies.containsKey(key)) {
      bodies.put(key, fold(of));
    }
    return bodies.get(key);
  }

  private TreeMap<String, String> fold(Set<Hash> of) {
    TreeMap<String, String> body = null;
    var region = new ArrayList<Hash>();
    for (var version : order(of)) {
      if (of.stream().allMatch(other -> comparable(version, other))) {
        body = after(version);
        region.clear();
      } else {
        region.add(version);
      }
    }
    if (region.isEmpty()) {
      return body;
    }
    var definition = definition(region);
    return switch (definition.policy()) {
      case KEEP -> winning(heads(of));
      case LOCAL_ROLE, FUNCTION -> {
        var foremost = foremost(heads(of), definition);
        yield foremost == null ? winning(heads(of)) : after(foremost);
      }
      case MERGE, LATEST -> merged(body, region, definition);
    };
  }

  /**
   * The one of several heads whose author has a label that no other's is before or equal to; or
   * where a function has made all of them of several versions, the one of all these.
   */
  private Hash foremost(Set<Hash> heads, Definition definition) {
    if (definition.policy() == Policy.FUNCTION) {
      var of = new TreeSet<Hash>();
      for (var head : heads) {
        if (!all.get(head).computed() || parents(head).size() < 2) {
          return null;
        }
        of.addAll(parents(head));
      }
      return heads.stream()
          .filter(head -> parents(head).equals(of))
          .reduce((a, b) -> b)
          .orElse(null);
    }
    for (var label : definition.labels()) {
      var holders = heads.stream().filter(h -> all.get(h).labels().contains(label)).toList();
      if (!holders.isEmpty()) {
        return holders.size() == 1 ? holders.getFirst() : null;
      }
    }
    return null;
  }

  /**
   * Where labels decide everywhere, or functions do: who has lost to whom, and whether somebody has
   * seen that.
   */
  Map<Hash, String> outranked(Set<Hash> of) {
    var lost = new TreeMap<Hash, String>();
    for (var version : of) {
      var known = ancestors(version);
      lostAt(known).forEach((loser, winner) -> lost.put(loser, "seen"));
    }
    lostAt(of).forEach((loser, winner) -> lost.put(loser, "to " + winner));
    return lost;
  }

  private Map<Hash, Hash> lostAt(Set<Hash> of) {
    var lost = new TreeMap<Hash, Hash>();
    var heads = heads(of);
    var open = openRegion(of);
    var winner = open.isEmpty() ? null : foremost(heads, definition(open));
    if (winner != null) {
      heads.stream()
          .filter(head -> !java.util.Objects.equals(after(head), after(winner)))
          .forEach(head -> lost.put(head, winner));
    }
    return lost;
  }

  Definition definition(List<Hash> region) {
    return region.stream()
        .map(version -> all.get(version).definition())
        .max(
            Comparator.comparing((Definition d) -> d.name() == null ? 0 : d.name().generation())
                .thenComparing(d -> d.name() == null ? Hash.ZERO : d.name().hash()))
        .orElseThrow();
  }

  private Set<Hash> heads(Set<Hash> of) {
    var heads = new TreeSet<>(of);
    of.forEach(version -> heads.removeAll(ancestors(version)));
    return heads;
  }

  private TreeMap<String, String> winning(Set<Hash> of) {
    return of.stream()
        .max(
            Comparator.comparing((Hash v) -> after(v) != null)
                .thenComparing(this::generation)
                .thenComparing(Comparator.naturalOrder()))
        .map(this::after)
        .orElse(null);
  }

  private int generation(Hash version) {
    return 1 + parents(version).stream().mapToInt(this::generation).max().orElse(0);
  }

  TreeMap<String, String> before(Hash version) {
    var ancestors = ancestors(version);
    var parents = parents(version);
    if (all.get(version).definition().policy() == Policy.KEEP && !mergedAt(ancestors)) {
      return winning(parents);
    }
    return body(ancestors);
  }

  /** Whether several heads of this part have one body that is none of theirs. */
  private boolean mergedAt(Set<Hash> of) {
    var open = openRegion(of);
    if (open.isEmpty()) {
      return false;
    }
    var definition = definition(open);
    return switch (definition.policy()) {
      case KEEP -> false;
      case LOCAL_ROLE, FUNCTION -> foremost(heads(of), definition) != null;
      case MERGE, LATEST -> true;
    };
  }

  /** What at the end of a part is not comparable with all of it. */
  private List<Hash> openRegion(Set<Hash> of) {
    var open = new ArrayList<Hash>();
    for (var version : order(of)) {
      if (of.stream().allMatch(other -> comparable(version, other))) {
        open.clear();
      } else {
        open.add(version);
      }
    }
    return open;
  }

  TreeMap<String, String> after(Hash version) {
    var op = all.get(version);
    var before = before(version);
    if (op.act() instanceof Act.Delete) {
      return null;
    }
    if (op.definition().policy() == Policy.MERGE) {
      return op.act() instanceof Act.Put(var body) && before == null
          ? body
          : applied(parts(op, before, op.definition()), before);
    }
    return op.act() instanceof Act.Put(var body)
        ? body
        : applied(parts(op, before, untyped()), before);
  }

  private static Definition untyped() {
    return Definition.UNDECLARED;
  }

  private TreeMap<String, String> merged(
      TreeMap<String, String> start, List<Hash> region, Definition definition) {
    var body = start == null ? null : new TreeMap<>(start);
    var adders = new HashMap<String, Set<Hash>>();
    for (var version : region) {
      var op = all.get(version);
      var own = after(version);
      if (definition.policy() == Policy.LATEST || own == null) {
        body = own == null ? null : new TreeMap<>(own);
        continue;
      }
      var before = before(version);
      var parts = parts(op, before, definition);
      var mine = applied(parts, before);
      boolean whole = body == null;
      if (whole) {
        body = new TreeMap<>(mine);
      }
      for (var part : parts) {
        apply(part, version, mine, before, body, adders, whole);
      }
    }
    return body;
  }

  private void apply(
      Part part,
      Hash version,
      TreeMap<String, String> mine,
      TreeMap<String, String> before,
      TreeMap<String, String> body,
      Map<String, Set<Hash>> adders,
      boolean whole) {
    var present = body.get(part.field());
    boolean had = before != null && before.get(part.field()) != null;
    boolean fits =
        switch (part.kind()) {
          case "write" -> false;
          case "items" -> present == null ? !had : isSet(present);
          default -> present == null ? !had : isNumber(present);
        };
    if (!whole && !fits) {
      write(body, part.field(), subtree(mine, part.field()));
      adders.keySet().removeIf(item -> item.startsWith(part.field() + ":"));
      var value = mine.get(part.field());
      if (value != null && isSet(value)) {
        items(value)
            .forEach(item -> adders.put(part.field() + ":" + item, new HashSet<>(Set.of(version))));
      }
      return;
    }
    switch (part.kind()) {
      case "items" -> {
        var items = items(body.getOrDefault(part.field(), "{}"));
        for (int item : part.items().removed()) {
          var by = adders.getOrDefault(part.field() + ":" + item, new HashSet<>());
          by.removeAll(ancestors(version));
          if (by.isEmpty() && !whole) {
            items.remove(item);
          }
        }
        for (int item : part.items().added()) {
          items.add(item);
          adders.computeIfAbsent(part.field() + ":" + item, _ -> new HashSet<>()).add(version);
        }
        body.put(part.field(), text(items));
      }
      case "write" -> {
        adders.keySet().removeIf(item -> item.startsWith(part.field() + ":"));
        if (part.value() != null && isSet(part.value())) {
          items(part.value())
              .forEach(
                  item -> adders.put(part.field() + ":" + item, new HashSet<>(Set.of(version))));
        }
      }
      default -> {
        if (!whole) {
          body.put(part.field(), number(part, present));
        }
      }
    }
  }

  private static String number(Part part, String present) {
    var value = new BigDecimal(part.value());
    if (part.kind().equals("add")) {
      return value.add(new BigDecimal(present == null ? "0" : present)).toPlainString();
    }
    if (present == null) {
      return part.value();
    }
    int order = value.compareTo(new BigDecimal(present));
    return (part.kind().equals("max") ? order > 0 : order < 0) ? part.value() : present;
  }

  private static TreeMap<String, String> applied(List<Part> parts, TreeMap<String, String> before) {
    var body = before == null ? new TreeMap<String, String>() : new TreeMap<>(before);
    for (var part : parts) {
      switch (part.kind()) {
        case "write" -> write(body, part.field(), written(part));
        case "items" -> {
          var items = items(body.getOrDefault(part.field(), "{}"));
          items.removeAll(part.items().removed());
          items.addAll(part.items().added());
          body.put(part.field(), text(items));
        }
        default -> body.put(part.field(), number(part, body.get(part.field())));
      }
    }
    return body;
  }

  private static TreeMap<String, String> written(Part part) {
    var value = new TreeMap<String, String>();
    if (part.value() != null) {
      if (part.value().startsWith("<")) {
        for (var member : part.value().substring(1, part.value().length() - 1).split(",")) {
          value.put("o/" + member.substring(0, 1), member.substring(2));
        }
      } else {
        value.put(part.field(), part.value());
      }
    }
    return value;
  }

  private static TreeMap<String, String> subtree(TreeMap<String, String> body, String field) {
    var value = new TreeMap<String, String>();
    body.forEach((name, text) -> {
      if (name.equals(field) || name.startsWith(field + "/")) {
        value.put(name, text);
      }
    });
    return value;
  }

  private static void write(
      TreeMap<String, String> body, String field, TreeMap<String, String> value) {
    boolean inner = field.startsWith("o/");
    boolean object = isObject(body);
    body.keySet().removeIf(name -> name.equals(field) || name.startsWith(field + "/"));
    if (inner && !value.isEmpty()) {
      // what is no object makes room
      body.remove("o");
    }
    body.putAll(value);
    if (inner && object && subtree(body, "o").isEmpty()) {
      body.put("o", "{}o");
    }
  }

  private static boolean isObject(TreeMap<String, String> body) {
    return body.keySet().stream().anyMatch(name -> name.startsWith("o/"))
        || "{}o".equals(body.get("o"));
  }

  /** What an operation does field by field to what it was made on. */
  private List<Part> parts(Op op, TreeMap<String, String> on, Definition definition) {
    var old = on == null ? new TreeMap<String, String>() : on;
    var parts = new ArrayList<Part>();
    switch (op.act()) {
      case Act.Put(var body) -> {
        var names = new TreeSet<>(old.keySet());
        names.addAll(body.keySet());
        names.removeIf(name -> name.startsWith("o"));
        for (var name : names) {
          if (!body.containsKey(name)) {
            parts.add(new Part(name, "write", null, null));
          } else if (!body.get(name).equals(old.get(name))) {
            parts.add(part(name, old.get(name), body.get(name), definition));
          }
        }
        object(old, body, parts);
      }
      case Act.Set(var fields) ->
          fields.forEach((field, value) -> {
            var part =
                value == null
                    ? new Part(field, "write", null, null)
                    : part(field, old.get(field), value, definition);
            boolean same =
                part.items() != null
                    && old.get(field) != null
                    && part.items().added().isEmpty()
                    && part.items().removed().isEmpty();
            if (!same) {
              parts.add(part);
            }
          });
      case Act.Increment(var field, var by) -> {
        if (old.get(field) == null || isNumber(old.get(field))) {
          parts.add(new Part(field, "add", "" + by, null));
        }
      }
      case Act.Items items -> {
        if (old.get(items.field()) == null || isSet(old.get(items.field()))) {
          parts.add(new Part(items.field(), "items", null, items));
        }
      }
      case Act.Delete _ -> throw new IllegalStateException();
    }
    return parts;
  }

  private static void object(
      TreeMap<String, String> old, TreeMap<String, String> body, List<Part> parts) {
    boolean was = isObject(old);
    boolean is = isObject(body);
    var before = subtree(old, "o");
    var now = subtree(body, "o");
    if (before.equals(now)) {
      return;
    }
    if (now.isEmpty()) {
      parts.add(new Part("o", "write", null, null));
    } else if (is && (was || before.isEmpty())) {
      var names = new TreeSet<>(before.keySet());
      names.addAll(now.keySet());
      names.remove("o");
      for (var name : names) {
        if (!java.util.Objects.equals(before.get(name), now.get(name))) {
          parts.add(new Part(name, "write", now.get(name), null));
        }
      }
    } else if (is) {
      var text = new StringBuilder("<");
      now.forEach((name, value) ->
          text.append(text.length() > 1 ? "," : "")
              .append(name.substring(2))
              .append('=')
              .append(value));
      parts.add(new Part("o", "write", text + ">", null));
    } else {
      parts.add(new Part("o", "write", now.get("o"), null));
    }
  }

  private static Part part(String field, String old, String now, Definition definition) {
    var type = definition.fields().get("/" + field);
    if (type == FieldType.SET && isSet(now) && (old == null || isSet(old))) {
      var had = items(old == null ? "{}" : old);
      var has = items(now);
      var added = new TreeSet<>(has);
      added.removeAll(had);
      had.removeAll(has);
      return new Part(field, "items", null, new Act.Items(field, added, had));
    }
    if (type != null && type != FieldType.SET && isNumber(now) && (old == null || isNumber(old))) {
      return switch (type) {
        case COUNTER ->
            new Part(
                field,
                "add",
                new BigDecimal(now)
                    .subtract(new BigDecimal(old == null ? "0" : old))
                    .toPlainString(),
                null);
        case MAX -> new Part(field, "max", now, null);
        default -> new Part(field, "min", now, null);
      };
    }
    return new Part(field, "write", now, null);
  }

  static boolean isNumber(String value) {
    return value.matches("-?[0-9]+");
  }

  static boolean isSet(String value) {
    return value.startsWith("{") && value.endsWith("}");
  }

  static TreeSet<Integer> items(String set) {
    var items = new TreeSet<Integer>();
    for (var item : set.substring(1, set.length() - 1).split(",")) {
      if (!item.isEmpty()) {
        items.add(Integer.parseInt(item));
      }
    }
    return items;
  }

  static String text(TreeSet<Integer> items) {
    return "{" + String.join(",", items.stream().map(String::valueOf).toList()) + "}";
  }

  // ---- what must not be lost

  /**
   * Members that an operation gave a value which nobody who knew it has written since, and that the
   * document doesn't have; by policy merge or latest they have to be in a conflict.
   */
  Set<String> lost(Hash version, TreeMap<String, String> now) {
    var after = after(version);
    var lost = new TreeSet<String>();
    var later = new ArrayList<Op>();
    for (var other : effective()) {
      if (ancestors(other).contains(version)) {
        later.add(all.get(other));
      }
    }
    for (var field : touched(version)) {
      boolean overwritten = later.stream().anyMatch(op -> writes(op.version(), field));
      boolean same =
          after == null || now == null
              ? after == null && now == null
              : java.util.Objects.equals(after.get(field), now.get(field));
      // an object that lost its last member is still one
      boolean empty = after != null && "{}o".equals(after.get(field));
      if (!overwritten && !same && !empty) {
        lost.add(field);
      }
    }
    return lost;
  }

  private boolean writes(Hash version, String field) {
    return !all.get(version).definition().merges()
        || after(version) == null
        || before(version) == null
        || touched(version).contains(field)
        || (field.startsWith("o") && touched(version).stream().anyMatch(f -> f.equals("o")));
  }

  /** The members that a write gave another value, or took away. */
  Set<String> touched(Hash version) {
    var before = before(version);
    var after = after(version);
    var touched = new TreeSet<String>();
    if (after == null) {
      touched.add("");
      return touched;
    }
    var op = all.get(version);
    // what was named was written, be it as it was; a smaller maximum leaves it as it is
    parts(op, before, op.definition()).forEach(part -> touched.add(part.field()));
    for (var member : after.entrySet()) {
      if (before == null || !member.getValue().equals(before.get(member.getKey()))) {
        touched.add(member.getKey());
      }
    }
    if (before != null) {
      before.keySet().stream().filter(name -> !after.containsKey(name)).forEach(touched::add);
    }
    return touched;
  }

  Op op(Hash version) {
    return all.get(version);
  }
}
