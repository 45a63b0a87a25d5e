package com.softadastra.engine;

import static com.softadastra.fuzz.Bytes.hold;
import static com.softadastra.fuzz.Bytes.utf8;
import static com.softadastra.fuzz.Mutator.Form.CBOR;
import static com.softadastra.fuzz.Mutator.Form.JSON;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.github.luben.zstd.Zstd;
import com.softadastra.contracts.documents.PatchBody.Notation;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonReader;
import com.softadastra.contracts.json.JsonReader.MalformedJson;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.blob.BlobFrame;
import com.softadastra.engine.cbor.CborReader;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.cbor.CborWriter;
import com.softadastra.engine.document.DocumentPatch;
import com.softadastra.engine.document.DocumentPatch.NotApplicable;
import com.softadastra.engine.envelope.Contents;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.Bounds;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.session.Frame;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.fuzz.Bytes;
import com.softadastra.fuzz.Fuzzing;
import com.softadastra.fuzz.Mutator;
import com.softadastra.fuzz.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
                new com.softadastra.contracts.SpaceId(com.softadastra.contracts.Hash.ZERO),
                KEY.publicKey(),
                "till",
                com.softadastra.contracts.peering.Role.WRITER,
                KEY.nodeId(),
                1,
                2,
                com.softadastra.contracts.Hash.ZERO,
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
