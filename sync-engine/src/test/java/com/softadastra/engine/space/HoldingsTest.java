package com.softadastra.engine.space;

import static com.softadastra.engine.Given.CLOCK;
import static com.softadastra.engine.Given.creation;
import static com.softadastra.engine.Given.filled;
import static com.softadastra.engine.Given.key;
import static com.softadastra.engine.Given.replica;
import static com.softadastra.engine.Given.signed;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
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
import com.softadastra.contracts.documents.PatchBody.Notation;
import com.softadastra.contracts.documents.Policy;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.MemoryLog;
import com.softadastra.engine.document.Definition;
import com.softadastra.engine.document.EscrowChange;
import com.softadastra.engine.document.SequenceAct;
import com.softadastra.engine.document.SequenceAct.Range;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.Intent;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Standing;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class HoldingsTest {
  private static final Membership MEMBERS = members();
  private static final SpaceId SPACE = MEMBERS.space();
  private static final String SEQUENCE = "invoices";

  private static Membership members() {
    var members = new Membership(List.of(signed(creation(1), key(1))));
    for (int n = 2; n <= 3; n++) {
      var grant = members.grant(key(1).nodeId(), key(n).publicKey(), "n" + n, Role.WRITER, CLOCK);
      members = members.with(List.of(signed(grant, key(1))));
    }
    return members;
  }

  /** A log and documents, as a storage has them. */
  private static final class Node extends MemoryLog {
    final int number;
    private static int lives;
    long clock = CLOCK;
    boolean reviving;
    long reads;

    Node(int number) {
      super(MEMBERS, replica(number));
      this.number = number;
    }

    /** Another storage with the first of this one's entries. */
    Node copy(int entries, boolean noticed) {
      var copy = new Node(number);
      copy.reviving = true;
      log.subList(0, entries).forEach(copy::receive);
      copy.reviving = false;
      copy.state.reborn(state.self());
      copy.clock = clock;
      if (noticed) {
        copy.reborn();
      }
      return copy;
    }

    void reborn() {
      byte[] incarnation = filled(Incarnation.BYTES, 100 + number);
      // drawn, so that no two lives have one
      incarnation[1] = (byte) ++lives;
      incarnation[2] = (byte) (lives >> 8);
      state.reborn(new Replica(key(number).nodeId(), Incarnation.of(incarnation)));
    }

    Admission submit(String id, OperationRequest... operations) {
      var request = new IntentRequest("shop", id, null, Priority.NORMAL, List.of(operations));
      var admission = new Recorder(1 << 20).record(request, state, this, draw());
      if (admission instanceof Admission.Accepted accepted) {
        apply(accepted.writes());
      }
      return admission;
    }

    LoggedEntry record(OperationRequest... operations) {
      return accepted(submit(null, operations));
    }

    Problem refused(OperationRequest... operations) {
      int before = log.size();
      var admission = submit(null, operations);
      assertThat(admission).isInstanceOf(Admission.Declined.class);
      assertThat(log).hasSize(before);
      return ((Admission.Declined) admission).problem();
    }

    Recorder.Draw draw() {
      byte[] random =
          Arrays.copyOf(Hash.sha256(("" + state.self() + log.size()).getBytes()).bytes(), 5);
      return new Recorder.Draw(Instant.ofEpochMilli(clock++), log.size() + 1, random);
    }

    Receiver.Verdict receive(LoggedEntry from) {
      var verdict =
          receive(new ReceivedEntry(from.entry(), from.bytes(), from.hash(), from.signature()));
      if (verdict instanceof Receiver.Verdict.Stored stored) {
        if (!reviving && from.entry().author().equals(state.self())) {
          reborn();
        }
        if (!reviving) {
          apply(new Recorder(1 << 20).again(stored.withoutEffect(), state, this, draw()).writes());
        }
      }
      return verdict;
    }

    void receiveAll(List<LoggedEntry> entries) {
      List.copyOf(entries).forEach(this::receive);
    }

    @Override
    public LoggedEntry entry(long position) {
      reads++;
      return super.entry(position);
    }

    BigDecimal stock(String id) {
      var state = documents.get(stockKey(id));
      return state == null || !state.exists()
          ? BigDecimal.ZERO
          : EscrowChange.amount(state.body(), "/stock");
    }

    Map<Replica, BigDecimal> shares(String id) {
      return Holdings.shares(stockKey(id), this).of("/stock");
    }

    BigDecimal share(String id) {
      return shares(id).getOrDefault(state.self(), BigDecimal.ZERO);
    }

    Ranges ranges() {
      return Holdings.ranges(SPACE, SEQUENCE, this);
    }

    Standing standing(LoggedEntry entry) {
      return find(entry).standing();
    }

    LoggedEntry find(LoggedEntry entry) {
      return log.stream().filter(e -> e.hash().equals(entry.hash())).findAny().orElseThrow();
    }

    /** All that must be alike wherever the same entries are. */
    Map<String, String> seen() {
      var seen = new TreeMap<String, String>();
      log.forEach(e -> seen.put("" + e.hash(), e.chain() + " " + e.standing()));
      documents.forEach((key, state) ->
          seen.put(
              key.collection() + key.id(),
              state.headVersions() + " " + (state.exists() ? state.body() : "")));
      for (var key : documents.keySet()) {
        if (key.collection().equals("stock")) {
          seen.put("shares of " + key.id(), "" + shares(key.id()));
        }
      }
      seen.put("used", "" + ranges().used() + ranges().rest());
      ranges().holders().forEach(holder -> seen.put("" + holder, "" + ranges().left(holder)));
      return seen;
    }
  }

  private final Node a = new Node(1);
  private final Node b = new Node(2);
  private final Node c = new Node(3);

  private static DocumentKey stockKey(String id) {
    return new DocumentKey(SPACE, "stock", id);
  }

  private static LoggedEntry accepted(Admission admission) {
    assertThat(admission).isInstanceOf(Admission.Accepted.class);
    return ((Admission.Accepted) admission).entry();
  }

  private static OperationRequest declaration() {
    var fields = new TreeMap<>(Map.of("stock", new FieldDefinition(FieldType.ESCROW)));
    var body = Definition.body(1, new CollectionDefinition(Policy.MERGE, fields));
    return new OperationRequest(
        OperationKind.PUT, Operation.DEFINITIONS, "stock", body, null, Condition.ANY);
  }

  private static OperationRequest put(String id, String body) {
    return new OperationRequest(
        OperationKind.PUT, "stock", id, JsonText.parse(body), null, Condition.ANY);
  }

  private static OperationRequest patch(String id, String text) {
    return new OperationRequest(
        OperationKind.PATCH,
        "stock",
        id,
        null,
        new PatchBody(Notation.FIELDS, JsonText.parse(text)),
        Condition.ANY);
  }

  private static OperationRequest add(String id, long amount) {
    return patch(id, "{\"increment\":{\"stock\":" + amount + "}}");
  }

  private static OperationRequest move(String id, Node to, long amount) {
    return new OperationRequest(
        OperationKind.PATCH,
        "stock",
        id,
        null,
        EscrowChange.moving("stock", to.state.self(), BigDecimal.valueOf(amount)),
        Condition.ANY);
  }

  private static OperationRequest act(SequenceAct act) {
    return new OperationRequest(
        OperationKind.PUT, Operation.SEQUENCES, SEQUENCE, act.body(), null, Condition.ANY);
  }

  private static OperationRequest allot(Node from, Node to, long count) {
    var ranges = from.ranges().allottable(from.state.self(), to.state.self(), count).orElseThrow();
    return act(new SequenceAct.Allot(to.state.self(), ranges));
  }

  private static OperationRequest invoice(String id) {
    return new OperationRequest(
        OperationKind.PUT,
        "orders",
        id,
        JsonText.parse("{\"of\":\"" + id + "\"}"),
        null,
        Condition.ANY,
        null,
        new NumberRequest("no", SEQUENCE));
  }

  private static String number(Node node, String id) {
    var body = node.documents.get(new DocumentKey(SPACE, "orders", id)).body();
    return ((Json.Str) body.read().get("no")).value();
  }

  private void meet(Node... nodes) {
    for (boolean more = true; more; ) {
      more = false;
      for (var to : nodes) {
        for (var from : nodes) {
          int before = to.log.size();
          if (to != from) {
            to.receiveAll(from.log);
          }
          more |= to.log.size() > before;
        }
      }
    }
  }

  private void begin() {
    a.record(declaration());
    a.record(put("s", "{\"stock\":10}"));
    a.record(act(new SequenceAct.Declare("R-", 4)));
    meet(a, b, c);
  }

  /** An entry as a node would write it that doesn't ask what it holds. */
  private static LoggedEntry careless(Node by, String id, Operation... operations) {
    var chain = by.state.chain(by.state.self());
    var intent = new Intent(id, null, Priority.NORMAL, null, List.of(operations));
    var entry =
        new Entry(
            Entry.DATA,
            SPACE,
            by.state.self(),
            chain.sequence() + 1,
            by.clock++,
            chain.hash(),
            by.state.causes(),
            MEMBERS.authority(by.state.self().node()).orElseThrow(),
            EntryCodec.encode(intent),
            intent);
    byte[] bytes = EntryCodec.encode(entry);
    var logged =
        new LoggedEntry(
            by.log.size() + 1,
            by.state.self(),
            entry,
            bytes,
            Hash.sha256(bytes),
            null,
            Standing.EFFECTIVE,
            Instant.ofEpochMilli(CLOCK),
            List.of(0L));
    by.reviving = true;
    assertThat(by.receive(logged)).isInstanceOf(Receiver.Verdict.Stored.class);
    by.reviving = false;
    return logged;
  }

  private static Operation spending(Node by, String id, long amount) {
    var key = stockKey(id);
    return new Operation(
        "stock",
        id,
        Definitions.current(SPACE, "stock", by).name(),
        by.documents.get(key).headVersions(),
        List.of(),
        new com.softadastra.engine.log.Change.Patch(
            Notation.FIELDS, JsonText.parse("{\"increment\":{\"stock\":-" + amount + "}}")));
  }

  private static Operation acting(Node by, SequenceAct act) {
    var heads = by.documents.get(Holdings.key(SPACE, SEQUENCE)).headVersions();
    return new Operation(
        Operation.SEQUENCES,
        SEQUENCE,
        null,
        heads,
        List.of(),
        new com.softadastra.engine.log.Change.Put(act.body()));
  }

  @Test
  void aReplicaSpendsItsOwnShareAlone() {
    begin();
    a.record(add("s", -4));
    assertThat(a.share("s")).isEqualByComparingTo("6");
    var problem = a.refused(add("s", -7));
    assertThat(problem.code()).isEqualTo(ProblemCode.SHARE_EXHAUSTED);
    assertThat(problem.facts()).containsEntry("left", "6").containsEntry("field", "stock");
    assertThat(b.refused(add("s", -1)).facts()).containsEntry("left", "0");
    b.record(add("s", 3));
    b.record(add("s", -2));
    meet(a, b);
    assertThat(a.stock("s")).isEqualByComparingTo("7");
    assertThat(a.seen()).isEqualTo(b.seen());
  }

  @Test
  void aPutIsItsDifference() {
    begin();
    a.record(put("s", "{\"stock\":7,\"a much longer name\":\"x\"}"));
    assertThat(a.share("s")).isEqualByComparingTo("7");
    assertThat(b.refused(put("s", "{\"stock\":9}")).code()).isEqualTo(ProblemCode.SHARE_EXHAUSTED);
    b.record(put("s", "{\"stock\":12}"));
    assertThat(b.share("s")).isEqualByComparingTo("2");
    meet(a, b);
    assertThat(a.stock("s")).isEqualByComparingTo("9");
    assertThat(a.refused(put("t", "{\"stock\":-1}")).code()).isEqualTo(ProblemCode.SHARE_EXHAUSTED);
  }

  @Test
  void whatWouldTakeAnAmountAwayIsRefused() {
    begin();
    for (var patch :
        List.of(
            "{\"set\":{\"stock\":5}}", "{\"unset\":[\"/stock\"]}", "{\"add\":{\"stock\":[1]}}")) {
      assertThat(a.refused(patch("s", patch)).code()).isEqualTo(ProblemCode.PATCH_NOT_APPLICABLE);
    }
    assertThat(a.refused(put("s", "{}")).code()).isEqualTo(ProblemCode.PATCH_NOT_APPLICABLE);
    var merge =
        new OperationRequest(
            OperationKind.PATCH,
            "stock",
            "s",
            null,
            new PatchBody(Notation.MERGE, JsonText.parse("{\"stock\":10}")),
            Condition.ANY);
    assertThat(a.refused(merge).code()).isEqualTo(ProblemCode.PATCH_NOT_APPLICABLE);
    var deletion =
        new OperationRequest(OperationKind.DELETE, "stock", "s", null, null, Condition.ANY);
    assertThat(a.refused(deletion).code()).isEqualTo(ProblemCode.NOT_SUPPORTED);
    var kept = Definition.body(2, new CollectionDefinition(Policy.KEEP));
    var redeclared =
        new OperationRequest(
            OperationKind.PUT, Operation.DEFINITIONS, "stock", kept, null, Condition.ANY);
    assertThat(a.refused(redeclared).code()).isEqualTo(ProblemCode.NOT_SUPPORTED);
  }

  @Test
  void whatWasMovedCountsOnceItWasSeen() {
    begin();
    var move = a.record(move("s", b, 6));
    assertThat(a.share("s")).isEqualByComparingTo("4");
    assertThat(a.refused(move("s", b, 5)).code()).isEqualTo(ProblemCode.SHARE_EXHAUSTED);
    var early = careless(b, "early", spending(b, "s", 2));
    meet(a, b);
    // the move is known now, but wasn't when it was spent
    assertThat(a.standing(early)).isEqualTo(Standing.OVERSPENT);
    assertThat(b.standing(early)).isEqualTo(Standing.OVERSPENT);
    b.record(add("s", -6));
    meet(a, b);
    assertThat(b.standing(move)).isEqualTo(Standing.EFFECTIVE);
    assertThat(b.stock("s")).isEqualByComparingTo("4");
    assertThat(a.seen()).isEqualTo(b.seen());
  }

  @Test
  void anIntentThatOverspendsIsVoidAsAWhole() {
    begin();
    a.record(add("s", -1));
    var other =
        new Operation(
            "orders",
            "o",
            List.of(),
            List.of(),
            new com.softadastra.engine.log.Change.Put(JsonText.parse("{\"n\":1}")));
    var overspent = careless(c, "x", spending(c, "s", 1), other);
    meet(a, b, c);
    for (var node : List.of(a, b, c)) {
      assertThat(node.standing(overspent)).isEqualTo(Standing.OVERSPENT);
      assertThat(node.documents.get(new DocumentKey(SPACE, "orders", "o")).exists()).isFalse();
      assertThat(node.stock("s")).isEqualByComparingTo("9");
    }
  }

  @Test
  void aPatchThatDoesNotFitAddsAllTheSame() {
    begin();
    c.record(put("t", "{\"stock\":1,\"x\":\"text\"}"));
    var definition = Definitions.current(SPACE, "stock", c).name();
    var trick =
        new Operation(
            "stock",
            "t",
            definition,
            c.documents.get(stockKey("t")).headVersions(),
            List.of(),
            new com.softadastra.engine.log.Change.Patch(
                Notation.FIELDS,
                JsonText.parse("{\"increment\":{\"stock\":5},\"set\":{\"/x/y\":1}}")));
    careless(c, "trick", trick);
    c.record(add("t", -6));
    meet(a, b, c);
    assertThat(a.stock("t")).isEqualByComparingTo("0");
    assertThat(a.seen()).isEqualTo(c.seen());
  }

  @Test
  void aNewIncarnationHoldsNothing() {
    begin();
    a.record(move("s", b, 4));
    meet(a, b);
    var restored = b.copy(b.log.size(), true);
    assertThat(restored.refused(add("s", -1)).facts()).containsEntry("left", "0");
    assertThat(restored.shares("s").get(b.state.self())).isEqualByComparingTo("4");
    a.record(move("s", restored, 2));
    meet(a, restored);
    restored.record(add("s", -2));
    meet(a, restored);
    assertThat(a.stock("s")).isEqualByComparingTo("8");
  }

  @Test
  void whatTwoLivesSpentIsTakenFromTheShareOfBoth() {
    begin();
    a.record(move("s", b, 6));
    meet(a, b);
    var twin = b.copy(b.log.size(), false);
    accepted(b.submit("one", add("s", -4)));
    accepted(twin.submit("two", add("s", -1)));
    accepted(twin.submit("three", add("s", -3)));
    b.clock += 10;
    meet(a, b, c);
    meet(a, twin);
    meet(a, b, twin, c);
    var effective = new TreeMap<String, Standing>();
    for (var id : List.of("one", "two", "three")) {
      effective.put(id, c.intent(SPACE, id).orElseThrow().standing());
    }
    // one and two were all that it held room for, or two and three
    assertThat(effective.values()).contains(Standing.OVERSPENT);
    assertThat(c.stock("s").signum()).isNotNegative();
    for (var node : List.of(a, b, twin)) {
      assertThat(node.seen()).isEqualTo(c.seen());
    }
  }

  @Test
  void aSequenceGivesEachNumberOnce() {
    begin();
    assertThat(a.refused(invoice("o-0")).code()).isEqualTo(ProblemCode.RANGE_EXHAUSTED);
    a.record(allot(a, a, 2));
    a.record(allot(a, b, 2));
    meet(a, b, c);
    accepted(a.submit("k", invoice("o-1")));
    assertThat(number(a, "o-1")).isEqualTo("R-0001");
    assertThat(a.submit("k", invoice("o-1"))).isInstanceOf(Admission.Replayed.class);
    assertThat(a.submit("k", invoice("o-9"))).isInstanceOf(Admission.Declined.class);
    a.record(invoice("o-2"), invoiceNone("o-3"));
    assertThat(a.refused(invoice("o-4")).code()).isEqualTo(ProblemCode.RANGE_EXHAUSTED);
    b.record(invoice("o-5"));
    assertThat(number(b, "o-5")).isEqualTo("R-0003");
    b.record(allot(b, c, 1));
    meet(a, b, c);
    c.record(invoice("o-6"));
    assertThat(number(c, "o-6")).isEqualTo("R-0004");
    var twice = careless(c, "twice", acting(c, new SequenceAct.Take(List.of(4L))));
    var foreign = careless(c, "foreign", acting(c, new SequenceAct.Take(List.of(7L))));
    var given =
        careless(
            c, "given", acting(c, new SequenceAct.Allot(c.state.self(), List.of(new Range(8, 9)))));
    var again = careless(c, "again", acting(c, new SequenceAct.Declare("Q", 1)));
    meet(a, b, c);
    for (var node : List.of(a, b, c)) {
      for (var entry : List.of(twice, foreign, given, again)) {
        assertThat(node.standing(entry)).isEqualTo(Standing.MISNUMBERED);
      }
      assertThat(node.ranges().used()).containsExactly(new Range(1, 4));
      assertThat(node.seen()).isEqualTo(a.seen());
    }
  }

  private static OperationRequest invoiceNone(String id) {
    return new OperationRequest(
        OperationKind.PUT, "orders", id, JsonText.parse("{}"), null, Condition.ANY);
  }

  @Test
  void ofTwoDeclarationsTheFirstCounts() {
    b.clock += 5;
    var first = a.record(act(new SequenceAct.Declare("A", 1)));
    var second = b.record(act(new SequenceAct.Declare("B", 1)));
    b.record(allot(b, b, 5));
    b.record(invoice("o"));
    b.receiveAll(a.log);
    a.receiveAll(b.log);
    assertThat(a.standing(first)).isEqualTo(Standing.EFFECTIVE);
    assertThat(b.standing(second)).isEqualTo(Standing.MISNUMBERED);
    assertThat(b.ranges().declared().orElseThrow().prefix()).isEqualTo("A");
    assertThat(b.documents.get(new DocumentKey(SPACE, "orders", "o")).exists()).isFalse();
    assertThat(a.seen()).isEqualTo(b.seen());
  }

  @Test
  void formsAreAsTheyWere() {
    var to = replica(2);
    var named = "\"incarnation\":\"" + to.incarnation() + "\"";
    assertThat(new SequenceAct.Declare("R-", 6).body().text())
        .isEqualTo("{\"declare\":{\"prefix\":\"R-\",\"width\":6}}");
    var ranges = List.of(new Range(1, 100), new Range(201, 201));
    assertThat(new SequenceAct.Allot(to, ranges).body().text())
        .isEqualTo(
            "{\"allot\":{"
                + named
                + ",\"ranges\":[[1,100],[201,201]],\"to\":\""
                + to.node()
                + "\"}}");
    assertThat(new SequenceAct.Take(List.of(7L, 9L)).body().text()).isEqualTo("{\"take\":[7,9]}");
    assertThat(EscrowChange.moving("stock", to, new BigDecimal("2.50")).text().text())
        .isEqualTo(
            "{\"move\":{\"/stock\":{\"amount\":2.50," + named + ",\"to\":\"" + to.node() + "\"}}}");
    for (var none :
        List.of(
            "{\"take\":[0]}",
            "{\"take\":[1],\"more\":1}",
            "{\"take\":7}",
            "{\"declare\":{\"prefix\":\"\",\"width\":16}}",
            "{\"allot\":{" + named + ",\"ranges\":[[2,1]],\"to\":\"" + to.node() + "\"}}")) {
      assertThat(SequenceAct.of(JsonText.parse(none))).as(none).isEmpty();
    }
    // storage keeps the ordinal
    assertThat(Standing.values())
        .endsWith(Standing.FORKED, Standing.OVERSPENT, Standing.MISNUMBERED);
    assertThat(Operation.SEQUENCES).isEqualTo("$sequences");
  }

  /** What the thread that records knows of a document, and what its history says. */
  private static String kept(Node node, DocumentKey key) {
    return tell(node.state.holdings().part(key, node));
  }

  private static String read(Node node, DocumentKey key) {
    return tell(Holdings.part(key, node));
  }

  private static String tell(Part part) {
    var ranges = part.ranges();
    var left = new TreeMap<Replica, List<Range>>();
    ranges.holders().forEach(holder -> left.put(holder, ranges.left(holder)));
    return part.position()
        + " "
        + part.shares().of("/stock")
        + ranges.declared()
        + ranges.keeper()
        + ranges.rest()
        + left
        + ranges.used()
        + ranges.unused();
  }

  private static final int MANY = 1000;

  @Test
  void aSpendReadsNoHistory() {
    begin();
    a.record(put("m", "{\"stock\":" + MANY + "}"));
    a.record(act(new SequenceAct.Allot(a.state.self(), List.of(new Range(1, 2L * MANY)))));
    meet(a, b);
    a.reads = 0;
    b.reads = 0;
    for (int i = 0; i < MANY; i++) {
      a.record(add("m", -1));
    }
    b.receiveAll(a.log);
    assertThat(a.reads).isLessThan(10 * MANY);
    assertThat(b.reads).isLessThan(10 * MANY);
    a.reads = 0;
    b.reads = 0;
    for (int i = 0; i < MANY / 2; i++) {
      accepted(a.submit("n" + i, invoice("x" + i), invoice("y" + i)));
      a.submit("n" + i, invoice("x" + i), invoice("y" + i));
    }
    b.receiveAll(a.log);
    assertThat(a.reads).isLessThan(20 * MANY);
    assertThat(b.reads).isLessThan(20 * MANY);
    assertThat(b.ranges().used()).containsExactly(new Range(1, MANY));
    assertThat(b.stock("m")).isEqualByComparingTo("0");
  }

  @Test
  void whatIsVoidReadsNoHistoryEither() {
    begin();
    for (int i = 0; i < MANY; i++) {
      careless(c, "v" + i, spending(c, "s", 1));
      careless(c, "t" + i, acting(c, new SequenceAct.Take(List.of(1L + i))));
    }
    for (int i = 0; i < MANY; i++) {
      var apart =
          new Operation(
              Operation.SEQUENCES,
              SEQUENCE,
              List.of(),
              List.of(),
              new com.softadastra.engine.log.Change.Put(new SequenceAct.Declare("Q", 1).body()));
      careless(c, "d" + i, apart);
    }
    a.reads = 0;
    a.receiveAll(c.log);
    // one declaration is compared with all that is there
    assertThat(a.reads).isLessThan(40 * MANY);
    assertThat(a.ranges().declared().orElseThrow().prefix()).isEqualTo("R-");
    assertThat(a.seen()).isEqualTo(c.seen());
  }

  @Test
  @Timeout(20)
  void aMoveThatIsNotSeenCostsItsReceiverNoMoreEachTime() {
    begin();
    var move = a.record(move("s", b, 1));
    b.record(add("s", 1));
    var spent = b.log.getLast();
    var part = new Part();
    take(part, move, List.of(), version(move));
    var last = version(move);
    // where each looked at all before it, this would take minutes
    for (int i = 0; i < 50_000; i++) {
      var next = Hash.sha256(last.bytes());
      var parents = i == 0 ? List.<Hash>of() : List.of(last);
      assertThat(part.seen(b.state.self(), operation(spent, parents))).isEmpty();
      take(part, spent, parents, next);
      last = next;
    }
    var seen = operation(spent, List.of(last, version(move)));
    assertThat(part.seen(b.state.self(), seen)).containsExactly(version(move));
    take(part, spent, seen.parents(), Hash.sha256(last.bytes()));
    assertThat(part.weight()).as("what nobody needs is forgotten").isLessThan(20);
  }

  private static Hash version(LoggedEntry logged) {
    return DocumentUpdate.version(logged, logged.entry().operations().getFirst());
  }

  private static Operation operation(LoggedEntry logged, List<Hash> parents) {
    var operation = logged.entry().operations().getFirst();
    return new Operation(
        operation.collection(),
        operation.id(),
        operation.definition(),
        parents,
        List.of(),
        operation.change());
  }

  private void take(Part part, LoggedEntry logged, List<Hash> parents, Hash version) {
    var operation = operation(logged, parents);
    part.take(
        logged, operation, version, logged.entry().author(), Definitions.of(operation, SPACE, a));
  }

  @Test
  void whatIsKeptIsNeverAheadOfTheLog() {
    begin();
    var before = List.copyOf(a.log);
    var documents = Map.copyOf(a.documents);
    a.record(add("s", -7));
    assertThat(a.state.holdings().part(stockKey("s"), a).shares().of("/stock").values())
        .containsExactly(new BigDecimal(3));
    // as if the commit had failed
    a.log.subList(before.size(), a.log.size()).clear();
    a.documents.clear();
    a.documents.putAll(documents);
    assertThat(a.state.holdings().part(stockKey("s"), a).shares().of("/stock").values())
        .containsExactly(new BigDecimal(10));
  }

  @Test
  void whatIsKeptIsBounded() {
    var cache = new HoldingsCache();
    begin();
    a.record(move("s", b, 1));
    for (int i = 0; i < 50; i++) {
      a.record(put("k" + i, "{\"stock\":1}"));
      a.record(move("k" + i, b, 1));
    }
    for (int i = 0; i < 50; i++) {
      cache.part(stockKey("k" + i), a, 40);
    }
    assertThat(cache.weight()).isPositive().isLessThanOrEqualTo(40);
  }

  @Test
  void hugeExponentsAndForeignMovesHaveNoEffectAndCostNothing() {
    begin();
    var fields =
        new TreeMap<>(
            Map.of(
                "counter", new FieldDefinition(FieldType.COUNTER),
                "least", new FieldDefinition(FieldType.MIN),
                "most", new FieldDefinition(FieldType.MAX)));
    var body = Definition.body(1, new CollectionDefinition(Policy.MERGE, fields));
    a.record(
        new OperationRequest(
            OperationKind.PUT, Operation.DEFINITIONS, "sums", body, null, Condition.ANY));
    a.record(
        new OperationRequest(
            OperationKind.PUT,
            "sums",
            "x",
            JsonText.parse("{\"counter\":1,\"least\":1,\"most\":1}"),
            null,
            Condition.ANY));
    meet(a, b, c);
    int n = 0;
    for (var huge :
        List.of("1e999999999", "1e-999999999", "-1e999999999", "0e999999999", "1e99999999999")) {
      for (var patch : List.of("{\"increment\":{\"stock\":%s}}", moving("%s", "/stock"))) {
        var text = patch.formatted(huge);
        assertThat(a.refused(patch("s", text)).code()).isEqualTo(ProblemCode.PATCH_NOT_APPLICABLE);
        assertThat(a.standing(sent(c, "h" + n++, "stock", "s", text)))
            .isEqualTo(Standing.OVERSPENT);
      }
      assertThat(a.refused(put("u" + n, "{\"stock\":" + huge + "}")).code())
          .isEqualTo(ProblemCode.PATCH_NOT_APPLICABLE);
      var increment = "{\"increment\":{\"counter\":" + huge + "}}";
      var of =
          new OperationRequest(
              OperationKind.PATCH,
              "sums",
              "x",
              null,
              new PatchBody(Notation.FIELDS, JsonText.parse(increment)),
              Condition.ANY);
      assertThat(a.refused(of).code()).isEqualTo(ProblemCode.PATCH_NOT_APPLICABLE);
      sent(c, "h" + n++, "sums", "x", increment);
      sent(c, "h" + n++, "sums", "x", "{\"set\":{\"least\":" + huge + "}}");
      sent(b, "h" + n++, "sums", "x", "{\"set\":{\"most\":" + huge + "}}");
    }
    for (var none :
        List.of(
            moving("0", "/stock"),
            moving("-1", "/stock"),
            moving("1", "/other"),
            moving("1", "stock"),
            "{\"move\":{\"/stock\":{\"amount\":1,\"to\":\"me\",\"incarnation\":\"x\"}}}")) {
      assertThat(a.refused(patch("s", none)).code()).isEqualTo(ProblemCode.PATCH_NOT_APPLICABLE);
      assertThat(a.standing(sent(c, "h" + n++, "stock", "s", none))).isEqualTo(Standing.OVERSPENT);
    }
    meet(a, b, c);
    assertThat(a.stock("s")).isEqualByComparingTo("10");
    assertThat(a.seen()).isEqualTo(b.seen());
    for (var document : a.documents.values()) {
      if (document.exists() && document.body() != null) {
        assertThat(document.body().text().length()).isLessThan(1000);
      }
    }
  }

  private String moving(String amount, String field) {
    return EscrowChange.moving("stock", b.state.self(), BigDecimal.valueOf(12345))
        .text()
        .text()
        .replace("12345", amount)
        .replace("\"/stock\"", "\"" + field + "\"");
  }

  /** A patch that a node records without asking what it holds, and that another gets. */
  private LoggedEntry sent(Node by, String id, String collection, String document, String patch) {
    var key = new DocumentKey(SPACE, collection, document);
    var entry =
        careless(
            by,
            id,
            new Operation(
                collection,
                document,
                Definitions.current(SPACE, collection, by).name(),
                by.documents.get(key).headVersions(),
                List.of(),
                new com.softadastra.engine.log.Change.Patch(
                    Notation.FIELDS, JsonText.parse(patch))));
    a.receiveAll(by.log);
    return entry;
  }

  /** What a random history asked for, by intent. */
  private record Asked(Map<String, Long> added, boolean numbered, boolean careful) {}

  @Test
  void noOrderOfArrivalAndNoLifeMakesAnAmountNegativeOrANumberDouble() {
    for (long seed = 1; seed <= Integer.getInteger("holdings.seeds", 400); seed++) {
      try {
        new History(seed).run();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
      }
    }
  }

  private static final class History {
    private final Random random;
    private final boolean forks;
    private final boolean retries;
    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, Asked> asked = new HashMap<>();
    private int intents;

    History(long seed) {
      random = new Random(seed);
      forks = seed % 2 == 0;
      retries = seed % 4 > 1;
      for (int n = 1; n <= 3; n++) {
        nodes.add(new Node(n));
      }
    }

    private Node any() {
      return nodes.get(random.nextInt(nodes.size()));
    }

    void run() {
      var first = nodes.getFirst();
      first.record(declaration());
      first.record(act(new SequenceAct.Declare("R", 2)));
      first.record(allot(first, first, 5));
      for (var id : List.of("s", "t")) {
        submit(first, Map.of(id, 10L), false, false);
      }
      nodes.forEach(node -> node.receiveAll(first.log));
      for (int step = 0; step < 40; step++) {
        step();
        nodes.forEach(this::check);
      }
      int rounds = 0;
      for (boolean more = true; more; ) {
        // a life that meets another of its node begins anew once, so there is an end to forks
        assertThat(rounds++).as("rounds until nothing is recorded again").isLessThan(10);
        more = false;
        for (var to : nodes) {
          for (var from : nodes) {
            int before = to.log.size();
            to.receiveAll(from == to ? List.of() : from.log);
            check(to);
            more |= to.log.size() > before;
          }
        }
      }
      nodes.forEach(node -> assertThat(node.seen()).isEqualTo(nodes.getFirst().seen()));
      shuffled();
    }

    private void step() {
      var node = any();
      var id = random.nextBoolean() ? "s" : "t";
      node.clock += random.nextInt(5) - 2;
      switch (random.nextInt(forks ? 14 : 13)) {
        case 0, 1, 2, 3 ->
            submit(node, Map.of(id, random.nextInt(9) - 6L), false, random.nextBoolean());
        case 4 ->
            submit(
                node,
                Map.of("s", -1L - random.nextInt(2), "t", 1L - random.nextInt(4)),
                true,
                false);
        case 5 -> submit(node, Map.of(), true, false);
        case 6 -> node.submit(null, move(id, any(), 1 + random.nextInt(4)));
        case 7 -> {
          var to = any();
          node.ranges()
              .allottable(node.state.self(), to.state.self(), 1 + random.nextInt(3))
              .ifPresent(
                  ranges -> node.submit(null, act(new SequenceAct.Allot(to.state.self(), ranges))));
        }
        case 8, 9, 10 -> node.receiveAll(any() == node ? List.of() : any().log);
        case 11 -> careless(node, id);
        case 12 -> {
          int kept = Math.max(5, node.log.size() - random.nextInt(5));
          if (kept <= node.log.size()) {
            // what it was the only one to have is lost, and so is what was asked of it
            nodes.set(nodes.indexOf(node), node.copy(kept, true));
          }
        }
        default -> {
          if (nodes.size() < 5) {
            nodes.add(node.copy(Math.max(5, node.log.size() - random.nextInt(3)), false));
          }
        }
      }
    }

    private void careless(Node node, String id) {
      if (!node.documents.containsKey(stockKey(id))) {
        return;
      }
      var name = "i" + intents++;
      long amount = 1 + random.nextInt(12);
      if (random.nextBoolean()) {
        HoldingsTest.careless(node, name, spending(node, id, amount));
        asked.put(name, new Asked(Map.of(id, -amount), false, false));
      } else {
        var take = new SequenceAct.Take(List.of(1L + random.nextInt(12)));
        HoldingsTest.careless(node, name, acting(node, take));
        asked.put(name, new Asked(Map.of(), false, false));
      }
    }

    private void submit(Node node, Map<String, Long> added, boolean numbered, boolean asPut) {
      // sometimes a client asks another node for the same
      boolean again = retries && intents > 2 && random.nextInt(12) == 0;
      var name = again ? "i" + random.nextInt(intents) : "i" + intents++;
      if (again && asked.containsKey(name)) {
        added = asked.get(name).added();
        numbered = asked.get(name).numbered();
      }
      var operations = new ArrayList<OperationRequest>();
      for (var each : new TreeMap<>(added).entrySet()) {
        boolean there = node.documents.containsKey(stockKey(each.getKey()));
        var present = node.stock(each.getKey());
        operations.add(
            asPut || !there
                ? put(
                    each.getKey(),
                    "{\"stock\":" + present.add(BigDecimal.valueOf(each.getValue())) + "}")
                : add(each.getKey(), each.getValue()));
      }
      if (numbered) {
        operations.add(invoice("o" + name));
      }
      if (operations.isEmpty()) {
        return;
      }
      var admission = node.submit(name, operations.toArray(OperationRequest[]::new));
      if (admission instanceof Admission.Accepted) {
        asked.put(name, new Asked(added, numbered, true));
      }
    }

    /** What holds at every node at any time. */
    private void check(Node node) {
      node.documents
          .keySet()
          .forEach(key -> assertThat(kept(node, key)).isEqualTo(read(node, key)));
      var sums = new HashMap<String, Long>();
      for (var logged : node.log) {
        var of = asked.get(logged.entry().intent().id());
        if (of != null && logged.standing().effective()) {
          of.added().forEach((id, amount) -> sums.merge(id, amount, Long::sum));
        }
        boolean honest = of == null || of.careful();
        if (honest && !forks && !retries) {
          assertThat(logged.standing().uncovered())
              .as("acknowledged: %s", logged.entry().intent())
              .isFalse();
        }
      }
      for (var id : List.of("s", "t")) {
        assertThat(node.stock(id))
            .as("stock of %s", id)
            .isEqualByComparingTo(BigDecimal.valueOf(sums.getOrDefault(id, 0L)));
        assertThat(node.stock(id).signum()).as("stock").isNotNegative();
        var sum = BigDecimal.ZERO;
        for (var share : node.shares(id).values()) {
          assertThat(share.signum()).as("share").isNotNegative();
          sum = sum.add(share);
        }
        assertThat(sum).isEqualByComparingTo(node.stock(id));
      }
      var numbers = new HashSet<String>();
      node.documents.forEach((key, state) -> {
        if (key.collection().equals("orders") && state.exists()) {
          assertThat(numbers.add(number(node, key.id()))).as("number of %s", key.id()).isTrue();
        }
      });
    }

    /** The same entries in other orders, to nodes that write nothing. */
    private void shuffled() {
      var expected = nodes.getFirst().seen();
      for (int order = 0; order < 2; order++) {
        var observer = new Node(3);
        observer.reviving = true;
        var rest = new ArrayList<>(nodes.getFirst().log);
        while (!rest.isEmpty()) {
          Collections.shuffle(rest, random);
          int before = rest.size();
          rest.removeIf(entry -> {
            boolean taken = !(observer.receive(entry) instanceof Receiver.Verdict.Rejected);
            assertThat(observer.stock("s").signum()).isNotNegative();
            return taken;
          });
          assertThat(rest).hasSizeLessThan(before);
        }
        assertThat(observer.seen()).isEqualTo(expected);
      }
    }
  }
}
