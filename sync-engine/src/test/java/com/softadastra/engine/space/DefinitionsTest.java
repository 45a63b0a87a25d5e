package com.softadastra.engine.space;

import static com.softadastra.engine.Given.CLOCK;
import static com.softadastra.engine.Given.creation;
import static com.softadastra.engine.Given.entry;
import static com.softadastra.engine.Given.filled;
import static com.softadastra.engine.Given.hash;
import static com.softadastra.engine.Given.intent;
import static com.softadastra.engine.Given.key;
import static com.softadastra.engine.Given.put;
import static com.softadastra.engine.Given.replica;
import static com.softadastra.engine.Given.signed;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Replica;
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
import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.MemoryLog;
import com.softadastra.engine.document.Decided;
import com.softadastra.engine.document.Definition;
import com.softadastra.engine.document.DocumentFold;
import com.softadastra.engine.log.Authority;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.DefinitionName;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Standing;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class DefinitionsTest {
  private static final Membership MEMBERS = new Membership(List.of(signed(creation(1), key(1))));
  private static final SpaceId SPACE = MEMBERS.space();
  private static final DocumentKey ONE = new DocumentKey(SPACE, "orders", "o-1");

  private final Node a = new Node(replica(1));
  private final Node b =
      new Node(new Replica(replica(1).node(), Incarnation.of(filled(Incarnation.BYTES, 9))));

  /** A log and documents, as a storage has them. */
  static final class Node extends MemoryLog {
    long clock = CLOCK;

    Node(Replica self) {
      this(self, MEMBERS);
    }

    Node(Replica self, Membership members) {
      super(members, self);
    }

    Admission record(OperationRequest operation, String id) {
      return record(new IntentRequest("shop", id, null, Priority.NORMAL, List.of(operation)));
    }

    Admission record(IntentRequest request) {
      var draw =
          new Recorder.Draw(Instant.ofEpochMilli(clock++), log.size() + 1, filled(5, log.size()));
      var admission = new Recorder(1 << 20).record(request, state, this, draw);
      if (admission instanceof Admission.Accepted accepted) {
        apply(accepted.writes());
      }
      return admission;
    }

    Operation put(String body) {
      var operation =
          new OperationRequest(
              OperationKind.PUT, "orders", "o-1", JsonText.parse(body), null, Condition.ANY);
      return ((Admission.Accepted) record(operation, null)).entry().entry().operations().getFirst();
    }

    void declare(Policy policy, Map<String, FieldType> types) {
      var fields = new TreeMap<String, FieldDefinition>();
      types.forEach((name, type) -> fields.put(name, new FieldDefinition(type)));
      declare(new CollectionDefinition(policy, fields));
    }

    void declare(CollectionDefinition definition) {
      var next = Definitions.current(SPACE, "orders", this).generation() + 1;
      var body = Definition.body(next, definition);
      assertThat(record(definition(body), null)).isInstanceOf(Admission.Accepted.class);
    }

    Receiver.Verdict receive(LoggedEntry from) {
      return receive(new ReceivedEntry(from.entry(), from.bytes(), from.hash(), from.signature()));
    }

    void receiveAll(Node from) {
      List.copyOf(from.log).forEach(this::receive);
    }
  }

  private static OperationRequest definition(JsonText body) {
    return new OperationRequest(
        OperationKind.PUT, Operation.DEFINITIONS, "orders", body, null, Condition.ANY);
  }

  private void meet() {
    a.receiveAll(b);
    b.receiveAll(a);
  }

  private void assertAlike() {
    for (var key : a.documents.keySet()) {
      var one = a.documents.get(key);
      var other = b.documents.get(key);
      assertThat(other.headVersions()).isEqualTo(one.headVersions());
      assertThat(other.body()).isEqualTo(one.body());
      assertThat(other.decided()).isEqualTo(one.decided());
    }
  }

  @Test
  void anOperationNamesTheDefinitionThatItWasMadeUnder() {
    assertThat(a.put("{\"n\":1}").definition()).isNull();
    a.declare(Policy.KEEP, Map.of());
    assertThat(a.put("{\"n\":2}").definition().generation()).isEqualTo(1);
    a.declare(Policy.LATEST, Map.of());
    assertThat(a.put("{\"n\":3}").definition().generation()).isEqualTo(2);
    b.receiveAll(a);
    assertThat(b.put("{\"n\":4}").definition())
        .isEqualTo(a.put("{\"n\":5}").definition())
        .isEqualTo(Definitions.current(SPACE, "orders", b).name());
  }

  @Test
  void definitionsChangedApartBecomeTheGreatest() {
    a.declare(Policy.KEEP, Map.of());
    meet();
    a.declare(Policy.LATEST, Map.of());
    b.declare(Policy.MERGE, Map.of("n", FieldType.COUNTER));
    a.put("{\"n\":1}");
    b.put("{\"n\":2}");
    meet();
    assertAlike();
    var current = Definitions.current(SPACE, "orders", a);
    assertThat(Definitions.current(SPACE, "orders", b)).isEqualTo(current);
    assertThat(current.generation()).isEqualTo(2);
    assertThat(a.documents.get(ONE).body().text())
        .isEqualTo(current.merges() ? "{\"n\":3}" : "{\"n\":2}");
    a.declare(Policy.KEEP, Map.of());
    assertThat(a.documents.get(Definitions.key(SPACE, "orders")).heads()).hasSize(1);
    assertThat(Definitions.current(SPACE, "orders", a).generation()).isEqualTo(3);
  }

  @Test
  void aPutOnAKnownVersionIsRecordedAsItsDifference() {
    a.declare(Policy.MERGE, Map.of("n", FieldType.COUNTER, "s", FieldType.SET));
    assertThat(a.put("{\"n\":1.50,\"s\":[1]}").change()).isInstanceOf(Change.Put.class);
    var operation =
        new OperationRequest(
            OperationKind.PUT,
            "orders",
            "o-1",
            JsonText.parse("{\"n\":4.00,\"o\":{\"x\":1},\"s\":[2]}"),
            null,
            Condition.ANY);
    var recorded = (Admission.Accepted) a.record(operation, "again");
    assertThat(recorded.entry().entry().operations().getFirst().change())
        .isInstanceOfSatisfying(
            Change.Difference.class,
            difference ->
                assertThat(difference.text().text())
                    .isEqualTo(
                        "{\"add\":{\"/s\":[2]},\"increment\":{\"/n\":2.50},"
                            + "\"remove\":{\"/s\":[1]},\"set\":{\"/o/x\":1}}"));
    assertThat(a.documents.get(ONE).body()).isEqualTo(operation.body());
    assertThat(a.record(operation, "again")).isInstanceOf(Admission.Replayed.class);
    var other =
        new OperationRequest(
            OperationKind.PUT, "orders", "o-1", JsonText.parse("{}"), null, Condition.ANY);
    assertThat(a.record(other, "again")).isInstanceOf(Admission.Declined.class);
  }

  @Test
  void aPlainWriteIsMadeOnAllHeadsUnlessThePolicyKeeps() {
    a.declare(Policy.MERGE, Map.of());
    a.put("{\"n\":1}");
    meet();
    a.put("{\"n\":2}");
    b.put("{\"n\":3}");
    meet();
    assertThat(a.documents.get(ONE).heads()).hasSize(2);
    assertThat(a.put("{\"n\":4}").parents()).hasSize(2);
    assertThat(a.documents.get(ONE).decided())
        .singleElement()
        .satisfies(c -> assertThat(c.standing()).isEqualTo(Decided.Standing.OVERWRITTEN));
  }

  @Test
  void whatWasDecidedIsUndoneAtAllNodes() {
    a.declare(Policy.MERGE, Map.of());
    a.put("{\"m\":0,\"n\":1}");
    meet();
    a.put("{\"m\":1,\"n\":2}");
    b.put("{\"m\":0,\"n\":3}");
    meet();
    assertAlike();
    var state = a.documents.get(ONE);
    var history =
        new DocumentFold.History(ONE, DocumentUpdate.operations(ONE, state.lastPosition(), a));
    var decided = history.decided().getFirst();
    var undo = history.undo(decided);
    assertThat(a.conflicts).containsKey(undo.conflict());
    assertThat(b.conflicts).containsKey(undo.conflict());
    var text = ((Change.Patch) undo.restoring()).text();
    var operation =
        new OperationRequest(
            OperationKind.PATCH,
            "orders",
            "o-1",
            null,
            new PatchBody(PatchBody.Notation.FIELDS, text),
            new Condition(Condition.Kind.MATCH, List.of(state.version().toString())),
            undo.conflict().toString());
    assertThat(a.record(operation, Recorder.undoId(state, undo.conflict())))
        .isInstanceOf(Admission.Accepted.class);
    meet();
    assertAlike();
    assertThat(b.documents.get(ONE).decided().getFirst().standing())
        .isEqualTo(Decided.Standing.UNDONE);
    assertThat(b.documents.get(ONE).body().text()).startsWith("{\"m\":1,\"n\":");
    assertThat(b.documents.get(ONE).body()).isNotEqualTo(state.body());
  }

  @Test
  void whoDeclaresOnWhatIsNoLongerThereIsToldThat() {
    a.declare(Policy.KEEP, Map.of());
    var seen = a.documents.get(Definitions.key(SPACE, "orders")).version().toString();
    a.declare(Policy.LATEST, Map.of());
    var late =
        new OperationRequest(
            OperationKind.PUT,
            Operation.DEFINITIONS,
            "orders",
            Definition.body(2, new CollectionDefinition(Policy.MERGE)),
            null,
            new Condition(Condition.Kind.MATCH, List.of(seen)));
    assertThat(a.record(late, null))
        .isInstanceOfSatisfying(
            Admission.Declined.class,
            declined ->
                assertThat(declined.problem().code()).isEqualTo(ProblemCode.VERSION_MISMATCH));
  }

  /** A member's record, signed by an admin. */
  static Membership with(Membership members, int by, int node, Role role, String... labels) {
    var grant =
        members.grant(
            key(by).nodeId(),
            key(node).publicKey(),
            "n" + node,
            role,
            List.of(labels),
            CLOCK + by + 10L * labels.length);
    return members.with(List.of(signed(grant, key(by))));
  }

  private static CollectionDefinition byLabels(String... labels) {
    return new CollectionDefinition(Policy.LOCAL_ROLE, new TreeMap<>(), List.of(labels));
  }

  @Test
  void labelsAreThoseOfTheRecordThatTheEntryNames() {
    var members = with(with(MEMBERS, 1, 2, Role.ADMIN), 2, 3, Role.WRITER);
    var one = new Node(replica(1), members);
    var two = new Node(replica(2), members);
    var three = new Node(replica(3), members);
    one.declare(byLabels("hq"));
    two.receiveAll(one);
    three.receiveAll(one);
    // two admins change the third's labels apart: one gives the label, the other takes all
    var gives = with(members, 2, 3, Role.WRITER, "hq");
    var takes = with(members, 1, 3, Role.WRITER);
    three.state.membership(gives);
    three.put("{\"n\":3}");
    one.clock += 100;
    one.put("{\"n\":1}");
    var both = gives.with(takes.records());
    assertThat(both.member(key(3).nodeId()).orElseThrow().labels()).isEmpty();
    for (var node : List.of(one, two, three)) {
      node.state.membership(both);
      node.receiveAll(one);
      node.receiveAll(two);
      node.receiveAll(three);
      var document = node.documents.get(ONE);
      assertThat(document.body().text()).isEqualTo("{\"n\":3}");
      assertThat(document.conflicted()).isFalse();
      assertThat(document.decided())
          .singleElement()
          .satisfies(c -> assertThat(c.standing()).isEqualTo(Decided.Standing.STANDS));
      assertThat(DocumentUpdate.rebuilt(ONE, document.lastPosition(), node)).isEqualTo(document);
    }
    // from now on the third has none
    three.put("{\"n\":33}");
    one.put("{\"n\":11}");
    for (var node : List.of(one, two, three)) {
      node.receiveAll(one);
      node.receiveAll(three);
      assertThat(node.documents.get(ONE).conflicted()).isTrue();
    }
  }

  @Test
  void whoNamesLabelsThatItsRecordDoesNotGiveHasNoEffect() {
    var members = with(MEMBERS, 1, 2, Role.WRITER, "shop");
    var intent = intent("i", new Operation("orders", "o-1", List.of(), List.of(), put("{}")));
    var named = members.authority(key(2).nodeId()).orElseThrow();
    var claims = new Authority(1, named.number(), named.grant(), List.of("hq"));
    var hides = new Authority(1, named.number(), named.grant());
    for (var authority : List.of(claims, hides, named)) {
      var fresh = new Node(replica(1), members);
      var entry = entry(SPACE, replica(2), 1, Hash.ZERO, List.of(), authority, intent);
      byte[] bytes = EntryCodec.encode(entry);
      var received = new ReceivedEntry(entry, bytes, Hash.sha256(bytes), null);
      var verdict = Receiver.receive(received, fresh.state, fresh, Instant.ofEpochMilli(CLOCK), 1);
      assertThat(((Receiver.Verdict.Stored) verdict).entry().standing())
          .isEqualTo(authority == named ? Standing.EFFECTIVE : Standing.NOT_ALLOWED);
    }
  }

  @Test
  void aSideThatGoesOnUnderAnOlderDefinitionMayStillWinByItsLabel() {
    var members = with(with(MEMBERS, 1, 2, Role.WRITER), 1, 3, Role.WRITER);
    var one = new Node(replica(1), members);
    var two = new Node(replica(2), members);
    one.declare(Policy.KEEP, Map.of());
    two.receiveAll(one);
    one.put("{\"n\":0}");
    two.receiveAll(one);
    two.put("{\"n\":2}");
    one.declare(byLabels("hq"));
    one.put("{\"n\":1}");
    one.receiveAll(two);
    assertThat(one.documents.get(ONE).conflicted()).isTrue();
    two.state.membership(with(members, 1, 2, Role.WRITER, "hq"));
    one.state.membership(two.state.membership());
    two.put("{\"n\":22}");
    one.receiveAll(two);
    var document = one.documents.get(ONE);
    assertThat(document.body().text()).isEqualTo("{\"n\":22}");
    assertThat(DocumentUpdate.rebuilt(ONE, document.lastPosition(), one)).isEqualTo(document);
  }

  @Test
  void aPatchThatSaysTwoThingsOfOneFieldIsRefusedAndFoldedWhereItIsRecordedAlready() {
    a.put("{\"n\":5}");
    b.receiveAll(a);
    var text = JsonText.parse("{\"increment\":{\"n\":1},\"set\":{\"n\":1}}");
    var patch =
        new OperationRequest(
            OperationKind.PATCH,
            "orders",
            "o-1",
            null,
            new PatchBody(PatchBody.Notation.FIELDS, text),
            Condition.ANY);
    assertThat(a.record(patch, "p"))
        .isInstanceOfSatisfying(
            Admission.Declined.class,
            declined ->
                assertThat(declined.problem().code()).isEqualTo(ProblemCode.INVALID_REQUEST));
    assertThat(a.log).hasSize(1);

    // as software before this has recorded it
    var head = b.documents.get(ONE).headVersions();
    var operation =
        new Operation(
            "orders", "o-1", head, List.of(), new Change.Patch(PatchBody.Notation.FIELDS, text));
    var authority = MEMBERS.authority(replica(1).node()).orElseThrow();
    var entry =
        entry(
            SPACE,
            replica(1),
            2,
            a.log.getFirst().hash(),
            List.of(),
            authority,
            intent("p", operation));
    byte[] bytes = EntryCodec.encode(entry);
    b.receive(new ReceivedEntry(entry, bytes, Hash.sha256(bytes), null));
    assertThat(b.documents.get(ONE).body().text()).isEqualTo("{\"n\":2}");
  }

  @Test
  void whatIsNoDefinitionIsRefused() {
    for (var body :
        List.of(
            "{}",
            "{\"fields\":{},\"generation\":1,\"policy\":\"local-role\"}",
            "{\"fields\":{},\"generation\":1,\"labels\":[],\"policy\":\"local-role\"}",
            "{\"fields\":{},\"generation\":1,\"labels\":[\"a\",\"a\"],\"policy\":\"local-role\"}",
            "{\"fields\":{},\"generation\":1,\"labels\":[\"a\"],\"policy\":\"keep\"}",
            "{\"fields\":{},\"generation\":0,\"policy\":\"keep\"}",
            "{\"fields\":{\"a\":\"counter\"},\"generation\":1,\"policy\":\"merge\"}",
            "{\"fields\":{},\"generation\":1,\"policy\":\"function\"}",
            "{\"fields\":{},\"generation\":1,\"policy\":\"function\",\"resolver\":\"A\"}",
            "{\"fields\":{},\"generation\":1,\"policy\":\"function\",\"resolver\":[]}",
            "{\"fields\":{},\"generation\":1,\"policy\":\"keep\",\"resolver\":\"a\"}",
            "{\"fields\":{\"/a\":\"set\"},\"generation\":1,\"policy\":\"function\",\"resolver\":\"a\"}",
            "{\"fields\":{},\"generation\":1,\"policy\":\"other\"}",
            "{\"fields\":{\"/a\":\"set\",\"/a/b\":\"set\"},\"generation\":1,\"policy\":\"merge\"}")) {
      assertThat(a.record(definition(JsonText.parse(body)), null))
          .as(body)
          .isInstanceOfSatisfying(
              Admission.Declined.class,
              declined ->
                  assertThat(declined.problem().code()).isEqualTo(ProblemCode.INVALID_REQUEST));
    }
    a.declare(Policy.KEEP, Map.of());
    var old = Definition.body(1, new CollectionDefinition(Policy.LATEST));
    assertThat(a.record(definition(old), null)).isInstanceOf(Admission.Declined.class);
  }

  @Test
  void whatNamesAnUnknownDefinitionWaitsAndOneOfALaterVersionIsHeld() {
    var later = JsonText.parse("{\"fields\":{},\"generation\":1,\"policy\":\"of-tomorrow\"}");
    var name = Definition.of(later).orElseThrow().name();
    var declares = logged(1, Hash.ZERO, Operation.DEFINITIONS, "orders", null, put(later.text()));
    var names = logged(2, declares.hash(), "orders", "o-1", name, put("{}"));
    var unknown =
        logged(
            2, declares.hash(), "orders", "o-1", new DefinitionName(1, hash("unknown")), put("{}"));
    assertThat(b.receive(declares)).isInstanceOf(Receiver.Verdict.Stored.class);
    assertThat(b.receive(unknown)).isInstanceOf(Receiver.Verdict.Rejected.class);
    assertThat(b.receive(names))
        .isInstanceOfSatisfying(
            Receiver.Verdict.Stored.class,
            stored -> assertThat(stored.entry().standing()).isEqualTo(Standing.HELD));
    assertThat(b.documents.get(ONE).exists()).isFalse();
    var operation =
        new OperationRequest(
            OperationKind.PUT, "orders", "o-1", JsonText.parse("{}"), null, Condition.ANY);
    assertThat(b.record(operation, null)).isInstanceOf(Admission.Declined.class);
  }

  private static LoggedEntry logged(
      long sequence,
      Hash previous,
      String collection,
      String id,
      DefinitionName definition,
      Change change) {
    var operation = new Operation(collection, id, definition, List.of(), List.of(), change);
    var authority = MEMBERS.authority(replica(1).node()).orElseThrow();
    var entry =
        entry(
            SPACE,
            replica(1),
            sequence,
            previous,
            List.of(),
            authority,
            intent("intent-" + sequence + id, operation));
    byte[] bytes = EntryCodec.encode(entry);
    return new LoggedEntry(
        sequence,
        replica(1),
        entry,
        bytes,
        Hash.sha256(bytes),
        null,
        Standing.EFFECTIVE,
        Instant.ofEpochMilli(CLOCK),
        List.of(0L));
  }
}
