package com.softadastra.engine;

import static com.softadastra.engine.Given.CLOCK;
import static com.softadastra.engine.Given.creation;
import static com.softadastra.engine.Given.entry;
import static com.softadastra.engine.Given.filled;
import static com.softadastra.engine.Given.hash;
import static com.softadastra.engine.Given.intent;
import static com.softadastra.engine.Given.key;
import static com.softadastra.engine.Given.operation;
import static com.softadastra.engine.Given.patch;
import static com.softadastra.engine.Given.put;
import static com.softadastra.engine.Given.replica;
import static com.softadastra.engine.Given.signed;
import static com.softadastra.engine.Given.space;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.CollectionDefinition;
import com.softadastra.contracts.documents.FieldDefinition;
import com.softadastra.contracts.documents.FieldType;
import com.softadastra.contracts.documents.PatchBody.Notation;
import com.softadastra.contracts.documents.Policy;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.blob.BlobFrame;
import com.softadastra.engine.document.Decided;
import com.softadastra.engine.document.Definition;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.document.Head;
import com.softadastra.engine.envelope.Contents;
import com.softadastra.engine.envelope.Custody;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.engine.envelope.Passage;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.Authority;
import com.softadastra.engine.log.Cause;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.Command;
import com.softadastra.engine.log.DefinitionName;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.Intent;
import com.softadastra.engine.log.IntentIds;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Signatures;
import com.softadastra.engine.log.Signatures.Purpose;
import com.softadastra.engine.session.Frame;
import com.softadastra.engine.space.BatchCheck.Offered;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.engine.space.Recorder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frozen bytes; {@code golden/README.md} says what a change of them would break. */
class GoldenVectorsTest {
  private static final SpaceId SPACE = space(1);
  private static final Authority STEWARD = new Authority(1, 1, null);
  private static final DocumentKey KEY = new DocumentKey(SPACE, "orders", "o-1");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "entries",
        "versions",
        "policies",
        "membership",
        "signatures",
        "frames",
        "envelopes",
        "mail",
        "blobs",
        "ids"
      })
  void bytesAreAsTheyWere(String file) throws IOException {
    var lines = new ArrayList<String>();
    vectors().get(file).forEach((name, hex) -> lines.add(name + " = " + hex));
    assertThat(String.join("\n", lines)).isEqualTo(String.join("\n", golden(file)));
  }

  @Test
  void entriesReadBackAsTheyWere() throws IOException {
    var lines = new ArrayList<>(golden("entries"));
    lines.addAll(golden("policies"));
    for (var line : lines) {
      if (line.startsWith("entry.")) {
        byte[] bytes = hex(line);
        assertThat(EntryCodec.encode(EntryCodec.decode(bytes))).isEqualTo(bytes);
      }
    }
  }

  @Test
  void membershipRecordsReadBackAsTheyWere() throws IOException {
    for (var line : golden("membership")) {
      if (line.startsWith("create") || line.startsWith("grant") || line.startsWith("retirement")) {
        byte[] bytes = hex(line);
        assertThat(MembershipRecord.decode(bytes).encode()).isEqualTo(bytes);
      }
    }
  }

  @Test
  void framesReadBackAsTheyWere() throws IOException {
    for (var line : golden("frames")) {
      byte[] bytes = hex(line);
      assertThat(Frame.decode(bytes).encode()).isEqualTo(bytes);
    }
  }

  /** What a packed batch looks like is zstd's affair; that it can be read is ours. */
  @Test
  void readsPackedEntries() throws IOException {
    var packed = (Frame.Entries) Frame.decode(hex(golden("packed").getFirst()));
    assertThat(packed.batch()).hasSize(1);
    assertThat(packed.batch().getFirst().bytes()).isEqualTo(EntryCodec.encode(large()));
  }

  static Entry large() {
    return entry(
        SPACE,
        replica(1),
        1,
        Hash.ZERO,
        List.of(),
        STEWARD,
        intent("large", operation("o-1", put("{\"text\":\"" + "x".repeat(2000) + "\"}"))));
  }

  static Map<String, Map<String, String>> vectors() {
    var all = new LinkedHashMap<String, Map<String, String>>();
    all.put("entries", entries());
    all.put("versions", versions());
    all.put("policies", policies());
    all.put("membership", membership());
    all.put("signatures", signatures());
    all.put("frames", frames());
    all.put("envelopes", envelopes());
    all.put("mail", mail());
    all.put("blobs", blobs());
    all.put("ids", ids());
    return all;
  }

  private static Map<String, String> entries() {
    var vectors = new LinkedHashMap<String, String>();
    var first =
        entry(
            SPACE,
            replica(1),
            1,
            Hash.ZERO,
            List.of(),
            STEWARD,
            intent("intent-1", operation("o-1", put("{\"n\":1.50,\"ä\":[true,null]}"))));
    add(vectors, "first", first);
    var operations =
        List.of(
            new Operation("orders", "o-1", sorted("a", "b"), List.of(), put("{}")),
            new Operation(
                "orders",
                "o-2",
                sorted("a"),
                List.of(),
                patch(Notation.MERGE, "{\"gone\":null,\"n\":2}")),
            new Operation(
                "stock",
                "o-2",
                sorted("a"),
                List.of(),
                patch(Notation.FIELDS, "{\"increment\":{\"n\":1}}")),
            new Operation("stock", "o-3", sorted("a"), sorted("b", "c"), Change.DELETE));
    var causes =
        List.of(replica(1), replica(3)).stream()
            .sorted()
            .map(r -> new Cause(new Dot(r, 300), hash("cause")))
            .toList();
    add(
        vectors,
        "full",
        entry(
            SPACE,
            replica(2),
            70_000,
            hash("previous"),
            causes,
            new Authority(1, 24, hash("grant")),
            new Intent(
                "intent-2",
                "anna",
                Priority.URGENT,
                new Command("{\"name\":\"sell\"}"),
                operations)));
    add(
        vectors,
        "other-kind",
        new Entry(
            9,
            SPACE,
            replica(1),
            2,
            0,
            Hash.sha256(EntryCodec.encode(first)),
            List.of(),
            STEWARD,
            filled(3, 0xab),
            null));
    add(
        vectors,
        "observation",
        new Entry(
            Entry.OBSERVATION,
            SPACE,
            replica(2),
            2,
            0,
            hash("previous"),
            causes,
            STEWARD,
            new byte[0],
            null));
    return vectors;
  }

  private static void add(Map<String, String> vectors, String name, Entry entry) {
    byte[] bytes = EntryCodec.encode(entry);
    vectors.put("entry." + name, hex(bytes));
    vectors.put("hash." + name, hex(Hash.sha256(bytes)));
  }

  /** What definitions and the policies that decide write down. */
  private static Map<String, String> policies() {
    var fields = new TreeMap<String, FieldDefinition>();
    fields.put("stock", new FieldDefinition(FieldType.COUNTER));
    fields.put("/a/b~1", new FieldDefinition(FieldType.SET));
    var body = Definition.body(3, new CollectionDefinition(Policy.MERGE, fields));
    var name = Definition.of(body).orElseThrow().name();
    var difference = new Change.Difference(JsonText.parse("{\"set\":{\"/n\":1.50}}"), hash("body"));
    var restoring = patch(Notation.FIELDS, "{\"unset\":[\"/n\"]}");
    var vectors = new LinkedHashMap<String, String>();
    vectors.put("definition", hex(body.utf8()));
    vectors.put("definition.hash", hex(name.hash()));
    vectors.put("conflict.decided", hex(Decided.conflictId(KEY, hash("loser"))));
    vectors.put("version.difference", version(difference, sorted("a")));
    vectors.put(
        "version.undo", version(new Change.Undo(hash("conflict"), Change.DELETE), sorted("a")));
    add(
        vectors,
        "declared",
        entry(
            SPACE,
            replica(1),
            1,
            Hash.ZERO,
            List.of(),
            STEWARD,
            intent(
                "declares",
                new Operation(
                    Operation.DEFINITIONS, "orders", List.of(), List.of(), put(body.text())))));
    add(
        vectors,
        "decided",
        entry(
            SPACE,
            replica(1),
            2,
            hash("previous"),
            List.of(),
            STEWARD,
            intent(
                "intent-1",
                under(name, "o-1", difference),
                under(name, "o-2", new Change.Undo(hash("conflict"), put("{}"))),
                under(name, "o-3", new Change.Undo(hash("conflict"), restoring)),
                under(name, "o-4", new Change.Undo(hash("conflict"), Change.DELETE)))));
    var heads =
        sorted("a", "b").stream()
            .map(v -> new Head(v, 1, JsonText.parse("{}"), 0, false, List.of()))
            .toList();
    var state = new DocumentState(KEY, heads, null, 0);
    var ranked = new CollectionDefinition(Policy.LOCAL_ROLE, new TreeMap<>(), List.of("hq", "a"));
    var labels = Definition.body(4, ranked);
    vectors.put("definition.local-role", hex(labels.utf8()));
    vectors.put(
        "definition.local-role.hash", hex(Definition.of(labels).orElseThrow().name().hash()));
    add(
        vectors,
        "labelled",
        entry(
            SPACE,
            replica(1),
            1,
            Hash.ZERO,
            List.of(),
            new Authority(1, 5, hash("grant"), List.of("a", "hq")),
            intent("labelled", operation("o-1", put("{}")))));
    var called = Definition.body(5, CollectionDefinition.resolvedBy("pick-1"));
    vectors.put("definition.function", hex(called.utf8()));
    vectors.put("definition.function.hash", hex(Definition.of(called).orElseThrow().name().hash()));
    add(
        vectors,
        "computed",
        entry(
            SPACE,
            replica(1),
            1,
            Hash.ZERO,
            List.of(),
            STEWARD,
            new Intent(
                "resolution-1",
                null,
                Priority.NORMAL,
                Command.ofFunction("pick-1"),
                List.of(
                    new Operation(
                        "orders",
                        "o-1",
                        Definition.of(called).orElseThrow().name(),
                        sorted("a", "b"),
                        List.of(),
                        put("{}"))))));
    vectors.put("undo", text(Recorder.undoId(state, hash("conflict"))));
    return vectors;
  }

  private static Operation under(DefinitionName name, String id, Change change) {
    return new Operation("orders", id, name, sorted("a"), List.of(), change);
  }

  private static Map<String, String> versions() {
    var vectors = new LinkedHashMap<String, String>();
    vectors.put("put", version(put("{\"n\":1}"), List.of()));
    vectors.put("put.one-parent", version(put("{\"n\":1}"), sorted("a")));
    vectors.put("put.three-parents", version(put("{\"n\":1}"), sorted("a", "b", "c")));
    vectors.put("patch.merge", version(patch(Notation.MERGE, "{\"n\":1}"), sorted("a")));
    vectors.put(
        "patch.fields", version(patch(Notation.FIELDS, "{\"set\":{\"n\":1}}"), sorted("a")));
    vectors.put("delete", version(Change.DELETE, sorted("a")));
    vectors.put(
        "delete.what-was-seen-does-not-count",
        hex(
            EntryCodec.version(
                SPACE,
                new Operation("orders", "o-1", sorted("a"), sorted("b"), Change.DELETE),
                "intent-1")));
    return vectors;
  }

  private static String version(Change change, List<Hash> parents) {
    var operation = new Operation("orders", "o-1", parents, List.of(), change);
    return hex(EntryCodec.version(SPACE, operation, "intent-1"));
  }

  private static MembershipRecord.Grant grant(long number, boolean steward) {
    return new MembershipRecord.Grant(
        SPACE,
        key(2).publicKey(),
        "Zweite",
        Role.WRITER,
        key(steward ? 1 : 3).nodeId(),
        1,
        number,
        steward ? SPACE.hash() : null,
        CLOCK);
  }

  private static Statement statement() {
    return new Statement(
        SPACE, replica(1), 1L << 32, CLOCK, Map.of(replica(1), 5L, replica(2), 300L));
  }

  private static Map<String, String> membership() {
    var vectors = new LinkedHashMap<String, String>();
    vectors.put("create", hex(creation(1).encode()));
    vectors.put("space", hex(SPACE.hash()));
    vectors.put("grant.steward", hex(grant(2, true).encode()));
    vectors.put("grant.admin", hex(grant(0, false).encode()));
    vectors.put(
        "grant.labels",
        hex(
            new MembershipRecord.Grant(
                    SPACE,
                    key(2).publicKey(),
                    "Zweite",
                    Role.WRITER,
                    key(1).nodeId(),
                    1,
                    3,
                    SPACE.hash(),
                    CLOCK,
                    List.of("a", "hq"))
                .encode()));
    vectors.put(
        "grant.relay",
        hex(
            new MembershipRecord.Grant(
                    SPACE,
                    key(2).publicKey(),
                    "mast",
                    Role.RELAY,
                    key(1).nodeId(),
                    1,
                    3,
                    SPACE.hash(),
                    CLOCK,
                    List.of(),
                    List.of("10.0.0.2:7600"))
                .encode()));
    vectors.put("statement", hex(statement().sign(key(1)).bytes()));
    vectors.put(
        "retirement.steward",
        hex(
            new MembershipRecord.Retirement(
                    SPACE, key(2).nodeId(), key(1).nodeId(), 1, 4, SPACE.hash(), CLOCK)
                .encode()));
    vectors.put(
        "retirement.admin",
        hex(
            new MembershipRecord.Retirement(
                    SPACE, key(3).nodeId(), key(2).nodeId(), 1, 0, null, CLOCK)
                .encode()));
    return vectors;
  }

  private static Map<String, String> signatures() {
    var vectors = new LinkedHashMap<String, String>();
    vectors.put("public-key", hex(key(1).publicKey()));
    vectors.put("node", hex(key(1).nodeId().hash()));
    for (var purpose : Purpose.values()) {
      byte[] signature = key(1).sign(purpose, hash("signed"));
      assertThat(Signatures.verify(purpose, hash("signed"), signature, key(1).publicKey()))
          .isTrue();
      vectors.put(purpose.name().toLowerCase(java.util.Locale.ROOT), hex(signature));
    }
    vectors.put("create", hex(signed(creation(1), key(1)).signature()));
    vectors.put("statement-made", hex(statement().sign(key(1)).signature()));
    return vectors;
  }

  /** What is sealed in one differs each time; what stands on it and what is to be sealed don't. */
  private static Map<String, String> envelopes() {
    var outside =
        new Envelope.Outside(
            filled(16, 7),
            key(2).nodeId(),
            key(1).publicKey(),
            Envelope.pseudonym(SPACE),
            Priority.URGENT,
            CLOCK,
            CLOCK + 60_000,
            null);
    var envelope = Envelope.sign(outside, filled(40, 9), key(1));
    assertThat(envelope.isGenuine()).isTrue();
    assertThat(Envelope.decode(envelope.encode()).encode()).isEqualTo(envelope.encode());
    byte[] contents = Contents.encode(List.of(new Frame.Bye("one").encode(), filled(30, 3)));
    assertThat(Contents.encode(Contents.decode(contents))).isEqualTo(contents);
    var vectors = new LinkedHashMap<String, String>();
    vectors.put("pseudonym", hex(Envelope.pseudonym(SPACE)));
    vectors.put("outside", hex(outside.encode()));
    vectors.put("envelope", hex(envelope.encode()));
    vectors.put("contents", hex(contents));
    var shared = sharing(2);
    assertThat(shared.isGenuine()).isTrue();
    assertThat(Envelope.decode(shared.encode()).encode()).isEqualTo(shared.encode());
    assertThat(Envelope.decode(shared.bare().encode()).with(BODY).encode())
        .isEqualTo(shared.encode());
    assertThat(shared.outside().body().with(shared.bare().encode().length))
        .isEqualTo(shared.encode().length);
    vectors.put("shared-outside", hex(shared.outside().encode()));
    vectors.put("shared-whole", hex(shared.encode()));
    vectors.put("shared-bare", hex(shared.bare().encode()));
    vectors.put("shared-hash", hex(shared.hash()));
    return vectors;
  }

  private static final byte[] BODY = filled(50, 8);

  /** An envelope of several with one body. */
  private static Envelope sharing(int to) {
    var outside =
        new Envelope.Outside(
            filled(16, to),
            key(to).nodeId(),
            key(1).publicKey(),
            Envelope.pseudonym(SPACE),
            Priority.NORMAL,
            CLOCK,
            CLOCK + 60_000,
            Passage.sign(SPACE, key(1).nodeId()),
            Envelope.Body.of(BODY));
    return Envelope.sign(outside, filled(80, to), key(1)).with(BODY);
  }

  private static Map<String, String> blobs() {
    var frames = new LinkedHashMap<String, BlobFrame>();
    frames.put("ask", new BlobFrame.Ask(Hash.sha256(), 262_144));
    frames.put("found", new BlobFrame.Found(1_000_003));
    frames.put("piece", new BlobFrame.Piece(filled(3, 7)));
    frames.put("none", new BlobFrame.None());
    var vectors = new LinkedHashMap<String, String>();
    frames.forEach((name, frame) -> {
      byte[] bytes = frame.encode();
      assertThat(BlobFrame.decode(bytes).encode()).as(name).isEqualTo(bytes);
      vectors.put(name, hex(bytes));
    });
    return vectors;
  }

  private static Map<String, String> mail() {
    byte[] passage = Passage.sign(SPACE, key(1).nodeId());
    assertThat(Passage.lets(key(1).nodeId(), passage, Passage.key(SPACE))).isTrue();
    assertThat(Passage.lets(key(2).nodeId(), passage, Passage.key(SPACE))).isFalse();
    var outside =
        new Envelope.Outside(
            filled(16, 7),
            key(2).nodeId(),
            key(1).publicKey(),
            Envelope.pseudonym(SPACE),
            Priority.NORMAL,
            CLOCK,
            CLOCK + 60_000,
            passage);
    var envelope = Envelope.sign(outside, filled(40, 9), key(1));
    assertThat(Envelope.decode(envelope.encode()).encode()).isEqualTo(envelope.encode());
    byte[] mailboxes = key(4).publicKey();
    byte[] certificate = Custody.certify(mailboxes, key(3));
    assertThat(Custody.certifies(certificate, mailboxes, key(3).publicKey())).isTrue();
    assertThat(Custody.certifies(certificate, mailboxes, key(2).publicKey())).isFalse();
    var custody = new Custody(filled(16, 7), key(2).nodeId(), envelope.hash(), CLOCK).sign(key(4));
    assertThat(custody.verified(mailboxes).envelope()).isEqualTo(envelope.hash());
    var left = new MailFrame.Left(Envelope.pseudonym(SPACE), key(2).nodeId(), 3, 1);
    var frames = new LinkedHashMap<String, MailFrame>();
    frames.put(
        "arrival",
        new MailFrame.Arrival(
            List.of(new MailFrame.Arrival.Shown(Envelope.pseudonym(SPACE), passage))));
    frames.put("deposit", new MailFrame.Deposit(envelope.encode()));
    frames.put("taken", new MailFrame.Taken(filled(16, 7)));
    frames.put("welcome", new MailFrame.Welcome(mailboxes, certificate, List.of(left)));
    frames.put("kept", new MailFrame.Kept(custody, true));
    frames.put("refused", new MailFrame.Refused(filled(16, 7), "full", 60_000));
    frames.put("mail", new MailFrame.Mail(envelope.encode()));
    frames.put("left", left);
    frames.put("farewell", new MailFrame.Farewell("stopping"));
    frames.put("passed", new MailFrame.PassedOver(filled(16, 7)));
    frames.put(
        "siblings",
        new MailFrame.Siblings(
            Envelope.pseudonym(SPACE),
            Passage.sign(SPACE, key(3).nodeId()),
            7,
            List.of(
                new MailFrame.Siblings.Named(
                    key(5).publicKey(), List.of("10.0.0.5:7600", "shore.example:7600")))));
    frames.put(
        "approach",
        new MailFrame.Approach(
            List.of(
                new MailFrame.Arrival.Shown(
                    Envelope.pseudonym(SPACE), Passage.sign(SPACE, key(3).nodeId())))));
    frames.put(
        "comes",
        new MailFrame.Comes(
            List.of(
                new MailFrame.Comes.Coming(
                    Envelope.pseudonym(SPACE), key(2).nodeId(), 1, 86_400_000))));
    frames.put(
        "offer",
        new MailFrame.Offer(
            filled(16, 7), envelope.hash(), key(1).nodeId(), key(2).nodeId(), 1_000));
    frames.put("wanted", new MailFrame.Wanted(filled(16, 7)));
    frames.put("pass", new MailFrame.Pass(envelope.encode(), 60_000));
    frames.put("holds", new MailFrame.Holds(filled(16, 7)));
    frames.put("gone", new MailFrame.Gone(filled(16, 7)));
    frames.put("fetched", new MailFrame.Fetched(filled(16, 7)));
    frames.put(
        "deposits",
        new MailFrame.Deposits(
            List.of(sharing(2).bare().encode(), sharing(3).bare().encode()), BODY));
    var vectors = new LinkedHashMap<String, String>();
    vectors.put("passage-key", hex(Passage.key(SPACE)));
    vectors.put("outside", hex(outside.encode()));
    frames.forEach((name, frame) -> {
      byte[] bytes = frame.encode();
      assertThat(MailFrame.decode(bytes).encode()).as(name).isEqualTo(bytes);
      vectors.put(name, hex(bytes));
    });
    return vectors;
  }

  private static Map<String, String> frames() {
    var record = signed(creation(1), key(1));
    var statements = List.of(statement().sign(key(1)));
    byte[] dense = new byte[64];
    System.arraycopy(hash("x").bytes(), 0, dense, 0, 32);
    System.arraycopy(hash("y").bytes(), 0, dense, 32, 32);
    var frames = new LinkedHashMap<String, Frame>();
    frames.put(
        "hello",
        new Frame.Hello(1, 1, replica(1), CLOCK, "Nord", List.of("10.0.0.1:7400"), List.of(SPACE)));
    frames.put("membership", new Frame.MembershipKnown(SPACE, List.of(record)));
    frames.put(
        "summary",
        new Frame.Summary(
            SPACE, List.of(new Frame.Summary.Known(replica(1), 5, hash("five"))), statements));
    // too dense to be packed, so that no version of zstd has a say
    frames.put(
        "entries",
        new Frame.Entries(
            SPACE,
            List.of(new Offered(hash("z").bytes(), null), new Offered(filled(1, 1), dense))));
    frames.put("acknowledged", new Frame.Acknowledged(SPACE, statements));
    frames.put("refused", new Frame.Refusal(SPACE, replica(2), "chain broken at 3"));
    frames.put("bye", new Frame.Bye("stopping"));
    frames.put(
        "trace",
        new Frame.Trace(
            SPACE,
            replica(2),
            List.of(
                new Frame.Trace.Point(9, hash("nine")), new Frame.Trace.Point(8, hash("eight")))));
    frames.put("taken", new Frame.Taken(SPACE, 7));
    frames.put(
        "heard",
        new Frame.Heard(
            SPACE,
            List.of(
                new Frame.Heard.Latest(replica(2).node(), new Statement.Age(1L << 32, CLOCK)))));
    frames.put(
        "wanted",
        new Frame.Wanted(SPACE, List.of(new Frame.Summary.Known(replica(1), 5, hash("five")))));
    frames.put(
        "again",
        new Frame.Again(
            SPACE,
            List.of(new Offered(hash("z").bytes(), null), new Offered(filled(1, 1), dense))));
    frames.put(
        "part",
        new Frame.SummaryPart(
            SPACE, List.of(new Frame.Summary.Known(replica(1), 5, hash("five")))));
    var vectors = new LinkedHashMap<String, String>();
    frames.forEach((name, frame) -> vectors.put(name, hex(frame.encode())));
    return vectors;
  }

  private static Map<String, String> ids() {
    var heads =
        sorted("a", "b").stream()
            .map(v -> new Head(v, 1, JsonText.parse("{}"), 0, false, List.of()))
            .toList();
    var state = new DocumentState(KEY, heads, null, 0);
    var vectors = new LinkedHashMap<String, String>();
    vectors.put("conflict.without-base", hex(DocumentState.conflictId(KEY, null)));
    vectors.put("conflict.with-base", hex(DocumentState.conflictId(KEY, hash("base"))));
    vectors.put("heads", hex(state.version()));
    var branch = EntryCodec.branch(replica(1), hash("first"));
    assertThat(branch.node()).isEqualTo(replica(1).node());
    vectors.put("branch", hex(branch.incarnation().bytes()));
    vectors.put("resolution.body", text(Recorder.resolutionId(state, JsonText.parse("{\"n\":1}"))));
    vectors.put("resolution.delete", text(Recorder.resolutionId(state, null)));
    vectors.put("intent-id", text(IntentIds.generate(replica(1), 42, filled(5, 1))));
    return vectors;
  }

  private static List<Hash> sorted(String... names) {
    return Arrays.stream(names).map(Given::hash).sorted().toList();
  }

  private static String text(String text) {
    return hex(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String hex(Hash hash) {
    return hex(hash.bytes());
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static byte[] hex(String line) {
    return HexFormat.of().parseHex(line.substring(line.indexOf(" = ") + 3));
  }

  private static List<String> golden(String file) throws IOException {
    try (var in = GoldenVectorsTest.class.getResourceAsStream("/golden/" + file + ".txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }
}
