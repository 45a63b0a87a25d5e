package com.softadastra.engine.document;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.documents.CollectionDefinition;
import com.softadastra.contracts.documents.FieldDefinition;
import com.softadastra.contracts.documents.FieldType;
import com.softadastra.contracts.documents.Policy;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonReader;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.cbor.CborWriter;
import com.softadastra.engine.log.DefinitionName;
import com.softadastra.engine.log.Labels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a collection was declared to be, as the body of a document in the collection of definitions:
 *
 * <pre>
 * {"fields": {pointer: type}, "generation": from 1, "policy": policy}
 * {"fields": {}, "generation": from 1, "labels": [label, …], "policy": "local-role"}
 * {"fields": {}, "generation": from 1, "policy": "function", "resolver": name}
 * </pre>
 *
 * A body that has a generation and says more, or other things, is of a later version of this
 * software: it counts as a definition, and can't be folded under.
 *
 * @param name null for what a collection is that was never declared
 * @param policy null where this software doesn't know it
 * @param policyName as it was written
 * @param fields types by pointer, none of which overlap
 * @param labels of authors whose writes count, in their order
 * @param resolver the name of the function that decides, null where none does
 */
public record Definition(
    @Nullable DefinitionName name,
    @Nullable Policy policy,
    String policyName,
    SortedMap<String, FieldType> fields,
    List<String> labels,
    @Nullable String resolver) {
  /** What a collection is that was never declared. */
  public static final Definition UNDECLARED =
      new Definition(null, Policy.KEEP, "keep", new TreeMap<>(), List.of(), null);

  private static final Pattern RESOLVER = Pattern.compile("[a-z][a-z0-9-]{0,62}");
  private static final int MOST_STEPS = JsonReader.MAX_DEPTH;

  /** Its number among the collection's definitions, 0 where there is none. */
  public long generation() {
    return name == null ? 0 : name.generation();
  }

  /** Whether this software can fold under it. */
  public boolean known() {
    return policy != null;
  }

  public boolean merges() {
    return policy == Policy.MERGE;
  }

  public boolean keeps() {
    return policy == Policy.KEEP;
  }

  /** Whether labels decide. */
  public boolean ranks() {
    return policy == Policy.LOCAL_ROLE;
  }

  /** Whether a function of the application's own decides. */
  public boolean calls() {
    return policy == Policy.FUNCTION;
  }

  /** The place of an author with these labels, from 0; behind all where it has none of them. */
  int rank(List<String> of) {
    for (int i = 0; i < labels.size(); i++) {
      if (of.contains(labels.get(i))) {
        return i;
      }
    }
    return labels.size();
  }

  /** The label by which an author with these has its place. */
  public Optional<String> label(List<String> of) {
    return labels.stream().filter(of::contains).findFirst();
  }

  /** Whether it counts before another in a concurrent region. */
  boolean after(Definition other) {
    return name != null && (other.name == null || name.compareTo(other.name) > 0);
  }

  /** The definition as a document's body. */
  public static JsonText body(long generation, CollectionDefinition declared) {
    var types = new TreeMap<String, Json>();
    declared
        .fields()
        .forEach((field, definition) ->
            types.put(Pointer.of(field), new Json.Str(wireName(definition.type()))));
    var members = new TreeMap<String, Json>();
    members.put("generation", new Json.Num(Long.toString(generation)));
    members.put("policy", new Json.Str(wireName(declared.policy())));
    members.put("fields", Json.object(types));
    if (declared.policy() == Policy.LOCAL_ROLE) {
      members.put(
          "labels", new Json.Arr(declared.labels().stream().<Json>map(Json.Str::new).toList()));
    }
    var resolver = declared.resolver();
    if (declared.policy() == Policy.FUNCTION && resolver != null) {
      members.put("resolver", new Json.Str(resolver));
    }
    return JsonText.of(Json.object(members));
  }

  /** Fields that can't be declared together, or can't be reached; empty where there are none. */
  public static Optional<String> misdeclared(CollectionDefinition declared) {
    var pointers = new TreeMap<String, String>();
    for (var field : declared.fields().keySet()) {
      var pointer = Pointer.of(field);
      if (pointers.put(pointer, field) != null) {
        return Optional.of(field + " is declared twice");
      }
      if (Pointer.steps(pointer).size() > MOST_STEPS) {
        return Optional.of(field + " leads deeper than a document may be");
      }
    }
    return overlapping(pointers);
  }

  private static Optional<String> overlapping(SortedMap<String, String> pointers) {
    for (var lower : pointers.entrySet()) {
      var steps = Pointer.steps(lower.getKey());
      var upper = Pointer.WHOLE;
      for (var step : steps.subList(0, steps.size() - 1)) {
        upper = Pointer.child(upper, step);
        if (pointers.containsKey(upper)) {
          return Optional.of(lower.getValue() + " lies within " + pointers.get(upper));
        }
      }
    }
    return Optional.empty();
  }

  /** The definition that a body is; empty where it has no generation and so is none. */
  public static Optional<Definition> of(JsonText body) {
    var object = body.read();
    if (!(object.get("generation") instanceof Json.Num(var number))
        || !number.matches("[1-9][0-9]{0,15}")) {
      return Optional.empty();
    }
    var hash =
        Hash.sha256(
            new CborWriter(64 + body.text().length())
                .array(2)
                .text("softadastra.definition.1")
                .bytes(body.utf8())
                .toByteArray());
    var name = new DefinitionName(Long.parseLong(number), hash);
    var policyName = object.get("policy") instanceof Json.Str(var text) ? text : "";
    var policy = constant(Policy.class, policyName);
    var fields = fields(object.get("fields"));
    boolean ranks = policy.filter(each -> each == Policy.LOCAL_ROLE).isPresent();
    var labels = ranks ? labels(object.get("labels")) : Optional.of(List.<String>of());
    boolean calls = policy.filter(each -> each == Policy.FUNCTION).isPresent();
    var resolver = calls ? resolver(object.get("resolver")) : Optional.<String>empty();
    boolean known =
        policy.isPresent()
            && fields.isPresent()
            && labels.isPresent()
            && resolver.isPresent() == calls
            && !((ranks || calls) && !fields.get().isEmpty())
            && object.members().size() == (ranks || calls ? 4 : 3);
    return Optional.of(
        known
            ? new Definition(
                name, policy.get(), policyName, fields.get(), labels.get(), resolver.orElse(null))
            : new Definition(name, null, policyName, new TreeMap<>(), List.of(), null));
  }

  private static Optional<SortedMap<String, FieldType>> fields(@Nullable Json json) {
    if (!(json instanceof Json.Obj(var members))) {
      return Optional.empty();
    }
    var fields = new TreeMap<String, FieldType>();
    var names = new TreeMap<String, String>();
    for (var member : members.entrySet()) {
      var type =
          member.getValue() instanceof Json.Str(var text)
              ? constant(FieldType.class, text)
              : Optional.<FieldType>empty();
      var pointer = member.getKey();
      if (type.isEmpty()
          || !pointer.equals(Pointer.of(pointer))
          || Pointer.steps(pointer).size() > MOST_STEPS) {
        return Optional.empty();
      }
      fields.put(pointer, type.get());
      names.put(pointer, pointer);
    }
    return overlapping(names).isPresent() ? Optional.empty() : Optional.of(fields);
  }

  private static Optional<String> resolver(@Nullable Json json) {
    return json instanceof Json.Str(var name) && RESOLVER.matcher(name).matches()
        ? Optional.of(name)
        : Optional.empty();
  }

  private static Optional<List<String>> labels(@Nullable Json json) {
    if (!(json instanceof Json.Arr(var items)) || items.isEmpty() || items.size() > Labels.MOST) {
      return Optional.empty();
    }
    var labels = new ArrayList<String>();
    for (var item : items) {
      if (!(item instanceof Json.Str(var label)) || labels.contains(label)) {
        return Optional.empty();
      }
      labels.add(label);
    }
    return Optional.of(labels);
  }

  private static <E extends Enum<E>> Optional<E> constant(Class<E> type, String name) {
    return Arrays.stream(type.getEnumConstants())
        .filter(constant -> wireName(constant).equals(name))
        .findFirst();
  }

  private static String wireName(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The same as it was declared. */
  public CollectionDefinition declared() {
    var declared = new TreeMap<String, FieldDefinition>();
    fields.forEach(
        (pointer, type) -> declared.put(EscrowChange.name(pointer), new FieldDefinition(type)));
    return new CollectionDefinition(
        policy == null ? Policy.KEEP : policy, declared, labels, resolver);
  }
}
