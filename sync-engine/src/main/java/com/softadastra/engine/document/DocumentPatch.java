package com.softadastra.engine.document;

import static java.util.Objects.requireNonNull;

import com.softadastra.contracts.documents.PatchBody.Notation;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonReader;
import com.softadastra.contracts.json.JsonText;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
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
 */
public final class DocumentPatch {
  // Numbers further apart than this would need more digits than anyone wrote.
  private static final int MOST_DIGITS = 1000;

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

  /**
   * An object that is being changed. Those that a field leads through are opened once and stay
   * open, so that many fields cost no more than the document and the patch are long.
   */
  private static final class Draft {
    /** {@link Json}, or a {@link Draft} where it is open. */
    private final TreeMap<String, Object> members;

    Draft(Json.Obj object) {
      members = new TreeMap<>(object.members());
    }

    void change(String field, UnaryOperator<@Nullable Json> change) {
      var path = path(field);
      if (path.size() > JsonReader.MAX_DEPTH) {
        throw new NotApplicable("a field that leads deeper than a document may be");
      }
      var at = this;
      for (int i = 0; i < path.size() - 1; i++) {
        var next = at.members.get(path.get(i));
        if (next == null) {
          var value = change.apply(null);
          if (value != null) {
            at.members.put(path.get(i), nested(path.subList(i + 1, path.size()), value));
          }
          return;
        }
        at = at.open(path.get(i), next, field);
      }
      var value = change.apply(json(at.members.get(path.getLast())));
      if (value == null) {
        at.members.remove(path.getLast());
      } else {
        at.members.put(path.getLast(), value);
      }
    }

    private Draft open(String name, Object member, String field) {
      if (member instanceof Draft open) {
        return open;
      }
      if (!(member instanceof Json.Obj object)) {
        throw new NotApplicable(field + ": leads through something that is no object");
      }
      var opened = new Draft(object);
      members.put(name, opened);
      return opened;
    }

    Json.Obj closed() {
      var closed = new TreeMap<String, Json>();
      members.forEach((name, member) -> closed.put(name, requireNonNull(json(member))));
      return new Json.Obj(closed);
    }

    private static @Nullable Json json(@Nullable Object member) {
      return member instanceof Draft open ? open.closed() : (Json) member;
    }

    private static Json nested(List<String> path, Json value) {
      var nested = value;
      for (var name : path.reversed()) {
        nested = Json.object(Map.of(name, nested));
      }
      return nested;
    }

    private static List<String> path(String field) {
      if (!field.startsWith("/")) {
        return List.of(field);
      }
      return Arrays.stream(field.substring(1).split("/", -1))
          .map(step -> step.replace("~1", "/").replace("~0", "~"))
          .toList();
    }
  }

  private static Json sum(String field, @Nullable Json old, Json change) {
    if (!(old == null || old instanceof Json.Num) || !(change instanceof Json.Num(var text))) {
      throw new NotApplicable(field + ": not a number");
    }
    if (isLong(old) || isLong(change)) {
      throw new NotApplicable(field + ": a number too long to be added to");
    }
    try {
      var left = old instanceof Json.Num(var present) ? new BigDecimal(present) : BigDecimal.ZERO;
      var right = new BigDecimal(text);
      if (wide(left) || wide(right)) {
        throw new NotApplicable(field + ": a number too long to be added to");
      }
      var sum = left.add(right);
      return new Json.Num(sum.toPlainString());
    } catch (NumberFormatException e) {
      throw new NotApplicable(field + ": a number too long to be added to");
    }
  }

  // reading a million digits takes seconds
  private static boolean isLong(@Nullable Json number) {
    return number instanceof Json.Num(var text) && text.length() > 3 * MOST_DIGITS;
  }

  private static boolean wide(BigDecimal number) {
    return Math.abs((long) number.scale()) > MOST_DIGITS || number.precision() > MOST_DIGITS;
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
