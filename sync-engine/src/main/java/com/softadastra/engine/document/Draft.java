package com.softadastra.engine.document;

import static java.util.Objects.requireNonNull;

import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonReader;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * An object that is being changed. Those that a field leads through are opened once and stay open,
 * so that many fields cost no more than the document and the changes are long.
 */
final class Draft {
  /** {@link Json}, or a {@link Draft} where it is open. */
  private final TreeMap<String, Object> members;

  Draft(Json.Obj object) {
    members = new TreeMap<>(object.members());
  }

  /**
   * Changes a field; objects that it leads through and that are missing are made.
   *
   * @param change gets the field's value and gives another, null for none
   * @throws DocumentPatch.NotApplicable where it leads through something else, or too deep
   */
  void change(String field, UnaryOperator<@Nullable Json> change) {
    var path = Pointer.steps(field);
    if (path.size() > JsonReader.MAX_DEPTH) {
      throw new DocumentPatch.NotApplicable("a field that leads deeper than a document may be");
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
      if (!(next instanceof Draft) && !(next instanceof Json.Obj)) {
        throw new DocumentPatch.NotApplicable(
            field + ": leads through something that is no object");
      }
      at = at.open(path.get(i), next);
    }
    var value = change.apply(json(at.members.get(path.getLast())));
    if (value == null) {
      at.members.remove(path.getLast());
    } else {
      at.members.put(path.getLast(), value);
    }
  }

  /** Whether a field can be reached, or made, without replacing what it leads through. */
  boolean reaches(String pointer) {
    return find(pointer).reached();
  }

  /** A field's value, null where there is none. */
  @Nullable Json get(String pointer) {
    return find(pointer).value();
  }

  private record Found(boolean reached, @Nullable Json value) {}

  private Found find(String pointer) {
    var path = Pointer.steps(pointer);
    var at = this;
    for (var step : path.subList(0, path.size() - 1)) {
      switch (at.members.get(step)) {
        case null -> {
          return new Found(true, null);
        }
        case Draft open -> at = open;
        case Json.Obj object -> at = at.open(step, object);
        default -> {
          return new Found(false, null);
        }
      }
    }
    return new Found(true, json(at.members.get(path.getLast())));
  }

  /** Gives a field a value, or takes it away, and replaces what is no object on the way there. */
  void put(String pointer, @Nullable Json value) {
    if (reaches(pointer)) {
      change(pointer, _ -> value);
      return;
    }
    if (value == null) {
      return;
    }
    var path = Pointer.steps(pointer);
    var at = this;
    for (int i = 0; i < path.size() - 1; i++) {
      var next = at.members.get(path.get(i));
      if (!(next instanceof Draft) && !(next instanceof Json.Obj)) {
        at.members.put(path.get(i), nested(path.subList(i + 1, path.size()), value));
        return;
      }
      at = at.open(path.get(i), next);
    }
    throw new IllegalStateException("a field that can't be reached and can");
  }

  private Draft open(String name, Object member) {
    if (member instanceof Draft open) {
      return open;
    }
    var opened = new Draft((Json.Obj) member);
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
}
