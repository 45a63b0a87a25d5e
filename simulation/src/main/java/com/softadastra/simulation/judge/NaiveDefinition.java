package com.softadastra.simulation.judge;

import com.softadastra.engine.document.Definition;
import com.softadastra.engine.log.DefinitionName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * A definition as the judge reads it.
 *
 * @param name null for what was never declared
 * @param types by field; plans declare fields of the document itself alone
 * @param labels in their order
 */
record NaiveDefinition(
    @Nullable DefinitionName name, String policy, Map<String, String> types, List<String> labels) {
  static final NaiveDefinition UNDECLARED = new NaiveDefinition(null, "keep", Map.of(), List.of());

  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Reads a definition's body; of the product it takes the form of its name alone. */
  static NaiveDefinition of(com.softadastra.contracts.json.JsonText body) {
    var name = Definition.of(body).map(Definition::name).orElseThrow();
    var tree = JSON.readTree(body.text());
    var types = new TreeMap<String, String>();
    tree.path("fields")
        .properties()
        .forEach(field -> types.put(field.getKey().substring(1), field.getValue().asString()));
    var labels = new ArrayList<String>();
    tree.path("labels").forEach(label -> labels.add(label.asString()));
    return new NaiveDefinition(name, tree.path("policy").asString(), types, labels);
  }

  boolean keeps() {
    return policy.equals("keep");
  }

  boolean ranks() {
    return policy.equals("local-role");
  }

  boolean calls() {
    return policy.equals("function");
  }

  boolean merges() {
    return policy.equals("merge");
  }

  /** The greater generation, then the greater hash; what was never declared comes first. */
  static boolean greater(NaiveDefinition one, NaiveDefinition other) {
    if (one.name == null || other.name == null) {
      return one.name != null;
    }
    return one.name.generation() != other.name.generation()
        ? one.name.generation() > other.name.generation()
        : one.name.hash().compareTo(other.name.hash()) > 0;
  }
}
