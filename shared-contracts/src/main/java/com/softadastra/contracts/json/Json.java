package com.softadastra.contracts.json;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A JSON value that keeps numbers as they were written. Objects hold their members in the order of
 * canonical text (by UTF-16 code units, as RFC 8785 sorts them), so that equal values have equal
 * text.
 */
public sealed interface Json {
  record Obj(SortedMap<String, Json> members) implements Json {
    public Obj {
      members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
    }

    public @Nullable Json get(String name) {
      return members.get(name);
    }
  }

  record Arr(List<Json> items) implements Json {
    public Arr {
      items = List.copyOf(items);
    }
  }

  record Str(String value) implements Json {}

  /**
   * @param text the number exactly as it was written
   */
  record Num(String text) implements Json {}

  record Bool(boolean value) implements Json {}

  record Null() implements Json {}

  Null NULL = new Null();

  /**
   * The canonical text: sorted members, no white space, strings escaped no more than needed,
   * numbers as written.
   */
  default String canonical() {
    var out = new StringBuilder(128);
    CanonicalWriter.write(this, out);
    return out.toString();
  }

  /** How many values it is made of, itself counted. Recursion is bounded by the depth. */
  default int values() {
    return switch (this) {
      case Obj(var members) -> 1 + members.values().stream().mapToInt(Json::values).sum();
      case Arr(var items) -> 1 + items.stream().mapToInt(Json::values).sum();
      case Str _, Num _, Bool _, Null _ -> 1;
    };
  }

  /** The deepest nesting of objects and arrays: 0 for a scalar, 1 for {@code {}}. */
  default int depth() {
    record Level(Iterator<? extends Json> rest) {}
    var open = new ArrayList<Level>();
    open.add(new Level(List.of(this).iterator()));
    int deepest = 0;
    while (!open.isEmpty()) {
      var rest = open.getLast().rest();
      if (!rest.hasNext()) {
        open.removeLast();
        continue;
      }
      switch (rest.next()) {
        case Obj(var members) -> open.add(new Level(members.values().iterator()));
        case Arr(var items) -> open.add(new Level(items.iterator()));
        case Str _, Num _, Bool _, Null _ -> {}
      }
      deepest = Math.max(deepest, open.size() - 1);
    }
    return deepest;
  }

  static Obj object(Map<String, Json> members) {
    return new Obj(new TreeMap<>(members));
  }
}
