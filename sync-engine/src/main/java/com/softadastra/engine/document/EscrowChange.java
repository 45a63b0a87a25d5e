package com.softadastra.engine.document;

import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.documents.FieldType;
import com.softadastra.contracts.documents.PatchBody;
import com.softadastra.contracts.documents.PatchBody.Notation;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.Operation;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What an operation does to the divided amounts of its document: the fields of type {@code escrow}.
 * It is read off the operation alone, whatever the document was, so that it is the same for ever.
 *
 * @param added by field; what is negative is spent
 * @param moved to other replicas
 */
public record EscrowChange(SortedMap<String, BigDecimal> added, List<Move> moved) {
  /** A part of the author's share becomes another replica's. */
  public record Move(String field, Replica to, BigDecimal amount) {}

  private static final String MOVE = "move";

  /** Digits of an amount, and of them those behind the point, at most. */
  private static final int MOST_DIGITS = 38;

  private static final int MOST_DECIMALS = 18;

  /** The fields of a definition that are divided. */
  public static List<String> fields(Definition definition) {
    return definition.merges()
        ? definition.fields().entrySet().stream()
            .filter(field -> field.getValue() == FieldType.ESCROW)
            .map(Map.Entry::getKey)
            .toList()
        : List.of();
  }

  /**
   * What an operation does to the amounts that its own definition divides; empty where it is none
   * that they can have: it takes such a field away, gives it a value whatever it had, or takes the
   * document away.
   */
  public static Optional<EscrowChange> of(Operation operation, Definition definition) {
    var fields = fields(definition);
    return switch (operation.change()) {
      case Change.Put(var body) ->
          operation.parents().isEmpty() ? first(body.read(), fields) : Optional.empty();
      case Change.Difference(var text, _) -> byField(text.read(), fields);
      case Change.Patch(var notation, var text) ->
          switch (notation) {
            case FIELDS -> byField(text.read(), fields);
            case MERGE -> merging(text.read(), fields);
          };
      case Change.Undo(_, Change.Patch(_, var text)) -> byField(text.read(), fields);
      case Change.Delete _, Change.Undo _ -> Optional.empty();
    };
  }

  /** The change that moves a part of a share. */
  public static PatchBody moving(String field, Replica to, BigDecimal amount) {
    var move =
        Json.object(
            Map.of(
                "amount",
                Decimals.json(amount),
                "incarnation",
                new Json.Str(to.incarnation().toString()),
                "to",
                new Json.Str(to.node().toString())));
    var patch = Json.object(Map.of(MOVE, Json.object(Map.of(Pointer.of(field), move))));
    return new PatchBody(Notation.FIELDS, JsonText.of(patch));
  }

  /** A field that is named either way, as a pointer. */
  public static String pointer(String field) {
    return Pointer.of(field);
  }

  /** A pointer as it may be named. */
  public static String name(String pointer) {
    var steps = Pointer.steps(pointer);
    return steps.size() == 1 && !steps.getFirst().startsWith("/") ? steps.getFirst() : pointer;
  }

  /** A document's amount; 0 where it has none. */
  public static BigDecimal amount(JsonText body, String pointer) {
    return Decimals.of(new Draft(body.read()).get(pointer)).orElse(BigDecimal.ZERO);
  }

  private static Optional<EscrowChange> first(Json.Obj body, List<String> fields) {
    var draft = new Draft(body);
    var added = new TreeMap<String, BigDecimal>();
    for (var field : fields) {
      if (!draft.reaches(field)) {
        return Optional.empty();
      }
      var value = draft.get(field);
      if (value != null) {
        var amount = amount(value);
        if (amount.isEmpty()) {
          return Optional.empty();
        }
        added.put(field, amount.get());
      }
    }
    return Optional.of(new EscrowChange(added, List.of()));
  }

  private static Optional<EscrowChange> merging(Json.Obj patch, List<String> fields) {
    for (var field : fields) {
      Json at = patch;
      for (var step : Pointer.steps(field)) {
        if (!(at instanceof Json.Obj object)) {
          return Optional.empty();
        }
        at = object.get(step);
        if (at == null) {
          break;
        }
      }
      if (at != null) {
        return Optional.empty();
      }
    }
    return Optional.of(new EscrowChange(new TreeMap<>(), List.of()));
  }

  private static Optional<EscrowChange> byField(Json.Obj patch, List<String> fields) {
    var written = new TreeSet<String>();
    for (var part : List.of("set", "add", "remove")) {
      written.addAll(members(patch, part).keySet());
    }
    if (patch.get("unset") instanceof Json.Arr(var names)) {
      for (var name : names) {
        if (name instanceof Json.Str(var text)) {
          written.add(text);
        }
      }
    }
    var added = new TreeMap<String, BigDecimal>();
    for (var increment : members(patch, "increment").entrySet()) {
      var pointer = Pointer.of(increment.getKey());
      if (!fields.contains(pointer)) {
        written.add(increment.getKey());
        continue;
      }
      var amount = amount(increment.getValue());
      if (amount.isEmpty()) {
        return Optional.empty();
      }
      added.merge(pointer, amount.get(), BigDecimal::add);
    }
    for (var name : written) {
      var pointer = Pointer.of(name);
      if (fields.stream().anyMatch(field -> Pointer.overlap(field, pointer))) {
        return Optional.empty();
      }
    }
    var moved = new ArrayList<Move>();
    for (var move : members(patch, MOVE).entrySet()) {
      var read = move(move.getKey(), move.getValue());
      if (read.isEmpty() || !fields.contains(read.get().field())) {
        return Optional.empty();
      }
      moved.add(read.get());
    }
    return Optional.of(new EscrowChange(added, moved));
  }

  private static Optional<Move> move(String field, Json json) {
    if (json instanceof Json.Obj object
        && object.get("amount") instanceof Json.Num number
        && object.get("to") instanceof Json.Str(var node)
        && object.get("incarnation") instanceof Json.Str(var incarnation)) {
      var amount = amount(number).filter(value -> value.signum() > 0);
      try {
        var to = new Replica(NodeId.parse(node), Incarnation.parse(incarnation));
        return amount.map(value -> new Move(field, to, value));
      } catch (IllegalArgumentException e) {
        return Optional.empty();
      }
    }
    return Optional.empty();
  }

  /** A number that can be an amount. */
  private static Optional<BigDecimal> amount(Json json) {
    return Decimals.of(json)
        .filter(number ->
            number.precision() <= MOST_DIGITS && Math.abs(number.scale()) <= MOST_DECIMALS);
  }

  private static SortedMap<String, Json> members(Json.Obj patch, String part) {
    return patch.get(part) instanceof Json.Obj(var members) ? members : new TreeMap<>();
  }
}
