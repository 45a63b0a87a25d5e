package com.softadastra.engine.document;

import com.softadastra.contracts.documents.PatchBody.Notation;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonText;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Applies a patch to a body: RFC 7396, or the field notation.
 *
 * <pre>
 * {"set": {field: value}, "unset": [field], "increment": {field: number}, "add": {field: [value]}, "remove": {field: [value]}}
 * </pre>
 *
 * A field is a member's name, or a JSON Pointer (RFC 6901) where it starts with {@code /}; a
 * pointer leads through objects only, and those missing are made. What is absent counts as 0 or [].
 * Parts are applied in the order above.
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
    if (patched.depth() > com.softadastra.contracts.json.JsonReader.MAX_DEPTH) {
      throw new NotApplicable("the patched document would be too deep");
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
    Json result = document;
    for (var member : object(patch, "set").entrySet()) {
      result = at(result, member.getKey(), _ -> member.getValue());
    }
    for (var field : array(patch.get("unset"), "unset")) {
      if (!(field instanceof Json.Str(var name))) {
        throw new NotApplicable("unset: expected field names");
      }
      result = at(result, name, _ -> null);
    }
    for (var member : object(patch, "increment").entrySet()) {
      result = at(result, member.getKey(), old -> sum(member.getKey(), old, member.getValue()));
    }
    for (var member : object(patch, "add").entrySet()) {
      result =
          at(
              result,
              member.getKey(),
              old -> added(array(old, member.getKey()), array(member.getValue(), "add")));
    }
    for (var member : object(patch, "remove").entrySet()) {
      result =
          at(
              result,
              member.getKey(),
              old -> removed(array(old, member.getKey()), array(member.getValue(), "remove")));
    }
    return result;
  }

  private static Json at(Json document, String field, UnaryOperator<@Nullable Json> change) {
    var path = new ArrayList<String>();
    if (field.startsWith("/")) {
      for (var step : field.substring(1).split("/", -1)) {
        path.add(step.replace("~1", "/").replace("~0", "~"));
      }
    } else {
      path.add(field);
    }
    var changed = at(document, path, field, change);
    return changed == null ? document : changed;
  }

  private static @Nullable Json at(
      @Nullable Json json, List<String> path, String field, UnaryOperator<@Nullable Json> change) {
    if (path.isEmpty()) {
      return change.apply(json);
    }
    if (json != null && !(json instanceof Json.Obj)) {
      throw new NotApplicable(field + ": leads through something that is no object");
    }
    var members =
        json instanceof Json.Obj(var present)
            ? new TreeMap<>(present)
            : new TreeMap<String, Json>();
    var value = at(members.get(path.getFirst()), path.subList(1, path.size()), field, change);
    if (value == null) {
      members.remove(path.getFirst());
    } else {
      members.put(path.getFirst(), value);
    }
    return json == null && value == null ? null : new Json.Obj(members);
  }

  private static Json sum(String field, @Nullable Json old, Json change) {
    if (!(old == null || old instanceof Json.Num) || !(change instanceof Json.Num(var text))) {
      throw new NotApplicable(field + ": not a number");
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

  private static boolean wide(BigDecimal number) {
    return Math.abs((long) number.scale()) > MOST_DIGITS || number.precision() > MOST_DIGITS;
  }

  private static Json added(List<Json> old, List<Json> more) {
    var items = new ArrayList<>(old);
    more.stream().filter(item -> !items.contains(item)).forEach(items::add);
    return new Json.Arr(items);
  }

  private static Json removed(List<Json> old, List<Json> less) {
    return new Json.Arr(old.stream().filter(item -> !less.contains(item)).toList());
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
