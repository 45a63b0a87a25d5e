package com.softadastra.simulation.judge;

import com.softadastra.contracts.Hash;
import com.softadastra.engine.log.Change;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the policies make of a document's effective operations, written down from their definition
 * for flat documents, whose values are kept as they are written; the items of an array are sorted,
 * since a set has no order.
 */
final class NaivePolicies {
  /**
   * An operation that has effect.
   *
   * @param parents those of its parents that have effect, or stand for one that hasn't
   */
  record Op(
      Hash version,
      Set<Hash> parents,
      int generation,
      Change change,
      NaiveDefinition definition,
      NaiveEntry entry) {
    boolean before(Op other) {
      var one = entry.entry();
      var two = other.entry.entry();
      if (one.clock() != two.clock()) {
        return one.clock() < two.clock();
      }
      int order = one.author().compareTo(two.author());
      if (order != 0) {
        return order < 0;
      }
      return one.sequence() != two.sequence()
          ? one.sequence() < two.sequence()
          : version.compareTo(other.version) < 0;
    }
  }

  /**
   * What a part of the history comes to.
   *
   * @param by what its heads were folded under; null where there is one
   * @param decided whether that says what they come to
   * @param foremost the head that labels have made win, null where they haven't
   */
  record Outcome(
      Set<Hash> heads,
      @Nullable NaiveDefinition by,
      boolean decided,
      @Nullable Hash foremost,
      @Nullable Map<String, String> body) {}

  /** One field's part of a change; a value null takes the field away. */
  private record Part(
      String field, String kind, @Nullable String value, Set<String> added, Set<String> removed) {
    static Part write(String field, @Nullable String value) {
      return new Part(field, "write", value, Set.of(), Set.of());
    }

    static Part number(String field, String kind, String value) {
      return new Part(field, kind, value, Set.of(), Set.of());
    }
  }

  /** The field under which a deletion is, which changes the document as a whole. */
  private static final String WHOLE = "";

  private final Map<Hash, Op> ops = new LinkedHashMap<>();
  private final Map<Hash, Set<Hash>> ancestors = new HashMap<>();
  private final Map<Hash, @Nullable Map<String, String>> befores = new HashMap<>();
  private final Map<Hash, @Nullable Map<String, String>> afters = new HashMap<>();

  /**
   * @param all in any order
   */
  NaivePolicies(Map<Hash, Op> all) {
    while (ops.size() < all.size()) {
      Op next = null;
      for (var op : all.values()) {
        if (!ops.containsKey(op.version())
            && ops.keySet().containsAll(op.parents())
            && (next == null || op.before(next))) {
          next = op;
        }
      }
      var op = Objects.requireNonNull(next);
      var known = new HashSet<Hash>();
      for (var parent : op.parents()) {
        known.add(parent);
        known.addAll(ancestors(parent));
      }
      ops.put(op.version(), op);
      ancestors.put(op.version(), known);
      var before = before(op, known);
      befores.put(op.version(), before);
      afters.put(op.version(), after(op, before));
    }
  }

  private Op op(Hash version) {
    return Objects.requireNonNull(ops.get(version));
  }

  private Set<Hash> ancestors(Hash version) {
    return Objects.requireNonNull(ancestors.get(version));
  }

  @Nullable Map<String, String> after(Hash version) {
    return afters.get(version);
  }

  Outcome outcome() {
    return fold(ops.keySet());
  }

  /** Of which operations something is lost. */
  Set<Hash> losers(Outcome outcome) {
    return lost(outcome).keySet();
  }

  /**
   * What is lost of operations, by field: it has another value than they gave it, and nobody who
   * knew them has written it since. Says nothing where policies meet, or none decides.
   */
  Map<Hash, Set<String>> lost(Outcome outcome) {
    var names = new HashSet<String>();
    ops.values().forEach(op -> names.add(op.definition().policy()));
    var first = ops.values().iterator().next().definition();
    boolean whole = first.ranks() || first.calls();
    if (names.size() > 1 || first.keeps() || (whole && !outcome.decided())) {
      return Map.of();
    }
    var touched = new HashMap<Hash, Set<String>>();
    ops.values().forEach(op -> touched.put(op.version(), touched(op)));
    var joined = outcome.body() == null || !first.merges() ? Set.<String>of() : joined();
    var lost = new HashMap<Hash, Set<String>>();
    for (var op : ops.values()) {
      var open = new HashSet<>(Objects.requireNonNull(touched.get(op.version())));
      open.removeAll(joined);
      open.removeIf(field -> !isLost(after(op.version()), outcome.body(), field));
      for (var other : ops.values()) {
        if (!open.isEmpty() && ancestors(other.version()).contains(op.version())) {
          boolean all =
              !other.definition().merges()
                  || after(other.version()) == null
                  || befores.get(other.version()) == null;
          if (all) {
            open.clear();
          } else {
            open.removeAll(Objects.requireNonNull(touched.get(other.version())));
          }
        }
      }
      if (!open.isEmpty()) {
        lost.put(op.version(), open);
      }
    }
    return lost;
  }

  private static boolean isLost(
      @Nullable Map<String, String> was, @Nullable Map<String, String> is, String field) {
    return was == null || is == null
        ? was != null || is != null
        : !Objects.equals(was.get(field), is.get(field));
  }

  /** The fields that an operation names, gives another value or takes away. */
  private Set<String> touched(Op op) {
    var before = befores.get(op.version());
    var after = after(op.version());
    if (after == null) {
      return Set.of(WHOLE);
    }
    var touched = new TreeSet<String>();
    parts(op.change(), before, op.definition()).forEach(part -> touched.add(part.field()));
    var old = before == null ? Map.<String, String>of() : before;
    var names = new TreeSet<>(old.keySet());
    names.addAll(after.keySet());
    names.removeIf(name -> Objects.equals(old.get(name), after.get(name)));
    touched.addAll(names);
    return touched;
  }

  /** The fields of which what several write is brought together. */
  private Set<String> joined() {
    var joined = new TreeSet<String>();
    for (var op : ops.values()) {
      joined.addAll(op.definition().types().keySet());
      if (after(op.version()) != null) {
        parts(op.change(), befores.get(op.version()), NaiveDefinition.UNDECLARED).stream()
            .filter(part -> !part.kind().equals("write"))
            .forEach(part -> joined.add(part.field()));
      }
    }
    return joined;
  }

  /** The versions of a part are given, all that they come from among them. */
  private Outcome fold(Set<Hash> of) {
    Map<String, String> body = null;
    var region = new ArrayList<Op>();
    var heads = new TreeSet<Hash>(of);
    var descendants = new HashMap<Hash, Integer>();
    for (var version : of) {
      heads.removeAll(ancestors(version));
      ancestors(version).forEach(ancestor -> descendants.merge(ancestor, 1, Integer::sum));
    }
    for (var op : ops.values()) {
      if (!of.contains(op.version())) {
        continue;
      }
      int comparable =
          ancestors(op.version()).size() + 1 + descendants.getOrDefault(op.version(), 0);
      if (comparable == of.size()) {
        body = after(op.version());
        region.clear();
      } else {
        region.add(op);
      }
    }
    if (region.isEmpty()) {
      return new Outcome(heads, null, false, null, body);
    }
    var by = NaiveDefinition.UNDECLARED;
    for (var op : region) {
      if (NaiveDefinition.greater(op.definition(), by)) {
        by = op.definition();
      }
    }
    return switch (by.policy()) {
      case "keep" -> new Outcome(heads, by, false, null, winning(heads));
      case "local-role", "function" -> {
        var foremost = foremost(heads, by);
        yield new Outcome(
            heads,
            by,
            foremost != null,
            foremost,
            foremost == null ? winning(heads) : after(foremost));
      }
      case "latest" -> new Outcome(heads, by, true, null, after(region.getLast().version()));
      case "merge" -> new Outcome(heads, by, true, null, merged(body, region, by));
      default -> throw new IllegalStateException("no plan declares " + by);
    };
  }

  private @Nullable Hash foremost(Set<Hash> heads, NaiveDefinition by) {
    if (by.calls()) {
      return widest(heads);
    }
    for (var label : by.labels()) {
      var holders =
          heads.stream()
              .filter(head -> op(head).entry().entry().authority().labels().contains(label))
              .toList();
      if (!holders.isEmpty()) {
        return holders.size() == 1 ? holders.getFirst() : null;
      }
    }
    return null;
  }

  /** Of results of a function that of all that any was made of; of equal ones the greatest. */
  private @Nullable Hash widest(Set<Hash> heads) {
    var all = new HashSet<Hash>();
    for (var head : heads) {
      var intent = op(head).entry().entry().intent();
      if (op(head).parents().size() < 2 || intent == null || intent.command() == null) {
        return null;
      }
      all.addAll(op(head).parents());
    }
    Hash widest = null;
    for (var head : heads) {
      if (op(head).parents().equals(all) && (widest == null || head.compareTo(widest) > 0)) {
        widest = head;
      }
    }
    return widest;
  }

  private @Nullable Map<String, String> winning(Set<Hash> of) {
    Hash winner = null;
    for (var version : of) {
      if (winner == null || wins(version, winner)) {
        winner = version;
      }
    }
    return winner == null ? null : after(winner);
  }

  private boolean wins(Hash one, Hash other) {
    if ((after(one) == null) != (after(other) == null)) {
      return after(other) == null;
    }
    return op(one).generation() != op(other).generation()
        ? op(one).generation() > op(other).generation()
        : one.compareTo(other) > 0;
  }

  private @Nullable Map<String, String> before(Op op, Set<Hash> known) {
    if (op.parents().size() <= 1) {
      return op.parents().isEmpty() ? null : after(op.parents().iterator().next());
    }
    var outcome = fold(known);
    return op.definition().keeps() && !outcome.decided() ? winning(op.parents()) : outcome.body();
  }

  private static @Nullable Map<String, String> after(Op op, @Nullable Map<String, String> before) {
    if (!op.definition().merges()
        || op.change() instanceof Change.Undo
        || (before == null && op.change() instanceof Change.Put)) {
      return NaiveBody.after(op.change(), before);
    }
    return op.change() instanceof Change.Delete
        ? null
        : applied(parts(op.change(), before, op.definition()), before);
  }

  // ---- merging

  private @Nullable Map<String, String> merged(
      @Nullable Map<String, String> start, List<Op> region, NaiveDefinition by) {
    var body = start == null ? null : new TreeMap<>(start);
    // by field and item, who added it; nobody where it was there before
    var adders = new HashMap<String, Set<Hash>>();
    for (var op : region) {
      if (after(op.version()) == null) {
        body = null;
        continue;
      }
      var before = befores.get(op.version());
      var parts = parts(op.change(), before, by);
      var own = applied(parts, before);
      boolean whole = body == null;
      var into = body == null ? new TreeMap<>(own) : body;
      for (var part : parts) {
        take(part, op, own, before, into, adders, whole);
      }
      body = into;
    }
    return body;
  }

  private void take(
      Part part,
      Op op,
      Map<String, String> own,
      @Nullable Map<String, String> before,
      Map<String, String> body,
      Map<String, Set<Hash>> adders,
      boolean whole) {
    var field = part.field();
    var present = body.get(field);
    boolean had = before != null && before.containsKey(field);
    boolean joins =
        !part.kind().equals("write")
            && (present == null
                ? !had
                : part.kind().equals("items") ? isArray(present) : isNumber(present));
    if (part.kind().equals("write") || (!whole && !joins)) {
      if (own.containsKey(field)) {
        body.put(field, Objects.requireNonNull(own.get(field)));
      } else {
        body.remove(field);
      }
      adders.keySet().removeIf(item -> item.startsWith(field + ":"));
      var value = own.get(field);
      if (value != null && isArray(value)) {
        NaiveBody.items(value)
            .forEach(item -> adders.put(field + ":" + item, new HashSet<>(Set.of(op.version()))));
      }
      return;
    }
    if (part.kind().equals("items")) {
      var items = present == null ? new TreeSet<String>() : NaiveBody.items(present);
      for (var item : part.removed()) {
        var by = adders.computeIfAbsent(field + ":" + item, _ -> new HashSet<>());
        by.removeAll(ancestors(op.version()));
        if (by.isEmpty() && !whole) {
          items.remove(item);
        }
      }
      for (var item : part.added()) {
        items.add(item);
        adders.computeIfAbsent(field + ":" + item, _ -> new HashSet<>()).add(op.version());
      }
      body.put(field, NaiveBody.array(items));
    } else if (!whole) {
      body.put(field, number(part, present));
    }
  }

  private static String number(Part part, @Nullable String present) {
    var value = Objects.requireNonNull(part.value());
    if (part.kind().equals("add")) {
      return new BigDecimal(value)
          .add(new BigDecimal(present == null ? "0" : present))
          .toPlainString();
    }
    if (present == null) {
      return value;
    }
    int order = new BigDecimal(value).compareTo(new BigDecimal(present));
    return (part.kind().equals("max") ? order > 0 : order < 0) ? value : present;
  }

  private static Map<String, String> applied(
      List<Part> parts, @Nullable Map<String, String> before) {
    var body = before == null ? new TreeMap<String, String>() : new TreeMap<>(before);
    for (var part : parts) {
      var present = body.get(part.field());
      switch (part.kind()) {
        case "write" -> {
          if (part.value() == null) {
            body.remove(part.field());
          } else {
            body.put(part.field(), part.value());
          }
        }
        case "items" -> {
          var items = present == null ? new TreeSet<String>() : NaiveBody.items(present);
          items.removeAll(part.removed());
          items.addAll(part.added());
          body.put(part.field(), NaiveBody.array(items));
        }
        default -> body.put(part.field(), number(part, present));
      }
    }
    return body;
  }

  /** What a change that is no deletion does, field by field. */
  private static List<Part> parts(
      Change change, @Nullable Map<String, String> before, NaiveDefinition by) {
    if (change instanceof Change.Undo(_, var restoring)) {
      return parts(restoring, before, NaiveDefinition.UNDECLARED);
    }
    var old = before == null ? Map.<String, String>of() : before;
    var parts = new ArrayList<Part>();
    if (change instanceof Change.Put(var text)) {
      var now = NaiveBody.read(text.text());
      var names = new TreeSet<>(old.keySet());
      names.addAll(now.keySet());
      for (var name : names) {
        var value = now.get(name);
        if (!Objects.equals(old.get(name), value)) {
          parts.add(
              value == null ? Part.write(name, null) : written(name, old.get(name), value, by));
        }
      }
      return parts;
    }
    var patch = NaiveBody.patch(change);
    patch
        .set()
        .forEach((name, value) -> {
          var part = written(name, old.get(name), value, by);
          boolean same =
              part.kind().equals("items")
                  && old.containsKey(name)
                  && part.added().isEmpty()
                  && part.removed().isEmpty();
          if (!same) {
            parts.add(part);
          }
        });
    patch.unset().forEach(name -> parts.add(Part.write(name, null)));
    patch.increment().forEach((name, amount) -> parts.add(Part.number(name, "add", amount)));
    var arrays = new TreeSet<>(patch.add().keySet());
    arrays.addAll(patch.remove().keySet());
    for (var name : arrays) {
      var removed = patch.remove().getOrDefault(name, Set.of());
      var added = new TreeSet<>(patch.add().getOrDefault(name, Set.of()));
      added.removeAll(removed);
      parts.add(new Part(name, "items", null, added, removed));
    }
    return parts;
  }

  private static Part written(String name, @Nullable String old, String value, NaiveDefinition by) {
    var type = by.types().getOrDefault(name, "");
    if (type.equals("set") && isArray(value) && (old == null || isArray(old))) {
      var had = old == null ? new TreeSet<String>() : NaiveBody.items(old);
      var added = NaiveBody.items(value);
      var removed = new TreeSet<>(had);
      removed.removeAll(added);
      added.removeAll(had);
      return new Part(name, "items", null, added, removed);
    }
    if (!type.isEmpty()
        && !type.equals("set")
        && isNumber(value)
        && (old == null || isNumber(old))) {
      return type.equals("counter") || type.equals("escrow")
          ? Part.number(
              name,
              "add",
              new BigDecimal(value)
                  .subtract(new BigDecimal(old == null ? "0" : old))
                  .toPlainString())
          : Part.number(name, type, value);
    }
    return Part.write(name, value);
  }

  private static boolean isArray(String value) {
    return value.startsWith("[");
  }

  private static boolean isNumber(String value) {
    return value.matches("-?[0-9]+");
  }
}
