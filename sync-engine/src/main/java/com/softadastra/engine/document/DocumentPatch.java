package com.softadastra.engine.document;

import com.softadastra.contracts.documents.PatchBody.Notation;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonReader;
import com.softadastra.contracts.json.JsonText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Applies a patch to a body: RFC 7396, or the field notation.
 *
 * <pre>
 * {"set": {field: value}, "unset": [field], "increment": {field: number}, "add": {field: [value]}, "remove": {field: [value]}}
 * </pre>
 *
 * A field is a member's name, or a JSON Pointer (RFC 6901) where it starts with {@code /}; a
 * pointer leads through objects only, no deeper than a document may be, and those missing are made.
 * What is absent counts as 0 or []. Parts are applied in the order above.
 *
 * <p>No two of them name one field, or one that leads to the other, but for {@code add} and {@code
 * remove} of the same: what is both set and unset, or set and incremented, is a contradiction,
 * which {@link #twice} finds and nobody records any more. Those that were recorded are applied in
 * order.
 */
public final class DocumentPatch {
  private DocumentPatch() {}

  /** The patch doesn't fit the document. */
  public static final class NotApplicable extends RuntimeException {
    private static final long serialVersionUID = 1;

    NotApplicable(String message) {
      super(message, null, false, false);
    }
  }

  /**
   * The patched body.
   *
   * @param base null for a document without a body, which counts as empty
   * @throws NotApplicable with a sentence that says why
   */
  public static JsonText apply(Notation notation, JsonText patch, @Nullable JsonText base) {
    var document = base == null ? Json.object(new TreeMap<>()) : base.read();
    var patched =
        switch (notation) {
          case MERGE -> merge(document, patch.read());
          case FIELDS -> fields(document, patch.read());
        };
    if (patched.depth() > JsonReader.MAX_DEPTH) {
      throw new NotApplicable("the patched document would be too deep");
    }
    if (patched.values() > JsonReader.MAX_VALUES) {
      throw new NotApplicable("the patched document would have too many values");
    }
    return JsonText.of((Json.Obj) patched);
  }

  /**
   * The same for an operation that is recorded already: a patch that doesn't fit changes nothing.
   */
  static JsonText applyLeniently(Notation notation, JsonText patch, @Nullable JsonText base) {
    try {
      return apply(notation, patch, base);
    } catch (NotApplicable e) {
      return base == null ? new JsonText("{}") : base;
    }
  }

  /**
   * A field of which a patch says two things, as the patch names it.
   *
   * @throws NotApplicable where it isn't of the form
   */
  public static Optional<String> twice(Notation notation, JsonText patch) {
    if (notation == Notation.MERGE) {
      return Optional.empty();
    }
    var parts = patch.read();
    var named = new ArrayList<Named>();
    for (var part : List.of("set", "increment", "add", "remove")) {
      object(parts, part).keySet().forEach(field -> named.add(new Named(field, part)));
    }
    for (var field : array(parts.get("unset"), "unset")) {
      if (field instanceof Json.Str(var name)) {
        named.add(new Named(name, "unset"));
      }
    }
    // each comes right before those that it leads to
    named.sort(Comparator.comparing(Named::pointer, Pointer.ORDER).thenComparing(Named::part));
    for (int i = 1; i < named.size(); i++) {
      var one = named.get(i - 1);
      var other = named.get(i);
      if (Pointer.covers(one.pointer(), other.pointer()) && !one.joins(other)) {
        return Optional.of(other.field());
      }
    }
    return Optional.empty();
  }

  private record Named(String field, String pointer, String part) {
    Named(String field, String part) {
      this(field, Pointer.of(field), part);
    }

    boolean joins(Named next) {
      return pointer.equals(next.pointer) && part.equals("add") && next.part.equals("remove");
    }
  }

  /** RFC 7396; recursion is bounded by the depth that the reader lets in. */
  private static Json merge(@Nullable Json target, Json patch) {
    if (!(patch instanceof Json.Obj(var changes))) {
      return patch;
    }
    var members =
        target instanceof Json.Obj(var present)
            ? new TreeMap<>(present)
            : new TreeMap<String, Json>();
    changes.forEach((name, change) -> {
      if (change instanceof Json.Null) {
        members.remove(name);
      } else {
        members.put(name, merge(members.get(name), change));
      }
    });
    return new Json.Obj(members);
  }

  /** What a merge patch makes where nothing is. */
  static Json withoutNulls(Json.Obj patch) {
    return merge(null, patch);
  }

  private static Json fields(Json.Obj document, Json.Obj patch) {
    var draft = new Draft(document);
    object(patch, "set").forEach((field, value) -> draft.change(field, _ -> value));
    for (var field : array(patch.get("unset"), "unset")) {
      if (!(field instanceof Json.Str(var name))) {
        throw new NotApplicable("unset: expected field names");
      }
      draft.change(name, _ -> null);
    }
    object(patch, "increment")
        .forEach((field, by) -> draft.change(field, old -> sum(field, old, by)));
    object(patch, "add")
        .forEach((field, more) ->
            draft.change(field, old -> added(array(old, field), array(more, "add"))));
    object(patch, "remove")
        .forEach((field, less) ->
            draft.change(field, old -> removed(array(old, field), array(less, "remove"))));
    return draft.closed();
  }

  private static Json sum(String field, @Nullable Json old, Json change) {
    if (!(old == null || old instanceof Json.Num) || !(change instanceof Json.Num)) {
      throw new NotApplicable(field + ": not a number");
    }
    var left = Decimals.of(old);
    var right = Decimals.of(change);
    if (left.isEmpty() || right.isEmpty()) {
      throw new NotApplicable(field + ": a number too long to be added to");
    }
    return Decimals.json(left.get().add(right.get()));
  }

  private static Json added(List<Json> old, List<Json> more) {
    var items = new ArrayList<>(old);
    var present = texts(old);
    more.stream().filter(item -> present.add(item.canonical())).forEach(items::add);
    return new Json.Arr(items);
  }

  private static Json removed(List<Json> old, List<Json> less) {
    var gone = texts(less);
    return new Json.Arr(old.stream().filter(item -> !gone.contains(item.canonical())).toList());
  }

  /** Equal values have equal text, and texts are found fast whatever hashes an author chose. */
  private static Set<String> texts(List<Json> items) {
    return items.stream().map(Json::canonical).collect(Collectors.toCollection(HashSet::new));
  }

  private static java.util.SortedMap<String, Json> object(Json.Obj patch, String part) {
    return switch (patch.get(part)) {
      case null -> new TreeMap<>();
      case Json.Obj(var members) -> members;
      default -> throw new NotApplicable(part + ": expected an object");
    };
  }

  private static List<Json> array(@Nullable Json json, String field) {
    return switch (json) {
      case null -> List.of();
      case Json.Arr(var items) -> items;
      default -> throw new NotApplicable(field + ": not an array");
    };
  }
}
