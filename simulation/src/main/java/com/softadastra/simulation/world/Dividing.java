package com.softadastra.simulation.world;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.CollectionDefinition;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.FieldDefinition;
import com.softadastra.contracts.documents.FieldType;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.NumberRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.PatchBody;
import com.softadastra.contracts.documents.Policy;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.document.Definition;
import com.softadastra.engine.document.EscrowChange;
import com.softadastra.engine.document.SequenceAct;
import com.softadastra.engine.log.Cause;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.Intent;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Signatures.Purpose;
import com.softadastra.engine.space.BatchCheck;
import com.softadastra.engine.space.BatchCheck.Offered;
import com.softadastra.engine.space.Definitions;
import com.softadastra.engine.space.Holdings;
import com.softadastra.simulation.judge.NaiveHoldings;
import com.softadastra.sync.storage.DamagedRow;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Those who spend of what is divided, number documents, and move what their node holds. */
final class Dividing {
  private static final String STOCK = NaiveHoldings.STOCK;
  private static final String BILLS = NaiveHoldings.BILLS;

  private final World world;
  private final Clients clients;
  private int numbers;

  Dividing(World world, Clients clients) {
    this.world = world;
    this.clients = clients;
  }

  /** Asks a node for something; for a declaration first, of the space's creator. */
  void ask(SimulatedNode node, SpaceId space, SplittableRandom random) {
    if (!node.runs() || node.recording().view(space).isEmpty()) {
      return;
    }
    try {
      if (Definitions.current(space, STOCK, node.journal()).merges()) {
        askWhereDeclared(node, space, random);
      } else if (world.creator(space).runs()) {
        declare(world.creator(space), space);
      }
    } catch (DamagedRow row) {
      node.recording().noticed(row);
    }
  }

  /** Whether a node knows what is divided, where a request is on that. */
  static boolean knows(SimulatedNode node, SpaceId space, IntentRequest request) {
    try {
      return request.operations().stream()
              .noneMatch(operation -> operation.collection().equals(STOCK))
          || Definitions.current(space, STOCK, node.journal()).merges();
    } catch (DamagedRow row) {
      node.recording().noticed(row);
      return false;
    }
  }

  private void declare(SimulatedNode node, SpaceId space) {
    if (node.recording().view(space).isPresent()
        && !Definitions.current(space, STOCK, node.journal()).merges()) {
      var fields = new TreeMap<>(Map.of("stock", new FieldDefinition(FieldType.ESCROW)));
      var body = Definition.body(1, new CollectionDefinition(Policy.MERGE, fields));
      submit(node, space, null, List.of(put(Operation.DEFINITIONS, STOCK, body)));
    }
  }

  private void askWhereDeclared(SimulatedNode node, SpaceId space, SplittableRandom random) {
    var id = random.nextInt(3) == 0 ? null : "divided-" + numbers++;
    var document = random.nextInt(3) == 0 ? "ale" : "tea";
    var state = node.document(new DocumentKey(space, STOCK, document));
    if (state == null || !state.exists()) {
      var body = JsonText.parse("{\"stock\":" + (5 + random.nextInt(20)) + "}");
      submit(node, space, id, List.of(put(STOCK, document, body)));
      return;
    }
    var other = world.node(random.nextInt(64));
    switch (random.nextInt(13)) {
      case 0, 1, 2, 3 -> submit(node, space, id, List.of(add(document, -1 - random.nextInt(5))));
      case 4 -> submit(node, space, id, List.of(add(document, 1 + random.nextInt(5))));
      case 5 -> {
        var before = state.body();
        var present = before == null ? BigDecimal.ZERO : EscrowChange.amount(before, "/stock");
        var amount = present.add(BigDecimal.valueOf(random.nextInt(7) - 4));
        var body = JsonText.parse("{\"stock\":" + amount.max(BigDecimal.ZERO) + "}");
        submit(node, space, id, List.of(put(STOCK, document, body)));
      }
      case 6, 7 -> {
        if (other.runs()) {
          var amount = BigDecimal.valueOf(1 + random.nextInt(4));
          var move = EscrowChange.moving("stock", replica(other), amount);
          submit(node, space, id, List.of(patch(document, move)));
        }
      }
      case 8, 9 -> allot(node, other, space, random);
      case 10 -> submit(node, space, id, List.of(bill(), add(document, -1 - random.nextInt(2))));
      default -> submit(node, space, id, List.of(bill()));
    }
  }

  private static Replica replica(SimulatedNode node) {
    return new Replica(node.id(), node.recording().incarnation());
  }

  /** Numbers go from whoever holds the rest to whoever asks, or on to another. */
  private void allot(
      SimulatedNode node, SimulatedNode other, SpaceId space, SplittableRandom random) {
    var keeper = Holdings.ranges(space, BILLS, node.journal()).keeper();
    if (keeper.isEmpty()) {
      if (node == world.creator(space) || random.nextInt(4) == 0) {
        submit(node, space, null, List.of(act(new SequenceAct.Declare("B-", 3))));
      }
      return;
    }
    var from =
        world.nodes().stream()
            .filter(each -> each.runs() && replica(each).equals(keeper.get()))
            .filter(_ -> random.nextInt(4) > 0)
            .findFirst()
            .orElse(node);
    var to = from == node || random.nextInt(4) == 0 ? other : node;
    if (to.runs()) {
      Holdings.ranges(space, BILLS, from.journal())
          .allottable(replica(from), replica(to), 1 + random.nextInt(4))
          .ifPresent(given ->
              submit(from, space, null, List.of(act(new SequenceAct.Allot(replica(to), given)))));
    }
  }

  /** A node whose software doesn't ask what it holds spends, or takes a number. */
  void overspend(SimulatedNode node, SpaceId space, SplittableRandom random) {
    if (!node.runs() || node.recording().waiting() > 0) {
      return;
    }
    try {
      spendUnasked(node, space, random);
    } catch (DamagedRow row) {
      node.recording().noticed(row);
    }
  }

  private void spendUnasked(SimulatedNode node, SpaceId space, SplittableRandom random) {
    var view = node.recording().view(space).orElse(null);
    var definition = Definitions.current(space, STOCK, node.journal());
    boolean numbers = random.nextInt(3) == 0;
    var key = numbers ? Holdings.key(space, BILLS) : new DocumentKey(space, STOCK, "tea");
    var state = node.document(key);
    if (view == null
        || view.membership().member(node.id()).isEmpty()
        || !definition.merges()
        || state == null
        || !state.exists()) {
      return;
    }
    var change =
        numbers
            ? new Change.Put(new SequenceAct.Take(List.of(1L + random.nextInt(6))).body())
            : new Change.Patch(
                PatchBody.Notation.FIELDS,
                JsonText.parse("{\"increment\":{\"stock\":" + (-3 - random.nextInt(20)) + "}}"));
    var operation =
        new Operation(
            key.collection(),
            key.id(),
            numbers ? null : definition.name(),
            state.headVersions(),
            List.of(),
            change);
    var intent =
        new Intent("unasked-" + this.numbers++, null, Priority.NORMAL, null, List.of(operation));
    var end = view.chains().get(view.self());
    long last = end == null ? 0 : end.position();
    var causes = new ArrayList<Cause>();
    new TreeMap<>(view.chains())
        .forEach((replica, head) -> {
          if (!head.branch() && head.position() > last && !replica.equals(view.self())) {
            causes.add(new Cause(new Dot(replica, head.sequence()), head.hash()));
          }
        });
    var entry =
        new Entry(
            Entry.DATA,
            space,
            view.self(),
            end == null ? 1 : end.sequence() + 1,
            Math.max(0, node.now().toEpochMilli()),
            end == null ? Hash.ZERO : end.hash(),
            causes,
            view.membership().authority(node.id()).orElseThrow(),
            EntryCodec.encode(intent),
            intent);
    byte[] bytes = EntryCodec.encode(entry);
    var signature = node.key().sign(Purpose.ENTRY, Hash.sha256(bytes));
    var checked =
        BatchCheck.check(
            space, List.of(new Offered(bytes, signature)), _ -> node.key().publicKey(), _ -> false);
    var _ = node.recording().store(space, checked);
  }

  private OperationRequest bill() {
    return new OperationRequest(
        OperationKind.PUT,
        BILLS,
        "bill-" + numbers++,
        JsonText.parse("{\"n\":1}"),
        null,
        Condition.ANY,
        null,
        new NumberRequest("no", BILLS));
  }

  private static OperationRequest act(SequenceAct act) {
    return put(Operation.SEQUENCES, BILLS, act.body());
  }

  private static OperationRequest put(String collection, String id, JsonText body) {
    return new OperationRequest(OperationKind.PUT, collection, id, body, null, Condition.ANY);
  }

  private static OperationRequest add(String document, int amount) {
    var increment = JsonText.parse("{\"increment\":{\"stock\":" + amount + "}}");
    return patch(document, new PatchBody(PatchBody.Notation.FIELDS, increment));
  }

  private static OperationRequest patch(String document, PatchBody patch) {
    return new OperationRequest(OperationKind.PATCH, STOCK, document, null, patch, Condition.ANY);
  }

  private void submit(
      SimulatedNode node, SpaceId space, @Nullable String id, List<OperationRequest> operations) {
    clients.submit(node, space, new IntentRequest("s", id, null, Priority.NORMAL, operations));
  }
}
