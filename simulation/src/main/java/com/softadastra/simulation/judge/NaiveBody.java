package com.softadastra.simulation.judge;

import com.softadastra.contracts.documents.PatchBody;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.log.Change;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a body becomes, computed the plain way: a flat object is a map from names to values as they
 * are written. Workloads write nothing deeper.
 */
final class NaiveBody {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private NaiveBody() {}

  /**
   * @param before null where there is no document
   * @return null where there is none afterwards
   */
  static @Nullable Map<String, String> after(Change change, @Nullable Map<String, String> before) {
    return switch (change) {
      case Change.Put(var body) -> read(body.text());
      case Change.Delete _ -> null;
      case Change.Undo(_, var restoring) -> after(restoring, before);
      case Change.Patch _, Change.Difference _ -> {
        var fields = before == null ? new TreeMap<String, String>() : new TreeMap<>(before);
        var patch = patch(change);
        fields.putAll(patch.set());
        patch.unset().forEach(fields::remove);
        patch
            .increment()
            .forEach((name, by) -> {
              var old = new BigDecimal(fields.getOrDefault(name, "0"));
              fields.put(name, old.add(new BigDecimal(by)).toPlainString());
            });
        patch
            .add()
            .forEach((name, added) -> {
              var items = items(fields.getOrDefault(name, "[]"));
              items.addAll(added);
              fields.put(name, array(items));
            });
        patch
            .remove()
            .forEach((name, removed) -> {
              var items = items(fields.getOrDefault(name, "[]"));
              items.removeAll(removed);
              fields.put(name, array(items));
            });
        yield fields;
      }
    };
  }

  /** A patch, whatever its notation, by field. */
  record Patch(
      Map<String, String> set,
      List<String> unset,
      Map<String, String> increment,
      Map<String, Set<String>> add,
      Map<String, Set<String>> remove) {}

  static Patch patch(Change change) {
    var text =
        switch (change) {
          case Change.Patch(_, var patch) -> patch;
          case Change.Difference(var difference, _) -> difference;
          default -> throw new IllegalArgumentException("no patch: " + change);
        };
    var tree = JSON.readTree(text.text());
    var set = new TreeMap<String, String>();
    var unset = new ArrayList<String>();
    if (change instanceof Change.Patch(var notation, _) && notation == PatchBody.Notation.MERGE) {
      for (var field : tree.properties()) {
        if (field.getValue().isNull()) {
          unset.add(field.getKey());
        } else {
          set.put(field.getKey(), value(field.getValue()));
        }
      }
      return new Patch(set, unset, Map.of(), Map.of(), Map.of());
    }
    tree.path("set").properties().forEach(f -> set.put(name(f.getKey()), value(f.getValue())));
    tree.path("unset").forEach(field -> unset.add(name(field.asString())));
    var increment = new TreeMap<String, String>();
    tree.path("increment")
        .properties()
        .forEach(f -> increment.put(name(f.getKey()), f.getValue().toString()));
    return new Patch(set, unset, increment, arrays(tree.path("add")), arrays(tree.path("remove")));
  }

  private static Map<String, Set<String>> arrays(JsonNode tree) {
    var arrays = new TreeMap<String, Set<String>>();
    tree.properties().forEach(f -> arrays.put(name(f.getKey()), items(value(f.getValue()))));
    return arrays;
  }

  // a name, or a pointer to a field of the document itself
  private static String name(String field) {
    return field.startsWith("/") ? field.substring(1) : field;
  }

  private static String value(JsonNode value) {
    return value.isArray() ? array(items(value.toString())) : value.toString();
  }

  /** The items of an array. */
  static TreeSet<String> items(String array) {
    var items = new TreeSet<String>();
    JSON.readTree(array).forEach(item -> items.add(item.toString()));
    return items;
  }

  /** An array of these items, in an order of its own. */
  static String array(Set<String> items) {
    return items.stream().sorted().collect(Collectors.joining(",", "[", "]"));
  }

  static Map<String, String> read(String json) {
    var fields = new TreeMap<String, String>();
    JSON.readTree(json).properties().forEach(f -> fields.put(f.getKey(), value(f.getValue())));
    return fields;
  }

  /** Whether a body is that one; arrays count as sets. */
  static boolean is(@Nullable JsonText body, @Nullable Map<String, String> should) {
    if (body == null || should == null) {
      return body == null && should == null;
    }
    return should.values().stream().anyMatch(value -> value.startsWith("["))
        ? read(body.text()).equals(should)
        : body.text().equals(write(should));
  }

  static String write(Map<String, String> fields) {
    return fields.entrySet().stream()
        .map(field -> "\"" + field.getKey() + "\":" + field.getValue())
        .collect(Collectors.joining(",", "{", "}"));
  }
}
