package com.softadastra.engine;

import static com.softadastra.fuzz.Bytes.hold;
import static com.softadastra.fuzz.Bytes.utf8;
import static com.softadastra.fuzz.Mutator.Form.CBOR;
import static com.softadastra.fuzz.Mutator.Form.JSON;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.github.luben.zstd.Zstd;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.CollectionDefinition;
import com.softadastra.contracts.documents.FieldDefinition;
import com.softadastra.contracts.documents.FieldType;
import com.softadastra.contracts.documents.PatchBody.Notation;
import com.softadastra.contracts.documents.Policy;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonReader;
import com.softadastra.contracts.json.JsonReader.MalformedJson;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.contracts.suite.Samples;
import com.softadastra.engine.blob.BlobFrame;
import com.softadastra.engine.cbor.CborReader;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.cbor.CborWriter;
import com.softadastra.engine.document.Definition;
import com.softadastra.engine.document.DocumentPatch;
import com.softadastra.engine.document.DocumentPatch.NotApplicable;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.document.Head;
import com.softadastra.engine.document.SequenceAct;
import com.softadastra.engine.envelope.Contents;
import com.softadastra.engine.envelope.Custody;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.Bounds;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.log.Signatures.Purpose;
import com.softadastra.engine.session.Frame;
import com.softadastra.engine.space.Clocks;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.fuzz.Bytes;
import com.softadastra.fuzz.Fuzzing;
import com.softadastra.fuzz.Mutator;
import com.softadastra.fuzz.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class EngineFuzzTest {
  private static final NodeKey KEY = new NodeKey(new byte[NodeKey.SEED_BYTES]);

  @TestFactory
  Stream<DynamicTest> decoders() {
    return Fuzzing.of(
        Target.of("cbor", CBOR, items(), EngineFuzzTest::walk)
            .refusingWith(Malformed.class)
            .allocating(64 << 10, 64)
            .canonical(out -> out),
        Target.of("entry", CBOR, Fuzzing.golden("entries", "entry."), EntryCodec::decode)
            .refusingWith(Malformed.class)
            .upTo(256 << 10)
            .allocating(1 << 20, 128)
            .checking(EngineFuzzTest::genuine),
        Target.of(
                "membership-record",
                CBOR,
                concat(
                    concat(Fuzzing.golden("membership", "create ="), grants()),
                    Fuzzing.golden("membership", "retirement.")),
                MembershipRecord::decode)
            .refusingWith(Malformed.class)
            .canonical(MembershipRecord::encode),
        Target.of("statement", CBOR, Fuzzing.golden("membership", "statement ="), Statement::decode)
            .refusingWith(Malformed.class)
            .canonical(statement -> statement.sign(KEY).bytes()),
        Target.of("frame", CBOR, frames(), Frame::decode)
            .refusingWith(Malformed.class)
            .generating(EngineFuzzTest::batch)
            .allocating(Frame.UNPACKED_BYTES * 3L, 32)
            .checking(EngineFuzzTest::sameFrame),
        Target.of("envelope", CBOR, envelopes(), Envelope::decode)
            .refusingWith(Malformed.class)
            .canonical(Envelope::encode),
        Target.of("contents", CBOR, Fuzzing.golden("envelopes", "contents ="), Contents::decode)
            .refusingWith(Malformed.class)
            .canonical(Contents::encode),
        Target.of("mail", CBOR, mail(), MailFrame::decode)
            .refusingWith(Malformed.class)
            .canonical(MailFrame::encode),
        Target.of("custody", CBOR, custody(), EngineFuzzTest::signed)
            .refusingWith(Malformed.class)
            .canonical(custody -> custody.sign(KEY).bytes()),
        Target.of("definition", JSON, definitions(), EngineFuzzTest::definition)
            .refusingWith(MalformedJson.class, NoSuchElementException.class)
            .upTo(256 << 10)
            .allocating(1 << 20, 512)
            .checking((definition, _) -> {
              if (definition.known()) {
                var body = Definition.body(definition.generation(), definition.declared());
                hold(
                    Definition.of(body).orElseThrow().equals(definition),
                    "is declared as another one");
              }
            }),
        Target.of("sequence-act", JSON, acts(), EngineFuzzTest::act)
            .refusingWith(MalformedJson.class, NoSuchElementException.class)
            .upTo(256 << 10)
            .allocating(1 << 20, 320)
            .checking((act, _) ->
                hold(
                    SequenceAct.of(act.body()).orElseThrow().equals(act), "is written as another")),
        Target.of("clock-marks", JSON, marks(), EngineFuzzTest::marks)
            .refusingWith(MalformedJson.class)
            .upTo(256 << 10)
            .allocating(1 << 20, 320)
            .checking((marks, _) ->
                marks
                    .boundaries()
                    .values()
                    .forEach(list ->
                        hold(list.stream().sorted().toList().equals(list), "descending marks"))),
        Target.of("blob", CBOR, blobs(), BlobFrame::decode)
            .refusingWith(Malformed.class)
            .canonical(BlobFrame::encode),
        Target.of("document-patch", JSON, patches(), EngineFuzzTest::patched)
            .refusingWith(MalformedJson.class, NotApplicable.class)
            .upTo(1 << 20)
            .allocating(2 << 20, 64)
            .checking(EngineFuzzTest::isDocument));
  }

  private static List<byte[]> envelopes() {
    return Stream.of("envelope", "shared-whole", "shared-bare")
        .flatMap(name -> Fuzzing.golden("envelopes", name + " =").stream())
        .toList();
  }

  /** A receipt says nothing before its signature is right, so it is. */
  private static Custody signed(byte[] input) {
    byte[] signature = KEY.sign(Purpose.CUSTODY, Hash.sha256(input));
    return new Custody.Signed(input, signature).verified(KEY.publicKey());
  }

  private static List<byte[]> custody() {
    var id = new byte[Envelope.ID_BYTES];
    return List.of(new Custody(id, KEY.nodeId(), Hash.ZERO, 1_750_000_000_000L).sign(KEY).bytes());
  }

  private static JsonText canonical(byte[] input) throws MalformedJson {
    return JsonText.of(JsonReader.object(input));
  }

  private static Definition definition(byte[] input) throws MalformedJson {
    return Definition.of(canonical(input)).orElseThrow();
  }

  private static List<byte[]> definitions() {
    var types = new TreeMap<String, FieldDefinition>();
    for (var type : FieldType.values()) {
      types.put("/a/" + type, new FieldDefinition(type));
    }
    return Stream.of(
            new CollectionDefinition(Policy.MERGE, types),
            new CollectionDefinition(Policy.LOCAL_ROLE, new TreeMap<>(), List.of("till", "office")),
            CollectionDefinition.resolvedBy("sum"),
            CollectionDefinition.KEEP)
        .map(declared -> Definition.body(3, declared).utf8())
        .toList();
  }

  private static SequenceAct act(byte[] input) throws MalformedJson {
    return SequenceAct.of(canonical(input)).orElseThrow();
  }

  private static List<byte[]> acts() {
    var ranges = List.of(new SequenceAct.Range(1, 9), new SequenceAct.Range(20, 20));
    return Stream.of(
            new SequenceAct.Declare("R-", 6),
            new SequenceAct.Allot(new Replica(KEY.nodeId(), Samples.INCARNATION), ranges),
            new SequenceAct.Take(List.of(7L, SequenceAct.MOST)))
        .map(act -> act.body().utf8())
        .toList();
  }

  private static Clocks.Marks marks(byte[] input) throws MalformedJson {
    var key = new DocumentKey(new SpaceId(Hash.ZERO), Operation.CLOCKS, "n.i");
    var head = new Head(Hash.ZERO, 1, canonical(input), 7, false, List.of());
    return Clocks.Marks.of(new DocumentState(key, List.of(head), null, 7));
  }

  private static List<byte[]> marks() {
    return List.of(utf8("{\"boundaries\":{\"" + KEY.nodeId() + "\":[7,70,71],\"x\":[]}}"));
  }

  private static List<byte[]> blobs() {
    return Stream.of("ask", "found", "piece", "none")
        .flatMap(name -> Fuzzing.golden("blobs", name + " =").stream())
        .toList();
  }

  private static List<byte[]> mail() {
    return Stream.of(
            "arrival",
            "deposit",
            "taken",
            "welcome",
            "kept",
            "refused",
            "mail",
            "left",
            "farewell",
            "passed",
            "siblings",
            "approach",
            "comes",
            "offer",
            "wanted",
            "pass",
            "holds",
            "gone",
            "deposits")
        .flatMap(name -> Fuzzing.golden("mail", name + " =").stream())
        .toList();
  }

  /** Neither could be kept as a small file; each took minutes once. */
  @Test
  void aPatchTakesNoLongerThanItIsLong() {
    var members = IntStream.range(0, 60_000).mapToObj(n -> "\"m" + n + "\":0").toList();
    var object = "{" + String.join(",", members) + "}";
    var items = IntStream.range(0, 100_000).mapToObj(Integer::toString).toList();
    var array = "{\"a\":[" + String.join(",", items) + "]}";
    assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> {
          fields("{\"set\":" + object + "}", object);
          fields("{\"add\":" + array + ",\"remove\":" + array + "}", array);
        });
  }

  private static JsonText fields(String patch, String base) {
    return DocumentPatch.apply(Notation.FIELDS, new JsonText(patch), new JsonText(base));
  }

  /** {@code [* [number, bytes / null, text / null]]}. */
  private static byte[] walk(byte[] input) {
    var in = new CborReader(input);
    var out = new CborWriter(64);
    int items = in.array(0, 4096);
    out.array(items);
    for (int i = 0; i < items; i++) {
      in.array(3, 3);
      out.array(3).unsigned(in.unsigned()).bytesOrNull(in.bytesOrNull(4096));
      out.textOrNull(in.textOrNull(512));
    }
    in.end();
    return out.toByteArray();
  }

  private static List<byte[]> items() {
    var out = new CborWriter(64).array(3);
    out.array(3).unsigned(23).bytes(new byte[30]).text("Zürich 東京");
    out.array(3).unsigned(1L << 40).nil().text("");
    out.array(3).unsigned(70_000).bytes(new byte[300]).nil();
    return List.of(out.toByteArray(), new CborWriter(1).array(0).toByteArray());
  }

  private static void genuine(Entry entry, byte[] input) {
    Bytes.same(input, EntryCodec.encode(entry));
    hold(input.length <= Bounds.ENTRY_BYTES, "larger than an entry may be");
    hold(entry.causes().size() <= Bounds.CAUSES, "more causes than an entry may have");
    hold(entry.sequence() > 0, "a sequence that isn't one");
    ascend(entry.causes().stream().map(cause -> cause.dot().replica()).toList());
    if (entry.kind() == Entry.DATA) {
      Bytes.same(entry.payload(), EntryCodec.encode(entry.intent()));
      hold(entry.operations().size() <= Bounds.OPERATIONS, "more operations than may be");
      hold(utf8(entry.intent().id()).length <= Bounds.INTENT_ID_BYTES, "an id too long");
      for (var operation : entry.operations()) {
        hold(operation.parents().size() <= Bounds.PARENTS, "more parents than may be");
        ascend(operation.parents());
        ascend(operation.seen());
        hold(utf8(operation.id()).length <= Bounds.DOCUMENT_ID_BYTES, "a document's id too long");
        hold(utf8(operation.collection()).length <= Bounds.NAME_BYTES, "a name too long");
        EntryCodec.version(entry.space(), operation, entry.intent().id());
      }
    }
  }

  private static <T extends Comparable<T>> void ascend(List<T> items) {
    for (int i = 1; i < items.size(); i++) {
      hold(items.get(i - 1).compareTo(items.get(i)) < 0, "items out of their order");
    }
  }

  /** A batch may be packed in many ways; it must mean the same when packed by us. */
  private static void sameFrame(Frame frame, byte[] input) {
    byte[] encoded = frame.encode();
    if (frame instanceof Frame.Entries(var space, var batch)) {
      var again = (Frame.Entries) Frame.decode(encoded);
      hold(again.space().equals(space) && again.batch().size() == batch.size(), "another batch");
      for (int i = 0; i < batch.size(); i++) {
        Bytes.same(batch.get(i).bytes(), again.batch().get(i).bytes());
        hold(batch.get(i).bytes().length <= Bounds.ENTRY_BYTES, "an entry too long");
      }
    } else {
      Bytes.same(input, encoded);
    }
  }

  /** Entries that are none, packed honestly or not. */
  private static byte[] batch(Mutator mutator) {
    var random = mutator.random;
    int count = random.nextInt(256) == 0 ? random.nextInt(7_000_000) : random.nextInt(200);
    byte[] entry = new byte[random.nextInt(3) == 0 ? 0 : random.nextInt(300)];
    count = Math.min(count, Frame.UNPACKED_BYTES / (entry.length + 4));
    var plain = new CborWriter(count * (entry.length + 4) + 16).array(count);
    for (int i = 0; i < count; i++) {
      plain.array(2).bytes(entry).nil();
    }
    byte[] bytes = plain.toByteArray();
    byte[] packed = random.nextInt(8) == 0 ? bytes : Zstd.compress(bytes, 1 + random.nextInt(5));
    if (random.nextInt(8) == 0) {
      packed = mutator.bytes(packed);
    }
    long length = random.nextInt(8) == 0 ? Math.abs(mutator.interesting()) : bytes.length;
    return new CborWriter(packed.length + 64)
        .array(4)
        .unsigned(3)
        .bytes(new byte[32])
        .unsigned(Math.max(0, length))
        .bytes(packed)
        .toByteArray();
  }

  private static List<byte[]> frames() {
    var frames = new ArrayList<byte[]>();
    for (var file : List.of("frames", "packed")) {
      frames.addAll(Fuzzing.golden(file, ""));
    }
    return frames;
  }

  private static List<byte[]> grants() {
    return List.of(
        new MembershipRecord.Grant(
                new SpaceId(Hash.ZERO),
                KEY.publicKey(),
                "till",
                com.softadastra.contracts.peering.Role.WRITER,
                KEY.nodeId(),
                1,
                2,
                Hash.ZERO,
                1_750_000_000_000L)
            .encode());
  }

  /** {@code {"base": …, "fields": …}} or {@code {"base": …, "merge": …}}. */
  private static JsonText patched(byte[] input) throws MalformedJson {
    var given = JsonReader.object(input);
    boolean byFields = given.get("fields") instanceof Json.Obj;
    if (given.get(byFields ? "fields" : "merge") instanceof Json.Obj patch) {
      return DocumentPatch.apply(
          byFields ? Notation.FIELDS : Notation.MERGE,
          JsonText.of(patch),
          given.get("base") instanceof Json.Obj base ? JsonText.of(base) : null);
    }
    return new JsonText("{}");
  }

  private static void isDocument(JsonText patched, byte[] input) throws MalformedJson {
    var read = JsonReader.object(patched.utf8());
    hold(read.canonical().equals(patched.text()), "the patched text is not canonical");
  }

  private static List<byte[]> patches() {
    return Stream.of(
            """
            {"base":{"a":{"b":{"c":1.50}},"n":[1,2,{}],"s":"x"},
             "fields":{"set":{"/a/b/d":{"e":[]},"t":2},"unset":["s","/a/b/x/y"],
                       "increment":{"/a/b/c":0.25,"count":1},"add":{"n":[2,3],"/tags/all":["x"]},
                       "remove":{"n":[1,{}]}}}
            """,
            "{\"base\":{\"a\":{\"b\":1,\"c\":[]}},\"merge\":{\"a\":{\"b\":null,\"d\":{\"e\":null,\"f\":2}}}}",
            "{\"merge\":{\"a\":{\"b\":1}}}")
        .map(Bytes::utf8)
        .toList();
  }

  private static List<byte[]> concat(List<byte[]> some, List<byte[]> more) {
    var all = new ArrayList<>(some);
    all.addAll(more);
    return all;
  }
}
