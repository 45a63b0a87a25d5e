package com.softadastra.runtime.documents;

import static com.softadastra.fuzz.Bytes.hold;
import static com.softadastra.fuzz.Bytes.text;
import static com.softadastra.fuzz.Bytes.utf8;

import com.softadastra.contracts.Refused;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.Resolution;
import com.softadastra.contracts.http.Fields;
import com.softadastra.contracts.json.JsonReader;
import com.softadastra.contracts.json.JsonReader.MalformedJson;
import com.softadastra.fuzz.Bytes;
import com.softadastra.fuzz.Fuzzing;
import com.softadastra.fuzz.Mutator;
import com.softadastra.fuzz.Mutator.Form;
import com.softadastra.fuzz.Target;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.util.unit.DataSize;

class RequestsFuzzTest {
  private static final Limits LIMITS =
      new Limits(DataSize.ofKilobytes(16), DataSize.ofMegabytes(1));

  /** What a write's headers say. */
  private record Meant(Object condition, Object key, Object actor, Object waiting) {}

  @TestFactory
  Stream<DynamicTest> decoders() {
    return Fuzzing.of(
        Target.of("intent-envelope", Form.JSON, envelopes(), RequestsFuzzTest::intent)
            .refusingWith(Refused.class, MalformedJson.class)
            .upTo(256 << 10)
            .allocating(1 << 20, 512)
            .checking(RequestsFuzzTest::withinLimits),
        Target.of("write-headers", Form.TEXT, headers(), RequestsFuzzTest::meant)
            .refusingWith(Refused.class)
            .upTo(8 << 10)
            .allocating(1 << 20, 512),
        Target.of(
                "collection-definition",
                Form.JSON,
                definitions(),
                input -> SpacesController.definition(JsonReader.object(input)))
            .refusingWith(Refused.class, MalformedJson.class)
            .generating(RequestsFuzzTest::labelled)
            .upTo(1 << 20)
            .allocating(1 << 20, 512)
            .checking((definition, _) ->
                hold(
                    definition.labels().size() == Set.copyOf(definition.labels()).size(),
                    "a label twice")),
        Target.of("resolution", Form.JSON, resolutions(), RequestsFuzzTest::resolution)
            .refusingWith(Refused.class, MalformedJson.class)
            .allocating(1 << 20, 512)
            .checking((resolution, _) -> {
              int named =
                  (resolution.body() == null ? 0 : 1)
                      + (resolution.version() == null ? 0 : 1)
                      + (resolution.delete() ? 1 : 0);
              hold(named == 1, "says " + named + " things");
            }),
        Target.of(
                "share-amount",
                Form.JSON,
                List.of(utf8("{\"amount\":12.50}"), utf8("{\"amount\":1e3}")),
                input -> SharesController.amount(Fields.of(JsonReader.object(input), "amount")))
            .refusingWith(Refused.class, MalformedJson.class)
            .allocating(1 << 20, 512)
            .checking((amount, _) -> {
              hold(amount.signum() > 0, "nothing, or less");
              hold(amount.toPlainString().length() < 200, "longer than an amount may be");
            }),
        Target.of(
                "query-number",
                Form.TEXT,
                List.of(utf8("17"), utf8("0")),
                input -> Query.number("since", text(input), 0, Long.MAX_VALUE))
            .refusingWith(Refused.class)
            .checking((number, _) -> hold(number >= 0, "below what may be")));
  }

  private static IntentRequest intent(byte[] input) throws MalformedJson {
    return new IntentEnvelope("shop", new Headers(new MockHttpServletRequest()), LIMITS)
        .read(JsonReader.object(input));
  }

  private static void withinLimits(IntentRequest intent, byte[] input) throws MalformedJson {
    hold(!intent.operations().isEmpty() && intent.operations().size() <= 1000, "operations");
    for (var operation : intent.operations()) {
      hold(utf8(operation.id()).length <= 512 && !operation.id().isEmpty(), "a document's id");
      var text =
          operation.body() != null
              ? operation.body()
              : operation.patch() != null ? operation.patch().text() : null;
      if (text != null) {
        hold(text.utf8().length <= LIMITS.document().toBytes(), "larger than a document may be");
        hold(JsonReader.object(text.utf8()).canonical().equals(text.text()), "not canonical");
      }
    }
  }

  private static List<byte[]> definitions() {
    return Stream.of(
            "{\"policy\":\"merge\",\"fields\":{\"n\":{\"type\":\"counter\"},\"/a/b\":{\"type\":\"set\"}}}",
            "{\"policy\":\"local-role\",\"labels\":[\"till\",\"a-1\"]}",
            "{\"policy\":\"function\",\"resolver\":\"sum\"}",
            "{}")
        .map(Bytes::utf8)
        .toList();
  }

  /** Many labels, each once. */
  private static byte[] labelled(Mutator mutator) {
    int count = 1 << mutator.random.nextInt(17);
    var labels = new StringJoiner(",", "{\"policy\":\"local-role\",\"labels\":[", "]}");
    for (int i = 0; i < count; i++) {
      labels.add("\"l" + i + "\"");
    }
    return utf8(labels.toString());
  }

  private static Resolution resolution(byte[] input) throws MalformedJson {
    return ConflictsController.resolution(JsonReader.object(input), "till", LIMITS);
  }

  private static List<byte[]> resolutions() {
    return Stream.of("{\"body\":{\"n\":1.50}}", "{\"version\":\"1-a\"}", "{\"delete\":true}")
        .map(Bytes::utf8)
        .toList();
  }

  private static List<byte[]> envelopes() {
    return Stream.of(
            """
            {"id":"i-1","actor":"till","priority":"high","operations":[
              {"op":"put","collection":"orders","id":"o-1","body":{"n":1.50},"ifVersion":"1-a"},
              {"op":"patch","collection":"orders","id":"o-2","patch":{"set":{"/a/b":1}},"patchType":"fields"},
              {"op":"patch","collection":"stock","id":"o-2","patch":{"a":null},"base":["1-a","2-b"]},
              {"op":"delete","collection":"orders","id":"o-3","base":[]}]}
            """,
            "{\"operations\":[{\"op\":\"delete\",\"collection\":\"a\",\"id\":\"é\"}]}")
        .map(text -> utf8(text.replace("\"high\"", "\"normal\"")))
        .toList();
  }

  /** A header a line, as {@code name: value}. */
  private static Meant meant(byte[] input) {
    var request = new MockHttpServletRequest();
    for (var line : new String(input, StandardCharsets.ISO_8859_1).split("\n", 64)) {
      var parts = line.split(":", 2);
      if (parts.length == 2 && !parts[0].isBlank() && !parts[0].startsWith("Content-")) {
        request.addHeader(parts[0], parts[1]);
      }
    }
    var headers = new Headers(request);
    return new Meant(
        headers.condition(), headers.idempotencyKey(), headers.actor(), headers.await());
  }

  private static List<byte[]> headers() {
    return Stream.of(
            "If-Match: \"1-a\"\nIdempotency-Key: \"k\\\"1\"\nPrefer: return=minimal, wait=5;x\n",
            "If-None-Match: *\nSoftadastra-Level: everywhere\nSoftadastra-Actor: Zoë\nPrefer: wait=\"300\"",
            "Softadastra-Base: \"1-a\", \"2-b\"\n",
            "If-Match: *\nPrefer: wait = 10")
        .map(Bytes::utf8)
        .toList();
  }
}
