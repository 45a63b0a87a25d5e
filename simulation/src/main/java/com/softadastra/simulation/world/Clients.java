package com.softadastra.simulation.world;

import static com.softadastra.simulation.judge.Invariant.REFUSAL;

import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.CollectionDefinition;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.FieldDefinition;
import com.softadastra.contracts.documents.FieldType;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.PatchBody;
import com.softadastra.contracts.documents.Policy;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.document.Decided;
import com.softadastra.engine.document.Definition;
import com.softadastra.engine.document.DocumentFold;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.space.Definitions;
import com.softadastra.engine.space.DocumentUpdate;
import com.softadastra.sync.documents.DocumentService;
import com.softadastra.sync.storage.DamagedRow;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Those who write: what they ask for, and what they are told. */
final class Clients {
  /** What a node may say to a request as these are made. */
  private static final Set<ProblemCode> EXPECTED =
      EnumSet.of(
          ProblemCode.VERSION_MISMATCH,
          ProblemCode.DOCUMENT_UNKNOWN,
          ProblemCode.DOCUMENT_DELETED,
          ProblemCode.BASE_UNKNOWN,
          ProblemCode.STORAGE_FULL,
          ProblemCode.UNREADABLE,
          ProblemCode.SPACE_UNKNOWN,
          ProblemCode.NOT_ALLOWED,
          ProblemCode.PATCH_NOT_APPLICABLE,
          ProblemCode.NOT_RECORDING,
          ProblemCode.SHARE_EXHAUSTED,
          ProblemCode.RANGE_EXHAUSTED,
          ProblemCode.SEQUENCE_UNKNOWN);

  private final World world;
  private final int documents;
  private final boolean declares;
  private final List<Asked> asked = new ArrayList<>();
  private int numbers;

  /** A request that was made, by whomever it was answered, if it was. */
  private record Asked(SpaceId space, IntentRequest request) {}

  /**
   * @param declares whether there are collections that were declared, whose fields have types
   */
  Clients(World world, int documents, boolean declares) {
    this.world = world;
    this.documents = documents;
    this.declares = declares;
  }

  void write(SimulatedNode node, SpaceId space, SplittableRandom random) {
    if (!node.runs()) {
      return;
    }
    int count = random.nextInt(4) == 0 ? 1 + random.nextInt(3) : 1;
    var operations = new ArrayList<OperationRequest>();
    var ids = new LinkedHashSet<Integer>();
    while (ids.size() < Math.min(count, documents)) {
      ids.add(random.nextInt(documents));
    }
    for (int id : ids) {
      operations.add(operation(node, space, "d" + id, random));
    }
    var id = random.nextInt(3) == 0 ? null : "intent-" + numbers++;
    submit(node, space, new IntentRequest("s", id, null, priority(random), operations));
  }

  /** Declares a collection anew, on all definitions that are known. */
  void declare(SimulatedNode node, SpaceId space, SplittableRandom random) {
    if (!node.runs()) {
      return;
    }
    var collection = random.nextInt(3) == 0 ? "orders" : "items";
    var known = node.document(Definitions.key(space, collection));
    var body = Definition.body(Definitions.current(known).generation() + 1, definition(random));
    var condition =
        known == null || !known.exists()
            ? new Condition(Condition.Kind.ABSENT, List.of())
            : new Condition(Condition.Kind.MATCH, List.of(known.version().toString()));
    var operation =
        new OperationRequest(
            OperationKind.PUT, Operation.DEFINITIONS, collection, body, null, condition);
    submit(node, space, new IntentRequest("s", null, null, priority(random), List.of(operation)));
  }

  private static CollectionDefinition definition(SplittableRandom random) {
    return switch (random.nextInt(8)) {
      case 0 -> CollectionDefinition.KEEP;
      case 1 -> new CollectionDefinition(Policy.LATEST);
      case 2, 3 ->
          new CollectionDefinition(
              Policy.LOCAL_ROLE,
              new TreeMap<>(),
              random.nextBoolean() ? List.of("hq", "depot") : List.of("depot"));
      case 4, 5 -> CollectionDefinition.resolvedBy(Functions.NAME);
      default -> {
        var fields = new TreeMap<String, FieldDefinition>();
        var numbers = List.of(FieldType.COUNTER, FieldType.MAX, FieldType.MIN);
        for (var name : List.of("n", "m")) {
          if (random.nextInt(4) > 0) {
            fields.put(
                name, new FieldDefinition(numbers.get(random.nextInt(name.equals("n") ? 2 : 3))));
          }
        }
        if (random.nextInt(4) > 0) {
          fields.put("t", new FieldDefinition(FieldType.SET));
        }
        yield new CollectionDefinition(Policy.MERGE, fields);
      }
    };
  }

  private static Priority priority(SplittableRandom random) {
    return Priority.values()[random.nextInt(Priority.values().length)];
  }

  private OperationRequest operation(
      SimulatedNode node, SpaceId space, String id, SplittableRandom random) {
    var collection = random.nextInt(5) == 0 ? "orders" : "items";
    var state = node.document(new DocumentKey(space, collection, id));
    boolean there = state != null && state.exists() && !state.deleted();
    int draw = random.nextInt(10);
    if (!there || draw < 5) {
      return new OperationRequest(
          OperationKind.PUT, collection, id, body(random), null, condition(state, random));
    }
    if (draw < 8) {
      return new OperationRequest(
          OperationKind.PATCH, collection, id, null, patch(random), condition(state, random));
    }
    return new OperationRequest(
        OperationKind.DELETE, collection, id, null, null, condition(state, random));
  }

  /** A body as these write it. */
  JsonText body(SplittableRandom random) {
    var fields = new TreeMap<String, String>();
    fields.put("n", String.valueOf(random.nextInt(1000)));
    if (declares && random.nextInt(3) > 0) {
      fields.put("m", String.valueOf(random.nextInt(100)));
      fields.put("t", items(random));
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      fields.put("f" + random.nextInt(4), "\"" + word(random) + "\"");
    }
    return object(fields);
  }

  private static String items(SplittableRandom random) {
    var items = new TreeSet<Integer>();
    for (int i = random.nextInt(4); i > 0; i--) {
      items.add(random.nextInt(6));
    }
    return items.toString().replace(" ", "");
  }

  private static String word(SplittableRandom random) {
    return Integer.toString(random.nextInt(1 << 30), 36).repeat(1 + random.nextInt(4));
  }

  private static JsonText object(TreeMap<String, String> fields) {
    return new JsonText(
        fields.entrySet().stream()
            .map(field -> "\"" + field.getKey() + "\":" + field.getValue())
            .collect(Collectors.joining(",", "{", "}")));
  }

  private PatchBody patch(SplittableRandom random) {
    if (declares && random.nextInt(3) == 0) {
      var parts = new TreeMap<String, String>();
      switch (random.nextInt(3)) {
        case 0 -> parts.put("add", "{\"t\":" + items(random) + "}");
        case 1 -> parts.put("remove", "{\"t\":" + items(random) + "}");
        default -> parts.put("set", "{\"m\":" + random.nextInt(100) + "}");
      }
      return new PatchBody(PatchBody.Notation.FIELDS, object(parts));
    }
    if (random.nextBoolean()) {
      var fields = new TreeMap<String, String>();
      fields.put(
          "f" + random.nextInt(4), random.nextInt(4) == 0 ? "null" : "\"" + word(random) + "\"");
      return new PatchBody(PatchBody.Notation.MERGE, object(fields));
    }
    var parts = new TreeMap<String, String>();
    parts.put("increment", "{\"n\":" + (random.nextInt(20) - 10) + "}");
    int set = -1;
    if (random.nextBoolean()) {
      set = random.nextInt(4);
      parts.put("set", "{\"f" + set + "\":\"" + word(random) + "\"}");
    }
    if (random.nextInt(3) == 0) {
      int unset = random.nextInt(4);
      // another one: where parts overlap, all are plain writes, which the judge doesn't know
      parts.put("unset", "[\"f" + (unset == set ? (unset + 1) % 4 : unset) + "\"]");
    }
    return new PatchBody(PatchBody.Notation.FIELDS, object(parts));
  }

  private static Condition condition(@Nullable DocumentState state, SplittableRandom random) {
    int draw = random.nextInt(12);
    if (draw < 6) {
      return Condition.ANY;
    }
    if (draw == 6) {
      return new Condition(Condition.Kind.EXISTS, List.of());
    }
    if (draw == 7) {
      return new Condition(Condition.Kind.ABSENT, List.of());
    }
    if (state == null || !state.exists()) {
      return draw < 10 ? Condition.ANY : new Condition(Condition.Kind.BASE, List.of());
    }
    if (draw < 10) {
      return new Condition(Condition.Kind.MATCH, List.of(state.version().toString()));
    }
    var bases = new ArrayList<String>();
    for (var head : state.headVersions()) {
      if (bases.isEmpty() || random.nextBoolean()) {
        bases.add(head.toString());
      }
    }
    return new Condition(Condition.Kind.BASE, bases);
  }

  /** What was asked for once is asked for again, there or elsewhere. */
  void retry(SimulatedNode node, SplittableRandom random) {
    var named = asked.stream().filter(a -> a.request().id() != null).toList();
    if (node.runs() && !named.isEmpty()) {
      int back = Math.min(random.nextInt(named.size()), random.nextInt(named.size()));
      var again = named.get(named.size() - 1 - back);
      // what a function has said at one node is no other's to say
      if (again.request().function() != null
          || !Dividing.knows(node, again.space(), again.request())
          || !Settling.knows(node, again.space(), again.request())) {
        return;
      }
      submit(node, again.space(), again.request());
      var first = again.request().operations().getFirst();
      if (random.nextBoolean() && !Operation.isReserved(first.collection())) {
        // whoever asked again goes on from there, also where another entry of it will count
        submit(
            node,
            again.space(),
            new IntentRequest(
                "s",
                null,
                null,
                Priority.NORMAL,
                List.of(
                    new OperationRequest(
                        OperationKind.PUT,
                        first.collection(),
                        first.id(),
                        body(random),
                        null,
                        Condition.ANY))));
      }
    }
  }

  /** Resolves a conflict as the product does: on all heads, under an id that these decide. */
  void resolve(SimulatedNode node, SpaceId space, SplittableRandom random) {
    if (!node.runs()) {
      return;
    }
    for (int tries = 0; tries < documents; tries++) {
      var id = "d" + random.nextInt(documents);
      var collection = random.nextInt(5) == 0 ? "orders" : "items";
      var state = node.document(new DocumentKey(space, collection, id));
      if (state == null || !state.exists() || !state.conflicted()) {
        continue;
      }
      var body = random.nextInt(5) == 0 ? null : state.winner().body();
      submit(node, space, DocumentService.resolving("s", state, body, null, null));
      return;
    }
    undo(node, space, random);
  }

  /** Takes back how a conflict was resolved, as the product does. */
  private void undo(SimulatedNode node, SpaceId space, SplittableRandom random) {
    for (int tries = 0; tries < documents; tries++) {
      var id = "d" + random.nextInt(documents);
      var key = new DocumentKey(space, random.nextInt(5) == 0 ? "orders" : "items", id);
      var state = node.document(key);
      if (state == null || state.heads().size() != 1) {
        continue;
      }
      try {
        var operations = DocumentUpdate.operations(key, state.lastPosition(), node.journal());
        var sides =
            operations.stream()
                .filter(known -> known.version().equals(state.version()) && known.effective())
                .findFirst()
                .map(known -> known.operation().parents())
                .orElse(List.of());
        var history = new DocumentFold.History(key, operations);
        if (sides.size() < 2 || !sides.stream().allMatch(history::knows)) {
          continue;
        }
        var conflict = DocumentState.conflictId(key, history.commonAncestor(sides));
        var back = history.takingBack(conflict, sides);
        if (back.change() != null) {
          submit(node, space, DocumentService.undoing("s", null, back.change(), state));
          return;
        }
      } catch (DamagedRow row) {
        node.recording().noticed(row);
      }
    }
  }

  /** Takes back what a policy decided, as the product does. */
  void undoDecided(SimulatedNode node, SpaceId space, SplittableRandom random) {
    for (int tries = 0; tries < documents && node.runs(); tries++) {
      var id = "d" + random.nextInt(documents);
      var key = new DocumentKey(space, random.nextInt(5) == 0 ? "orders" : "items", id);
      var state = node.document(key);
      var standing =
          state == null
              ? List.<Decided>of()
              : state.decided().stream().filter(Decided::stands).toList();
      if (state == null || standing.isEmpty()) {
        continue;
      }
      try {
        var operations = DocumentUpdate.operations(key, state.lastPosition(), node.journal());
        var undo =
            new DocumentFold.History(key, operations)
                .undo(standing.get(random.nextInt(standing.size())));
        submit(node, space, DocumentService.undoing("s", null, undo, state));
      } catch (DamagedRow row) {
        node.recording().noticed(row);
      }
      return;
    }
  }

  void submit(SimulatedNode node, SpaceId space, IntentRequest request) {
    submit(node, space, request, _ -> {});
  }

  /**
   * @param then gets the entry by which it is answered
   */
  void submit(
      SimulatedNode node, SpaceId space, IntentRequest request, Consumer<LoggedEntry> then) {
    asked.add(new Asked(space, request));
    node.submit(
        space,
        request,
        outcome -> {
          world.answered(node, space, request, outcome);
          then.accept(outcome.entry());
        },
        failure -> refused(node, request, failure));
  }

  private void refused(SimulatedNode node, IntentRequest request, Throwable failure) {
    var code = failure instanceof Refused refused ? refused.problem().code() : null;
    // whoever declares a second time meanwhile is told so
    boolean again =
        code == ProblemCode.INVALID_REQUEST
            && request.operations().getFirst().collection().equals(Operation.DEFINITIONS);
    if (code == null || !(again || EXPECTED.contains(code))) {
      world.broken(REFUSAL, node + " refused " + request + " with " + failure);
    }
    world.trace().add(code == null ? 99 : code.ordinal());
  }
}
