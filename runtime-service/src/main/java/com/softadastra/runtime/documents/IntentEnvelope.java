package com.softadastra.runtime.documents;

import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.NumberRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.PatchBody;
import com.softadastra.contracts.documents.PatchBody.Notation;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.http.Fields;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonText;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads the body of {@code POST /intents}.
 *
 * <p>{@code patch} is in one of two notations. {@code patchType} says which, {@code merge} (RFC
 * 7396) or {@code fields}; without it the patch is taken as {@link Patches#notation} tells.
 */
final class IntentEnvelope {
  private static final int MAX_OPERATIONS = 1000;

  private final String space;
  private final Headers headers;
  private final Limits limits;

  /**
   * @param headers hold the intent's id and actor where the body doesn't
   */
  IntentEnvelope(String space, Headers headers, Limits limits) {
    this.space = space;
    this.headers = headers;
    this.limits = limits;
  }

  IntentRequest read(Json.Obj body) {
    var fields = Fields.of(body, "id", "actor", "priority", "operations", "replaces");
    var items = fields.array("operations");
    if (items.isEmpty() || items.size() > MAX_OPERATIONS) {
      throw fields.wrong("operations", "must have 1 to " + MAX_OPERATIONS + " items");
    }
    var operations = new ArrayList<OperationRequest>();
    record Address(String collection, String id) {}
    var addresses = new HashSet<Address>();
    for (int i = 0; i < items.size(); i++) {
      String path = "operations[" + i + "]";
      if (!(items.get(i) instanceof Json.Obj item)) {
        throw Names.refused(path, "must be an object");
      }
      var operation = operation(path, item);
      if (!addresses.add(new Address(operation.collection(), operation.id()))) {
        throw Names.refused(path, "is a second operation on the same document");
      }
      operations.add(operation);
    }
    return new IntentRequest(
        space,
        id(fields).orElse(null),
        fields
            .optionalString("actor")
            .map(actor -> Names.text("actor", actor))
            .or(headers::actor)
            .orElse(null),
        fields.optionalEnum("priority", Priority.class).orElse(Priority.NORMAL),
        operations,
        fields.optionalString("replaces").orElse(null));
  }

  private Optional<String> id(Fields fields) {
    var inBody = fields.optionalString("id").map(id -> Names.text("id", id));
    var inHeader = headers.idempotencyKey();
    if (inBody.isPresent() && inHeader.isPresent() && !inBody.equals(inHeader)) {
      throw fields.wrong("id", "differs from " + Headers.IDEMPOTENCY_KEY);
    }
    return inBody.or(() -> inHeader);
  }

  private OperationRequest operation(String path, Json.Obj item) {
    var fields =
        Fields.at(
            path,
            item,
            "op",
            "collection",
            "id",
            "body",
            "patch",
            "patchType",
            "ifVersion",
            "base",
            "number");
    fields.string("op");
    var op = fields.optionalEnum("op", OperationKind.class).orElseThrow();
    String collection = Names.name(fields.path("collection"), fields.string("collection"));
    String id = Names.id(fields.path("id"), fields.string("id"));
    var condition = condition(fields);
    return switch (op) {
      case PUT -> {
        refuse(fields, "patch", "patchType");
        yield new OperationRequest(
            op, collection, id, body(fields), null, condition, null, number(fields));
      }
      case PATCH -> {
        refuse(fields, "body");
        yield new OperationRequest(
            op, collection, id, null, patch(fields), condition, null, number(fields));
      }
      case DELETE -> {
        refuse(fields, "body", "patch", "patchType", "number");
        yield new OperationRequest(op, collection, id, null, null, condition);
      }
    };
  }

  private static void refuse(Fields fields, String... names) {
    for (String name : names) {
      if (fields.has(name)) {
        throw fields.wrong(name, "has no meaning for this op");
      }
    }
  }

  /** The field that gets the next number of a sequence. */
  private static @Nullable NumberRequest number(Fields fields) {
    return fields
        .optionalObject("number")
        .map(object -> {
          var number = Fields.at(fields.path("number"), object, "field", "sequence");
          var field = number.string("field");
          if (field.isEmpty() || field.length() > 512) {
            throw number.wrong("field", "must have 1 to 512 characters");
          }
          return new NumberRequest(
              field, Names.name(number.path("sequence"), number.string("sequence")));
        })
        .orElse(null);
  }

  private JsonText body(Fields fields) {
    return limits.within(fields.object("body"), fields.path("body"));
  }

  private PatchBody patch(Fields fields) {
    var patch = fields.object("patch");
    var notation =
        fields.optionalEnum("patchType", Notation.class).orElseGet(() -> Patches.notation(patch));
    if (notation == Notation.FIELDS) {
      Patches.requireFields(fields.path("patch"), patch);
    }
    return new PatchBody(notation, limits.within(patch, fields.path("patch")));
  }

  private static Condition condition(Fields fields) {
    if (fields.has("ifVersion") && fields.has("base")) {
      throw fields.wrong("base", "can't stand beside ifVersion");
    }
    if (fields.has("ifVersion")) {
      return new Condition(Condition.Kind.MATCH, List.of(fields.string("ifVersion")));
    }
    return fields
        .value("base")
        .map(base -> new Condition(Condition.Kind.BASE, versions(fields, base)))
        .orElse(Condition.ANY);
  }

  /** One version, or an array of them; an empty one is a base of nothing. */
  private static List<String> versions(Fields fields, Json base) {
    var items = base instanceof Json.Arr(var several) ? several : List.of(base);
    return items.stream().map(item -> version(fields, item)).toList();
  }

  private static String version(Fields fields, Json item) {
    if (item instanceof Json.Str(var text) && Fields.isUnicode(text)) {
      return text;
    }
    throw fields.wrong("base", "must be a version or an array of versions");
  }
}
