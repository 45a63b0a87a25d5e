package com.softadastra.simulation.judge;

import com.softadastra.engine.log.Change;
import java.math.BigDecimal;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;
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
      case Change.Difference _, Change.Undo _ ->
          throw new IllegalStateException("of a policy that no plan declares");
      case Change.Patch(var notation, var text) -> {
        var fields = before == null ? new TreeMap<String, String>() : new TreeMap<>(before);
        var patch = JSON.readTree(text.text());
        switch (notation) {
          case MERGE -> merge(fields, patch);
          case FIELDS -> fields(fields, patch);
        }
        yield fields;
      }
    };
  }

  private static void merge(Map<String, String> fields, JsonNode patch) {
    for (var field : patch.properties()) {
      if (field.getValue().isNull()) {
        fields.remove(field.getKey());
      } else {
        fields.put(field.getKey(), field.getValue().toString());
      }
    }
  }

  private static void fields(Map<String, String> fields, JsonNode patch) {
    for (var field : patch.path("set").properties()) {
      fields.put(field.getKey(), field.getValue().toString());
    }
    for (Iterator<JsonNode> names = patch.path("unset").iterator(); names.hasNext(); ) {
      fields.remove(names.next().asString());
    }
    for (var field : patch.path("increment").properties()) {
      var old = new BigDecimal(fields.getOrDefault(field.getKey(), "0"));
      fields.put(
          field.getKey(), old.add(new BigDecimal(field.getValue().toString())).toPlainString());
    }
  }

  static Map<String, String> read(String json) {
    var fields = new TreeMap<String, String>();
    JSON.readTree(json).properties().forEach(f -> fields.put(f.getKey(), f.getValue().toString()));
    return fields;
  }

  static String write(Map<String, String> fields) {
    return fields.entrySet().stream()
        .map(field -> "\"" + field.getKey() + "\":" + field.getValue())
        .collect(Collectors.joining(",", "{", "}"));
  }
}
