package com.softadastra.engine.document;

import com.softadastra.contracts.documents.FieldType;
import com.softadastra.contracts.documents.PatchBody.Notation;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonReader;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.log.Change;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a change does to a document field by field, under policy {@code merge}. A whole body counts
 * as its difference to the body it was put on. Every write of a field of a declared type counts as
 * what it changes there, unless the value that is there or comes is of another kind.
 */
final class Effects {
  private static final Json.Obj NOTHING = Json.object(new TreeMap<>());

  private final SortedMap<String, FieldType> types;
  private final List<Effect> effects = new ArrayList<>();

  private Effects(SortedMap<String, FieldType> types) {
    this.types = types;
  }

  /**
   * The effects of a change that is no deletion, on fields of which none overlap.
   *
   * @param before the body that it was made on, null for none
   */
  static List<Effect> of(Change change, Json.@Nullable Obj before, Definition definition) {
    var on = before == null ? NOTHING : before;
    return switch (change) {
      case Change.Put(var body) -> between(on, body.read(), definition.fields());
      case Change.Difference(var text, _) -> byField(text.read(), on, definition.fields());
      case Change.Patch(var notation, var text) ->
          switch (notation) {
            case FIELDS -> byField(text.read(), on, definition.fields());
            case MERGE -> merged(text, on, definition.fields());
          };
      // what was lost is given back as it was
      case Change.Undo(_, var restoring) -> of(restoring, before, Definition.UNDECLARED);
      case Change.Delete _ -> throw new IllegalArgumentException("a deletion has no fields");
    };
  }

  /** What makes one body of another. */
  static List<Effect> between(Json.Obj old, Json.Obj now, SortedMap<String, FieldType> types) {
    var between = new Effects(types);
    between.differ(Pointer.WHOLE, old, now);
    return between.effects;
  }

  private void differ(String at, Json.Obj old, Json.Obj now) {
    var names = new TreeSet<>(old.members().keySet());
    names.addAll(now.members().keySet());
    for (var name : names) {
      var field = Pointer.child(at, name);
      var left = old.get(name);
      var right = now.get(name);
      if (right == null) {
        effects.add(new Effect.Write(field, null));
      } else if (!right.equals(left)) {
        if (!types.containsKey(field)
            && left instanceof Json.Obj before
            && right instanceof Json.Obj after) {
          differ(field, before, after);
        } else if (left == null) {
          leaves(field, right);
        } else {
          write(field, left, right);
        }
      }
    }
  }

  /** A value where there was none: its leaves, so that others can come beside them. */
  private void leaves(String field, Json value) {
    if (!types.containsKey(field) && value instanceof Json.Obj(var members) && !members.isEmpty()) {
      members.forEach((name, member) -> leaves(Pointer.child(field, name), member));
    } else {
      write(field, null, value);
    }
  }

  /** A value in the place of another, by the field's type. */
  private void write(String field, @Nullable Json old, Json now) {
    var effect = typed(field, old, now).orElseGet(() -> new Effect.Write(field, now));
    // a set in another order is the same set
    boolean same =
        old != null
            && effect instanceof Effect.Items(_, var added, var removed)
            && added.isEmpty()
            && removed.isEmpty();
    if (!same) {
      effects.add(effect);
    }
  }

  private Optional<Effect> typed(String field, @Nullable Json old, Json now) {
    return switch (types.get(field)) {
      case null -> Optional.empty();
      case COUNTER, ESCROW -> {
        var left = Decimals.of(old);
        var right = Decimals.of(now);
        yield left.isPresent() && right.isPresent()
            ? Optional.of(new Effect.Add(field, right.get().subtract(left.get())))
            : Optional.empty();
      }
      case SET ->
          (old == null || old instanceof Json.Arr) && now instanceof Json.Arr(var items)
              ? Optional.of(
                  new Effect.Items(field, without(items, items(old)), without(items(old), items)))
              : Optional.empty();
      case MAX, MIN ->
          Decimals.of(old).isPresent()
                  && Decimals.of(now).isPresent()
                  && now instanceof Json.Num number
              ? Optional.of(new Effect.Bound(field, types.get(field), number))
              : Optional.empty();
    };
  }

  private static List<Effect> byField(
      Json.Obj patch, Json.Obj on, SortedMap<String, FieldType> types) {
    JsonText after;
    try {
      after = DocumentPatch.apply(Notation.FIELDS, JsonText.of(patch), JsonText.of(on));
    } catch (DocumentPatch.NotApplicable e) {
      return divided(patch, types);
    }
    var effects = new Effects(types);
    var draft = new Draft(on);
    members(patch, "set")
        .forEach((field, value) -> {
          var pointer = Pointer.of(field);
          effects.write(pointer, draft.get(pointer), value);
        });
    for (var field : items(patch.get("unset"))) {
      if (field instanceof Json.Str(var name)) {
        effects.effects.add(new Effect.Write(Pointer.of(name), null));
      }
    }
    members(patch, "increment")
        .forEach((field, by) ->
            effects.effects.add(new Effect.Add(Pointer.of(field), Decimals.of(by).orElseThrow())));
    var added = byPointer(members(patch, "add"));
    var removed = byPointer(members(patch, "remove"));
    var arrays = new TreeSet<>(added.keySet());
    arrays.addAll(removed.keySet());
    for (var field : arrays) {
      var less = removed.getOrDefault(field, List.of());
      effects.effects.add(
          new Effect.Items(field, without(added.getOrDefault(field, List.of()), less), less));
    }
    return apart(effects.effects, after.read(), types);
  }

  /** What a patch that doesn't fit still does: what was spent is spent. */
  private static List<Effect> divided(Json.Obj patch, SortedMap<String, FieldType> types) {
    var effects = new ArrayList<Effect>();
    members(patch, "increment")
        .forEach((field, by) -> {
          var pointer = Pointer.of(field);
          if (types.get(pointer) == FieldType.ESCROW) {
            Decimals.of(by).ifPresent(amount -> effects.add(new Effect.Add(pointer, amount)));
          }
        });
    return effects;
  }

  private static Map<String, List<Json>> byPointer(SortedMap<String, Json> fields) {
    var all = new LinkedHashMap<String, List<Json>>();
    fields.forEach((field, value) ->
        all.computeIfAbsent(Pointer.of(field), _ -> new ArrayList<>()).addAll(items(value)));
    return all;
  }

  /** Where parts of one change overlap, each of the outermost fields is written as it came out. */
  private static List<Effect> apart(
      List<Effect> effects, Json.Obj after, SortedMap<String, FieldType> types) {
    var outermost = new TreeSet<String>();
    boolean overlapping = false;
    for (var effect : effects) {
      var field = effect.field();
      overlapping |= outermost.stream().anyMatch(other -> Pointer.overlap(other, field));
      if (outermost.stream().noneMatch(other -> Pointer.covers(other, field))) {
        outermost.removeIf(other -> Pointer.covers(field, other));
        outermost.add(field);
      }
    }
    if (!overlapping) {
      return effects;
    }
    var draft = new Draft(after);
    var apart = new ArrayList<Effect>();
    for (var effect : effects) {
      // what is divided is never written as a whole
      if (effect instanceof Effect.Add && types.get(effect.field()) == FieldType.ESCROW) {
        outermost.remove(effect.field());
        apart.add(effect);
      }
    }
    outermost.forEach(field -> apart.add(new Effect.Write(field, draft.get(field))));
    return apart;
  }

  private static List<Effect> merged(
      JsonText patch, Json.Obj on, SortedMap<String, FieldType> types) {
    try {
      DocumentPatch.apply(Notation.MERGE, patch, JsonText.of(on));
    } catch (DocumentPatch.NotApplicable e) {
      return List.of();
    }
    var effects = new Effects(types);
    effects.merge(Pointer.WHOLE, on, patch.read());
    return effects.effects;
  }

  private void merge(String at, Json.Obj on, Json.Obj patch) {
    patch
        .members()
        .forEach((name, value) -> {
          var field = Pointer.child(at, name);
          var old = on.get(name);
          if (value instanceof Json.Null) {
            effects.add(new Effect.Write(field, null));
          } else if (value instanceof Json.Obj inner && !types.containsKey(field)) {
            if (old instanceof Json.Obj present) {
              merge(field, present, inner);
            } else if (old == null) {
              leaves(field, DocumentPatch.withoutNulls(inner));
            } else {
              effects.add(new Effect.Write(field, DocumentPatch.withoutNulls(inner)));
            }
          } else {
            write(
                field,
                old,
                value instanceof Json.Obj inner ? DocumentPatch.withoutNulls(inner) : value);
          }
        });
  }

  /** What they make of the body that they were taken from. */
  static Json.Obj applied(List<Effect> effects, Json.@Nullable Obj before) {
    var draft = new Draft(before == null ? NOTHING : before);
    for (var effect : effects) {
      switch (effect) {
        case Effect.Write(var field, var value) -> draft.put(field, value);
        case Effect.Add(var field, var by) ->
            draft.put(
                field,
                Decimals.json(Decimals.of(draft.get(field)).orElse(BigDecimal.ZERO).add(by)));
        case Effect.Items(var field, var added, var removed) ->
            draft.put(field, changed(items(draft.get(field)), added, removed));
        case Effect.Bound bound ->
            draft.put(bound.field(), bounded(draft.get(bound.field()), bound));
      }
    }
    return draft.closed();
  }

  static Json bounded(@Nullable Json old, Effect.Bound bound) {
    if (old == null) {
      return bound.number();
    }
    int order = Decimals.of(bound.number()).orElseThrow().compareTo(Decimals.of(old).orElseThrow());
    boolean moves = bound.type() == FieldType.MAX ? order > 0 : order < 0;
    return moves ? bound.number() : old;
  }

  private static Json.Arr changed(List<Json> old, List<Json> added, List<Json> removed) {
    var gone = texts(removed);
    var items = new ArrayList<Json>();
    old.stream().filter(item -> !gone.contains(item.canonical())).forEach(items::add);
    items.addAll(without(added, items));
    return new Json.Arr(items);
  }

  /**
   * The effects as a patch by field, where that is no longer than the body that they make and can
   * be read again.
   *
   * @param always also where it is longer
   */
  static Optional<JsonText> text(List<Effect> effects, JsonText body, boolean always) {
    var parts = new TreeMap<String, Json>();
    var set = new TreeMap<String, Json>();
    var unset = new ArrayList<Json>();
    var increment = new TreeMap<String, Json>();
    var add = new TreeMap<String, Json>();
    var remove = new TreeMap<String, Json>();
    for (var effect : effects) {
      switch (effect) {
        case Effect.Write(var field, var value) when value != null -> set.put(field, value);
        case Effect.Write(var field, _) -> unset.add(new Json.Str(field));
        case Effect.Add(var field, var by) -> increment.put(field, Decimals.json(by));
        case Effect.Items(var field, var added, var removed) -> {
          add.put(field, new Json.Arr(added));
          if (!removed.isEmpty()) {
            remove.put(field, new Json.Arr(removed));
          }
        }
        case Effect.Bound(var field, _, var number) -> set.put(field, number);
      }
    }
    put(parts, "set", set);
    put(parts, "increment", increment);
    put(parts, "add", add);
    put(parts, "remove", remove);
    if (!unset.isEmpty()) {
      parts.put("unset", new Json.Arr(unset));
    }
    var patch = Json.object(parts);
    if (patch.values() > JsonReader.MAX_VALUES || patch.depth() > JsonReader.MAX_DEPTH) {
      return Optional.empty();
    }
    var text = JsonText.of(patch);
    return always || text.text().length() <= body.text().length() + 64
        ? Optional.of(text)
        : Optional.empty();
  }

  private static void put(Map<String, Json> parts, String part, Map<String, Json> members) {
    if (!members.isEmpty()) {
      parts.put(part, Json.object(members));
    }
  }

  private static SortedMap<String, Json> members(Json.Obj patch, String part) {
    return patch.get(part) instanceof Json.Obj(var members) ? members : new TreeMap<>();
  }

  private static List<Json> items(@Nullable Json json) {
    return json instanceof Json.Arr(var items) ? items : List.of();
  }

  /** The items, each once, that are not among others. */
  private static List<Json> without(List<Json> items, List<Json> others) {
    var texts = texts(others);
    return items.stream().filter(item -> texts.add(item.canonical())).toList();
  }

  private static Set<String> texts(List<Json> items) {
    var texts = new HashSet<String>();
    items.forEach(item -> texts.add(item.canonical()));
    return texts;
  }
}
