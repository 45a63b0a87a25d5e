package com.softadastra.runtime;

import static com.softadastra.runtime.RuntimeServer.JSON;
import static com.softadastra.runtime.RuntimeServer.SHOP;
import static com.softadastra.runtime.RuntimeServer.THINGS;
import static com.softadastra.runtime.RuntimeServer.assertProblem;
import static com.softadastra.runtime.RuntimeServer.encoded;
import static com.softadastra.runtime.RuntimeServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.LayerUnreachable;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.NumberRequest;
import com.softadastra.contracts.documents.PatchBody;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.documents.ReceiptState;
import com.softadastra.contracts.http.RawHttp;
import com.softadastra.contracts.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RuntimeHttpIT {
  private static final String MERGE = "Content-Type: application/merge-patch+json";
  private static final String FIELDS = "Content-Type: application/vnd.softadastra.patch+json";
  private static final int MEBIBYTE = 1 << 20;

  private static RuntimeServer server;
  private static InMemoryDocuments documents;

  @BeforeAll
  static void start() {
    server = new RuntimeServer();
    documents = server.documents;
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @AfterEach
  void engineWorksAgain() {
    documents.failure = null;
    documents.failureWhileWaiting = null;
    documents.reached = ReceiptState.RECORDED;
  }

  private static String fresh() {
    return UUID.randomUUID().toString();
  }

  private static Json text(String value) {
    return new Json.Str(value);
  }

  private static Condition lastCondition() {
    return documents.last().operations().getFirst().condition();
  }

  // Documents

  @Test
  void keepsADocumentAsItWasWritten() throws Exception {
    String id = fresh();
    var created = server.put(id, "{ \"b\": [1.00, 1E400], \"a\": \"\u00e9\" }");
    assertThat(created.status()).isEqualTo(201);
    assertThat(created.header("Content-Type")).isEqualTo("application/json");
    assertThat(json(created).members().keySet())
        .containsExactlyInAnyOrder(
            "intent", "space", "position", "state", "recordedAt", "operations", "deliveries");
    assertThat(created.text())
        .contains("\"state\":\"recorded\"", "\"recordedAt\":\"2026-01-02T03:04:05Z\"")
        .contains("\"state\":\"queued\",\"at\":null,\"via\":null,\"attempts\":0,\"error\":null");
    assertThat(server.put(id, "{\"b\":2}").status()).isEqualTo(200);

    var read = server.get(THINGS + id);
    assertThat(read.status()).isEqualTo(200);
    assertThat(read.text()).isEqualTo("{\"b\":2}");
    assertThat(read.header("Content-Type")).isEqualTo("application/json");
    assertThat(read.header("Softadastra-Conflicts")).isEqualTo("0");
    assertThat(read.header("ETag")).matches("\"v[0-9]+\\.0\"");

    var head = server.send("HEAD", THINGS + id, "");
    assertThat(head.status()).isEqualTo(200);
    assertThat(head.header("ETag")).isEqualTo(read.header("ETag"));
    assertThat(head.header("Content-Length")).isEqualTo("7");
    for (String known : List.of(read.header("ETag"), "W/" + read.header("ETag"))) {
      var unchanged = server.get(THINGS + id, "If-None-Match: " + known);
      assertThat(unchanged.status()).as(known).isEqualTo(304);
      assertThat(unchanged.header("ETag")).isEqualTo(read.header("ETag"));
    }
    assertThat(server.get(THINGS + id, "If-None-Match: \"x\"").status()).isEqualTo(200);
    assertThat(server.get(THINGS + id, "If-Match: \"x\"").status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "-0",
        "-0.0",
        "1.00",
        "1E400",
        "1e-400",
        "123456789012345678901234567890",
        "-9223372036854775809",
        "0.1000000000000000055511151231257827",
        "1E+2",
        "1e99999999999"
      })
  void keepsNumbersAsWritten(String number) throws Exception {
    String id = fresh();
    String body = "{\"n\":" + number + "}";
    assertThat(server.put(id, body).status()).isEqualTo(201);
    assertThat(server.get(THINGS + id).text()).isEqualTo(body);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a/b", "/", "//", "\\", ";", "a;b=c", "%", "%2F", ".", "..", "../../x", "+", "a b", "é",
        "日本語", "😀", "\u0000", "\u0001", "\n", "\u007f", "\ufeff", "\ufffd", "?", "#", "\"", "{}",
        "history", "query", "a.exe", "e\u0301"
      })
  void takesEveryCharacterInAnId(String id) throws Exception {
    String unique = fresh() + id;
    for (String each : List.of(id, unique, id + unique)) {
      assertThat(server.put(encoded(each), "{}").status()).isIn(200, 201);
      assertThat(documents.last().operations().getFirst().id()).isEqualTo(each);
      assertThat(server.get(THINGS + encoded(each)).text()).isEqualTo("{}");
      assertThat(server.get(THINGS + encoded(each) + "/history").status()).isEqualTo(200);
      var after = server.get(SHOP + "/documents/things?limit=1&after=" + encoded(each));
      assertThat(after.status()).isEqualTo(200);
      assertThat(server.send("DELETE", THINGS + encoded(each), "").status()).isEqualTo(200);
      assertProblem(server.get(THINGS + encoded(each)), 410, "document-deleted");
    }
  }

  @Test
  void boundsIdsByTheirBytes() throws Exception {
    assertThat(server.put("a".repeat(512), "{}").status()).isIn(200, 201);
    assertThat(server.put(encoded("é".repeat(256)), "{}").status()).isIn(200, 201);
    assertProblem(server.put("a".repeat(513), "{}"), 400, "invalid-request");
    assertProblem(server.put(encoded("é".repeat(256) + "a"), "{}"), 400, "invalid-request");
    assertProblem(server.put("", "{}"), 404, "not-found");
  }

  @ParameterizedTest
  @ValueSource(strings = {"%C0%AF", "%ED%A0%80", "%E2%82", "%FF", "%zz", "%", "%1", "\u00e9"})
  void refusesIdsThatAreNotUtf8(String id) throws Exception {
    assertProblem(server.get(THINGS + id), 400, "invalid-request");
  }

  @Test
  void tellsADeletedDocumentFromOneThatNeverWas() throws Exception {
    String id = fresh();
    assertProblem(server.get(THINGS + id), 404, "document-unknown");
    assertProblem(server.send("DELETE", THINGS + id, ""), 404, "document-unknown");
    server.put(id, "{}");
    assertThat(server.send("DELETE", THINGS + id, "").status()).isEqualTo(200);
    var gone = server.get(THINGS + id);
    var problem = assertProblem(gone, 410, "document-deleted");
    assertThat(problem.get("version")).isInstanceOf(Json.Str.class);
    assertThat(text(gone.header("ETag").replace("\"", ""))).isEqualTo(problem.get("version"));
    assertThat(server.send("HEAD", THINGS + id, "").status()).isEqualTo(410);
  }

  @Test
  void listsInPages() throws Exception {
    server.send("PUT", "/api/v1/spaces/pages", "");
    for (String id : List.of("a", "b", "c")) {
      server.send("PUT", "/api/v1/spaces/pages/documents/list/" + id, "{}", JSON);
    }
    String list = "/api/v1/spaces/pages/documents/list";
    var first = json(server.get(list + "?limit=2"));
    assertThat(((Json.Arr) first.get("documents")).items()).hasSize(2);
    assertThat(first.get("next")).isEqualTo(text("b"));
    var second = json(server.get(list + "?limit=2&after=b"));
    assertThat(second.canonical())
        .matches(
            "\\{\"documents\":\\[\\{\"body\":\\{},\"id\":\"c\",\"version\":\"v[0-9.]+\"}],"
                + "\"next\":null}");
    assertThat(server.get(list + "?limit=2000000").status()).isEqualTo(200);
    for (String limit : List.of("0", "-1", "x", "", "1.0", "0x10", "99999999999999999999")) {
      assertProblem(server.get(list + "?limit=" + limit), 400, "invalid-request");
    }
    assertProblem(server.get(list + "?after=%ff"), 400, "invalid-request");
  }

  // Bodies

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "[]",
        "[{}]",
        "1",
        "\"a\"",
        "null",
        "true",
        "{",
        "}",
        "{}}",
        "{}{}",
        "{} x",
        "{\"a\":1,\"a\":2}",
        "{\"a\":{\"b\":1,\"b\":1}}",
        "{\"a\":1,\"\\u0061\":2}",
        "{'a':1}",
        "{a:1}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":1,}",
        "{\"a\":[1,]}",
        "{\"a\":\"\t\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}",
        "{/**/}",
        "\ufeff{}",
        "{\"a\":tru}",
        "{\"a\":\"",
        "{\"a\""
      })
  void refusesWhatIsNotOneJsonObject(String body) throws Exception {
    String id = fresh();
    assertProblem(server.put(id, body), 400, "malformed-json");
    assertProblem(server.send("PATCH", THINGS + id, body, MERGE), 400, "malformed-json");
    assertProblem(server.post(SHOP + "/intents", body), 400, "malformed-json");
    assertProblem(
        server.send("PUT", SHOP + "/collections/things", body, JSON), 400, "malformed-json");
    assertProblem(server.post(SHOP + "/conflicts/c1/resolution", body), 400, "malformed-json");
    if (!body.isEmpty()) {
      assertProblem(server.send("PUT", SHOP, body, JSON), 400, "malformed-json");
    }
    assertProblem(server.get(THINGS + id), 404, "document-unknown");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\u00c0\u00af", "\u00c1\u0081", "\u00e0\u0080\u00af", "\u00ed\u00a0\u0080",
        "\u00ed\u00a0\u0080\u00ed\u00b0\u0080", "\u00e2\u0082", "\u00ff", "\u0080",
        "\u00f4\u0090\u0080\u0080", "\u00f8\u0088\u0080\u0080\u0080"
      })
  void refusesBytesThatAreNotUtf8(String bytes) throws Exception {
    byte[] body = ("{\"a\":\"" + bytes + "\"}").getBytes(StandardCharsets.ISO_8859_1);
    assertProblem(server.send("PUT", THINGS + fresh(), body, JSON), 400, "malformed-json");
    byte[] cut = ("{}" + bytes).getBytes(StandardCharsets.ISO_8859_1);
    assertProblem(server.send("PUT", THINGS + fresh(), cut, JSON), 400, "malformed-json");
  }

  @Test
  void keepsASurrogateOnItsOwn() throws Exception {
    String id = fresh();
    String body = "{\"a\":\"\\ud800\",\"\\udc00\":1}";
    assertThat(server.put(id, body).status()).isEqualTo(201);
    assertThat(server.get(THINGS + id).text()).isEqualTo("{\"a\":\"\\ud800\",\"\\udc00\":1}");
    assertThat(server.get(SHOP + "/documents/things?limit=1000").text()).contains("\\ud800");
  }

  @Test
  void bounds128Levels() throws Exception {
    for (String[] kind : new String[][] {{"[", "]"}, {"{\"a\":", "}"}}) {
      String inner = kind[0].equals("[") ? "" : "1";
      String deepest = "{\"a\":" + kind[0].repeat(127) + inner + kind[1].repeat(127) + "}";
      String deeper = "{\"a\":" + kind[0].repeat(128) + inner + kind[1].repeat(128) + "}";
      assertThat(server.put(fresh(), deepest).status()).isEqualTo(201);
      assertProblem(server.put(fresh(), deeper), 400, "malformed-json");
    }
    assertProblem(server.put(fresh(), "[".repeat(500_000)), 400, "malformed-json");
  }

  @Test
  void boundsADocumentByItsCanonicalText() throws Exception {
    String most = "{\"a\":\"" + "x".repeat(MEBIBYTE - 8) + "\"}";
    assertThat(server.put(fresh(), most).status()).isEqualTo(201);
    assertThat(server.put(fresh(), most + " ".repeat(1000)).status()).isEqualTo(201);
    String more = "{\"a\":\"" + "x".repeat(MEBIBYTE - 7) + "\"}";
    assertProblem(server.put(fresh(), more), 413, "document-too-large");
    String wide = "{\"a\":\"" + "é".repeat(MEBIBYTE / 2 - 3) + "\"}";
    assertProblem(server.put(fresh(), wide), 413, "document-too-large");
    assertProblem(server.send("PATCH", THINGS + "a", more, MERGE), 413, "document-too-large");
    String operations =
        "{\"operations\":[{\"op\":\"put\",\"collection\":\"things\",\"id\":\"a\",\"body\":"
            + more
            + "}]}";
    var problem =
        assertProblem(server.post(SHOP + "/intents", operations), 413, "document-too-large");
    assertThat(problem.get("errors").canonical()).contains("\"operations[0].body\"");
    String number = "{\"a\":" + "1".repeat(MEBIBYTE) + "}";
    assertProblem(server.put(fresh(), number), 413, "document-too-large");
  }

  @Test
  void boundsARequest() throws Exception {
    String tooMuch = "{\"a\":\"" + "x".repeat(17 * MEBIBYTE) + "\"}";
    assertProblem(server.put(fresh(), tooMuch), 413, "document-too-large");
    byte[] chunk = ("100000\r\n" + "x".repeat(MEBIBYTE) + "\r\n").getBytes();
    var request = new ByteArrayOutputStream();
    request.write(
        ("PUT "
                + THINGS
                + "a HTTP/1.1\r\nHost: localhost\r\n"
                + JSON
                + "\r\nTransfer-Encoding: chunked\r\n\r\n")
            .getBytes());
    for (int i = 0; i < 20; i++) {
      request.write(chunk);
    }
    request.write("0\r\n\r\n".getBytes());
    assertProblem(RawHttp.send(server.port, request.toByteArray()), 413, "document-too-large");
    try (var client = HttpClient.newHttpClient()) {
      var answer =
          client.send(
              HttpRequest.newBuilder(URI.create("http://localhost:" + server.port + THINGS + "a"))
                  .header("Content-Type", "application/json")
                  .PUT(HttpRequest.BodyPublishers.ofString(tooMuch))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(413);
    }
  }

  // Media types and methods

  @ParameterizedTest
  @CsvSource(
      value = {
        "PUT|application/json|201",
        "PUT|APPLICATION/JSON;charset=utf-8|201",
        "PUT|application/vnd.acme+json|201",
        "PUT|application/merge-patch+json|415",
        "PUT|application/vnd.softadastra.patch+json|415",
        "PUT|application/json-patch+json|415",
        "PUT|text/plain|415",
        "PUT|application/x-www-form-urlencoded|415",
        "PUT|multipart/form-data; boundary=x|415",
        "PUT|application/json;charset=utf-16|415",
        "PUT|application/json;charset=nonsense|415",
        "PUT|nonsense|415",
        "PUT|/|415",
        "PATCH|application/json|415",
        "PATCH|text/plain|415",
        "PATCH|application/vnd.acme+json|415",
        "PATCH|;|415",
        "POST|text/json|415",
        "POST|application/x-www-form-urlencoded|415",
      },
      delimiter = '|')
  void takesOnlyTheDocumentedMediaTypes(String method, String type, int status) throws Exception {
    String path = method.equals("POST") ? SHOP + "/intents" : THINGS + fresh();
    var answer = server.send(method, path, "{\"a\":1}", "Content-Type: " + type);
    if (status == 415) {
      assertProblem(answer, 415, "unsupported-media-type");
      assertThat(answer.headers().containsKey("accept-patch")).isEqualTo(method.equals("PATCH"));
    } else {
      assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    }
  }

  @Test
  void takesABodyWithoutATypeForJson() throws Exception {
    assertThat(server.send("PUT", THINGS + fresh(), "{}").status()).isEqualTo(201);
    assertProblem(server.send("PATCH", THINGS + fresh(), "{}"), 415, "unsupported-media-type");
    assertProblem(
        server.send("PUT", THINGS + fresh(), "{}", "Content-Encoding: gzip"),
        415,
        "unsupported-media-type");
  }

  @ParameterizedTest
  @CsvSource({
    "POST, /api/v1/spaces/shop/documents/things/a, 405, method-not-allowed",
    "DELETE, /api/v1/spaces, 405, method-not-allowed",
    "PUT, /api/v1/spaces/shop/changes, 405, method-not-allowed",
    "BREW, /api/v1/spaces, 405, method-not-allowed",
    "GET, /, 404, not-found",
    "GET, /api/v1, 404, not-found",
    "GET, /api/v1/spaces/, 404, not-found",
    "GET, /api/v1/spaces/shop/documents/things/a/, 404, not-found",
    "GET, /api/v1/spaces/shop/shares, 404, not-found",
    "POST, /api/v1/spaces/shop/commands/app/name, 404, not-found",
    "PUT, /api/v1/apps/app, 404, not-found",
    "GET, /couch/, 404, not-found",
    "GET, /error, 404, not-found",
    "GET, /actuator/env, 404, not-found",
  })
  void refusesOtherPathsAndMethods(String method, String path, int status, String code)
      throws Exception {
    var answer = server.send(method, path, "");
    assertProblem(answer, status, code);
    assertThat(answer.headers().containsKey("allow")).isEqualTo(status == 405);
  }

  @Test
  void answersInJsonWhateverTheCallerAccepts() throws Exception {
    for (String accept : List.of("text/html", "nonsense", "application/xml;q=1", "*/*;q=0", "")) {
      assertThat(server.get("/api/v1/spaces", "Accept: " + accept).status()).isEqualTo(200);
      assertThat(server.put(fresh(), "{}", "Accept: " + accept).status()).isEqualTo(201);
      assertProblem(server.get("/nothing", "Accept: " + accept), 404, "not-found");
    }
  }

  // Conditions

  @Test
  void writesOnConditions() throws Exception {
    String id = fresh();
    assertThat(server.put(id, "{}", "If-None-Match: *").status()).isEqualTo(201);
    var refused = server.put(id, "{}", "If-None-Match: *");
    String version =
        "\""
            + ((Json.Str) assertProblem(refused, 412, "version-mismatch").get("version")).value()
            + "\"";
    for (String other :
        List.of(
            "\"v0\"",
            version.replace("\"", ""),
            "W/" + version,
            version + ", " + version,
            "",
            "\"",
            "\"\"",
            "x\"y",
            "\u00e9",
            "'" + version + "'",
            "\"a\"b\"")) {
      assertProblem(server.put(id, "{}", "If-Match: " + other), 412, "version-mismatch");
      assertProblem(
          server.send("PATCH", THINGS + id, "{}", MERGE, "If-Match: " + other),
          412,
          "version-mismatch");
      assertProblem(
          server.send("DELETE", THINGS + id, "", "If-Match: " + other), 412, "version-mismatch");
    }
    assertProblem(
        server.put(id, "{}", "If-Match: " + version, "If-Match: " + version),
        412,
        "version-mismatch");
    var written = server.put(id, "{}", "If-Match: " + version);
    assertThat(written.status()).isEqualTo(200);
    assertThat(written.header("ETag")).isNotEqualTo(version);
    assertThat(server.get(THINGS + id).header("ETag")).isEqualTo(written.header("ETag"));
    assertThat(server.put(id, "{}", "If-Match: *").status()).isEqualTo(200);
    assertProblem(server.put(fresh(), "{}", "If-Match: *"), 412, "version-mismatch");
  }

  @Test
  void writesOnABase() throws Exception {
    server.put(fresh(), "{}", "Softadastra-Base: \"v1\"");
    assertThat(lastCondition()).isEqualTo(new Condition(Condition.Kind.BASE, List.of("v1")));
    server.put(fresh(), "{}", "Softadastra-Base: \"v1\" , \"v2\"", "Softadastra-Base: \"v3\"");
    assertThat(lastCondition().versions()).containsExactly("v1", "v2", "v3");
    server.put(fresh(), "{}", "Softadastra-Base:");
    assertThat(lastCondition()).isEqualTo(new Condition(Condition.Kind.BASE, List.of()));
    server.put(fresh(), "{}");
    assertThat(lastCondition()).isEqualTo(Condition.ANY);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Softadastra-Base: v1",
        "Softadastra-Base: \"v1\",",
        "If-None-Match: \"v1\"",
        "If-Match: \"v1\"\r\nIf-None-Match: *",
        "If-Match: *\r\nSoftadastra-Base: \"v1\"",
        "If-None-Match: *\r\nSoftadastra-Base:",
        "Idempotency-Key:",
        "Idempotency-Key: \"\"",
        "Idempotency-Key: a\r\nIdempotency-Key: b",
        "Softadastra-Actor:",
        "Prefer: wait=301",
        "Prefer: wait=x",
        "Prefer: wait=-1",
        "Prefer: wait",
        "Prefer: wait=1.5",
        "Softadastra-Level: nowhere",
        "Softadastra-Level: RECORDED"
      })
  void refusesHeadersOfAnotherForm(String header) throws Exception {
    var answer = server.put(fresh(), "{}", header);
    var problem = assertProblem(answer, 400, "invalid-request");
    assertThat(problem.members()).containsKey("errors");
  }

  @Test
  void refusesHeadersThatAreTooLongOrNotUtf8() throws Exception {
    String key = "Idempotency-Key: ";
    assertThat(server.put(fresh(), "{}", key + fresh() + "k".repeat(220)).status()).isEqualTo(201);
    assertProblem(server.put(fresh(), "{}", key + "k".repeat(257)), 400, "invalid-request");
    byte[] latin =
        ("DELETE " + THINGS + "a HTTP/1.1\r\nHost: localhost\r\nSoftadastra-Actor: \u00e9\r\n\r\n")
            .getBytes(StandardCharsets.ISO_8859_1);
    assertProblem(RawHttp.send(server.port, latin), 400, "invalid-request");
    server.put(fresh(), "{}", "Softadastra-Actor: Zoé");
    assertThat(documents.last().actor()).isEqualTo("Zoé");
  }

  // Retries and waiting

  @Test
  void answersARetryAsTheFirstTime() throws Exception {
    String id = fresh();
    String key = fresh();
    var first = server.put(id, "{\"a\":1}", "Idempotency-Key: " + key);
    assertThat(first.status()).isEqualTo(201);
    assertThat(first.headers()).doesNotContainKey("idempotent-replayed");
    for (String form : List.of(key, "\"" + key + "\"")) {
      var again = server.put(id, "{\"a\":1}", "Idempotency-Key: " + form);
      assertThat(again.status()).isEqualTo(201);
      assertThat(again.header("Idempotent-Replayed")).isEqualTo("true");
      assertThat(again.text()).isEqualTo(first.text());
      assertThat(again.header("ETag")).isEqualTo(first.header("ETag"));
    }
    assertProblem(server.put(id, "{\"a\":2}", "Idempotency-Key: " + key), 422, "intent-mismatch");
    assertThat(server.get(SHOP + "/intents/" + key).text()).isEqualTo(first.text());
    assertProblem(server.get(SHOP + "/intents/" + fresh()), 404, "intent-unknown");
  }

  @Test
  void waitsForALevel() throws Exception {
    String five = "Prefer: respond-async, Wait=5; x=y, wait=7";
    var late = server.put(fresh(), "{}", five);
    assertThat(late.status()).isEqualTo(202);
    assertThat(late.header("Preference-Applied")).isEqualTo("wait=5");
    assertThat(late.text()).contains("\"state\":\"recorded\"");
    assertThat(server.put(fresh(), "{}", five, "Softadastra-Level: recorded").status())
        .isEqualTo(201);
    assertThat(server.put(fresh(), "{}", "Softadastra-Level: everywhere").status()).isEqualTo(201);

    documents.reached = ReceiptState.DELIVERED;
    var delivered = server.put(fresh(), "{}", "Prefer: wait=\"5\"");
    assertThat(delivered.status()).isEqualTo(201);
    assertThat(delivered.text()).contains("\"state\":\"delivered\"");
    assertThat(server.put(fresh(), "{}", five, "Softadastra-Level: everywhere").status())
        .isEqualTo(202);
    assertThat(server.put(fresh(), "{}", "Prefer: wait=0").status()).isEqualTo(202);

    documents.failureWhileWaiting = new LayerUnreachable("sync", new IOException());
    assertThat(server.put(fresh(), "{}", five).status()).isEqualTo(202);
  }

  // Patches

  @Test
  void takesPatchesInTwoNotations() throws Exception {
    String id = fresh();
    server.put(id, "{}");
    assertThat(server.send("PATCH", THINGS + id, "{\"a\":null}", MERGE).status()).isEqualTo(200);
    assertThat(documents.last().operations().getFirst().patch().notation())
        .isEqualTo(PatchBody.Notation.MERGE);
    String fields =
        "{\"set\":{\"a\":1},\"unset\":[\"b\"],\"increment\":{\"c\":-2.50},\"add\":{\"d\":[1]},"
            + "\"remove\":{\"d\":[]}}";
    var patched = server.send("PATCH", THINGS + id, fields, FIELDS);
    assertThat(patched.status()).isEqualTo(200);
    assertThat(patched.header("ETag")).isNotEmpty();
    assertThat(documents.last().operations().getFirst().patch().notation())
        .isEqualTo(PatchBody.Notation.FIELDS);
    assertThat(documents.last().operations().getFirst().patch().text().text()).contains("-2.50");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"set\":[]}", "{\"unset\":\"a\"}", "{\"unset\":[1]}", "{\"increment\":{\"a\":\"1\"}}",
        "{\"increment\":1}", "{\"add\":{\"a\":1}}", "{\"remove\":[]}", "{\"other\":{}}",
        "{\"set\":null}"
      })
  void refusesFieldPatchesOfAnotherForm(String patch) throws Exception {
    var answer = server.send("PATCH", THINGS + "a", patch, FIELDS);
    assertThat(assertProblem(answer, 400, "invalid-request").members()).containsKey("errors");
  }

  // Intents

  private static String intent(String operation) {
    return "{\"operations\":[{\"op\":\"put\",\"collection\":\"things\",\"id\":\"a\",\"body\":{}},"
        + operation
        + "]}";
  }

  @Test
  void recordsAnIntent() throws Exception {
    String id = fresh();
    String body =
        "{\"id\":\""
            + id
            + "\",\"actor\":\"ada\",\"priority\":\"urgent\",\"operations\":["
            + "{\"op\":\"put\",\"collection\":\"things\",\"id\":\"a/b\",\"body\":{\"n\":1.0}},"
            + "{\"op\":\"put\",\"collection\":\"others\",\"id\":\"a/b\",\"body\":{},"
            + "\"base\":[]}]}";
    var first = server.post(SHOP + "/intents", body);
    assertThat(first.status()).as(first.text()).isEqualTo(201);
    assertThat(documents.last().actor()).isEqualTo("ada");
    assertThat(documents.last().priority()).isEqualTo(Priority.URGENT);
    assertThat(documents.last().operations().getLast().condition())
        .isEqualTo(new Condition(Condition.Kind.BASE, List.of()));
    var again = server.post(SHOP + "/intents", body, "Idempotency-Key: " + id);
    assertThat(again.status()).isEqualTo(201);
    assertThat(again.header("Idempotent-Replayed")).isEqualTo("true");
    assertProblem(
        server.post(SHOP + "/intents", body, "Idempotency-Key: other"), 400, "invalid-request");
    assertThat(
            server
                .post(
                    SHOP + "/intents",
                    intent(
                        "{\"op\":\"patch\",\"collection\":\"things\","
                            + "\"id\":\"a/b\",\"patch\":{\"set\":{}},\"base\":\"v1\"}"),
                    "Softadastra-Actor: eve")
                .status())
        .isEqualTo(201);
    assertThat(documents.last().actor()).isEqualTo("eve");
    assertThat(documents.last().priority()).isEqualTo(Priority.NORMAL);
    assertThat(documents.last().operations().getLast().condition().versions())
        .containsExactly("v1");
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "{\"set\":{\"a\":1}}||FIELDS",
        "{\"increment\":{\"a\":1},\"unset\":[]}||FIELDS",
        "{\"set\":1}||MERGE",
        "{\"set\":{},\"a\":1}||MERGE",
        "{}||MERGE",
        "{\"set\":{}}|merge|MERGE",
        "{}|fields|FIELDS"
      },
      delimiter = '|')
  void knowsThePatchNotation(String patch, String type, PatchBody.Notation notation)
      throws Exception {
    server.put("p", "{}");
    String named = type == null ? "" : ",\"patchType\":\"" + type + "\"";
    var answer =
        server.post(
            SHOP + "/intents",
            intent(
                "{\"op\":\"patch\",\"collection\":\"things\",\"id\":\"p\",\"patch\":"
                    + patch
                    + named
                    + "}"));
    assertThat(answer.status()).as(answer.text()).isEqualTo(201);
    assertThat(documents.last().operations().getLast().patch().notation()).isEqualTo(notation);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"operations\":[]}",
        "{\"operations\":{}}",
        "{\"operations\":null}",
        "{\"operations\":[1]}",
        "{\"operations\":[{}]}",
        "{\"operations\":[],\"x\":1,\"y\":2}",
        "{\"id\":1,\"operations\":[{}]}",
        "{\"op\":\"put\"}"
      })
  void refusesEnvelopesOfAnotherForm(String body) throws Exception {
    var problem = assertProblem(server.post(SHOP + "/intents", body), 400, "invalid-request");
    assertThat(problem.members()).containsKey("errors");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"op\":\"upsert\"",
        "\"op\":1",
        "\"op\":\"PUT\"",
        "\"op\":\"put\"",
        "\"op\":\"put\",\"body\":1",
        "\"op\":\"put\",\"body\":null",
        "\"op\":\"put\",\"body\":[]",
        "\"op\":\"put\",\"body\":{},\"patch\":{}",
        "\"op\":\"put\",\"body\":{},\"unknown\":1",
        "\"op\":\"put\",\"body\":{},\"patchType\":\"merge\"",
        "\"op\":\"patch\"",
        "\"op\":\"patch\",\"patch\":[]",
        "\"op\":\"patch\",\"patch\":{},\"body\":{}",
        "\"op\":\"patch\",\"patch\":{},\"patchType\":\"json\"",
        "\"op\":\"patch\",\"patch\":{\"a\":1},\"patchType\":\"fields\"",
        "\"op\":\"delete\",\"body\":{}",
        "\"op\":\"delete\",\"patch\":{}",
        "\"op\":\"delete\",\"ifVersion\":1",
        "\"op\":\"delete\",\"ifVersion\":[]",
        "\"op\":\"delete\",\"base\":1",
        "\"op\":\"delete\",\"base\":[1]",
        "\"op\":\"delete\",\"base\":\"v1\",\"ifVersion\":\"v1\"",
      })
  void refusesOperationsOfAnotherForm(String fields) throws Exception {
    String operation = "{\"collection\":\"things\",\"id\":\"b\"," + fields + "}";
    var answer = server.post(SHOP + "/intents", intent(operation));
    var problem = assertProblem(answer, 400, "invalid-request");
    assertThat(problem.get("errors").canonical()).contains("operations[1]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"collection\":\"Things\",\"id\":\"b\"",
        "\"collection\":\"\",\"id\":\"b\"",
        "\"collection\":\"1\",\"id\":\"b\"",
        "\"collection\":\"things\",\"id\":\"\"",
        "\"collection\":\"things\",\"id\":1",
        "\"collection\":\"things\"",
        "\"id\":\"b\"",
        "\"collection\":\"things\",\"id\":\"\\ud800\"",
        "\"collection\":\"things\",\"id\":\"a\"",
        "\"collection\":\"a/b\",\"id\":\"b\""
      })
  void refusesOperationsOnNoProperDocument(String address) throws Exception {
    var answer = server.post(SHOP + "/intents", intent("{\"op\":\"delete\"," + address + "}"));
    assertProblem(answer, 400, "invalid-request");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"id\":\"\"",
        "\"id\":\"\\ud800\"",
        "\"id\":{}",
        "\"actor\":\"\"",
        "\"actor\":true",
        "\"priority\":\"high\"",
        "\"priority\":1",
        "\"\\ud800\":1"
      })
  void refusesIntentFieldsOfAnotherForm(String field) throws Exception {
    String body = intent("{\"op\":\"delete\",\"collection\":\"things\",\"id\":\"b\"}");
    assertProblem(
        server.post(SHOP + "/intents", "{" + field + "," + body.substring(1)),
        400,
        "invalid-request");
  }

  @Test
  void boundsTheOperationsOfAnIntent() throws Exception {
    for (int count : new int[] {1000, 1001}) {
      var body = new StringBuilder("{\"operations\":[");
      for (int i = 0; i < count; i++) {
        body.append(i == 0 ? "" : ",")
            .append("{\"op\":\"put\",\"collection\":\"many\",\"body\":{},\"id\":\"")
            .append(i)
            .append("\"}");
      }
      var answer = server.post(SHOP + "/intents", body + "]}");
      if (count == 1000) {
        assertThat(answer.status()).isEqualTo(201);
      } else {
        assertProblem(answer, 400, "invalid-request");
      }
    }
  }

  @Test
  void comparesAnyVersionOfAnOperation() throws Exception {
    server.put("v", "{}");
    for (String version : List.of("", "*", "x", "\\\"v1\\\"", "\\u0000")) {
      String operation =
          "{\"op\":\"delete\",\"collection\":\"things\",\"id\":\"v\",\"ifVersion\":\""
              + version
              + "\"}";
      assertProblem(server.post(SHOP + "/intents", intent(operation)), 412, "version-mismatch");
    }
  }

  // Spaces and collections

  @Test
  void asksForANumberInAField() throws Exception {
    var numbered =
        """
        {"operations":[{"op":"put","collection":"things","id":"n","body":{},"number":%s}]}
        """;
    var good = "{\"field\":\"/a/no\",\"sequence\":\"invoices\"}";
    assertThat(server.send("POST", SHOP + "/intents", numbered.formatted(good), JSON).status())
        .isEqualTo(201);
    assertThat(documents.last().operations().getFirst().number())
        .isEqualTo(new NumberRequest("/a/no", "invoices"));
    for (var bad :
        List.of(
            "{\"field\":\"\",\"sequence\":\"x\"}",
            "{\"field\":\"a\"}",
            "{\"field\":\"a\",\"sequence\":\"X\"}",
            "{\"field\":\"a\",\"sequence\":\"x\",\"more\":1}",
            "7")) {
      var refused = server.send("POST", SHOP + "/intents", numbered.formatted(bad), JSON);
      assertProblem(refused, 400, "invalid-request");
      assertThat(refused.text()).contains("operations[0].number");
    }
  }

  @Test
  void movesSharesAndShowsThem() throws Exception {
    var shares = THINGS + "s/shares";
    var node = "\"to\":\"" + new NodeId(Hash.sha256(new byte[1])) + "\"";
    var moved =
        server.send(
            "POST",
            shares,
            "{\"field\":\"stock\",%s,\"amount\":1.50}".formatted(node),
            JSON,
            "Idempotency-Key: move-" + fresh());
    assertThat(moved.status()).isEqualTo(200);
    var shown = server.get(shares);
    assertThat(shown.status()).isEqualTo(200);
    assertThat(shown.text())
        .contains("\"field\":\"stock\",\"amount\":1.50", "\"state\":\"current\"");
    var exhausted =
        server.send("POST", shares, "{\"field\":\"stock\",%s,\"amount\":11}".formatted(node), JSON);
    assertProblem(exhausted, 409, "share-exhausted");
    assertThat(exhausted.text()).contains("\"left\":\"10\"");
    for (var bad : List.of("0", "-1", "1e99", "\"1\"", "0.0000000000000000001")) {
      var body = "{\"field\":\"stock\",%s,\"amount\":%s}".formatted(node, bad);
      assertProblem(server.send("POST", shares, body, JSON), 400, "invalid-request");
    }
    var nobody = "{\"field\":\"stock\",\"to\":\"me\",\"amount\":1}";
    assertProblem(server.send("POST", shares, nobody, JSON), 400, "invalid-request");
  }

  @Test
  void declaresSequencesAndAllotsNumbers() throws Exception {
    var sequence = SHOP + "/sequences/r" + fresh();
    assertProblem(server.get(sequence), 404, "sequence-unknown");
    var declaration = "{\"prefix\":\"R-\",\"width\":6}";
    assertThat(server.send("PUT", sequence, declaration, JSON).status()).isEqualTo(201);
    assertThat(server.send("PUT", sequence, declaration, JSON).status()).isEqualTo(200);
    assertThat(server.get(sequence).text())
        .contains("\"prefix\":\"R-\",\"width\":6", "\"void\":[{\"first\":2,\"last\":2}]");
    assertThat(server.get(sequence + "/ranges").text()).contains("\"first\":3,\"last\":4");
    for (var bad : List.of("{\"width\":0}", "{\"width\":16}", "{\"prefix\":1}", "{\"from\":1}")) {
      assertProblem(server.send("PUT", sequence, bad, JSON), 400, "invalid-request");
    }
    var ranges = sequence + "/ranges";
    assertThat(server.send("POST", ranges, "{\"count\":5}", JSON).status()).isEqualTo(201);
    assertProblem(server.send("POST", ranges, "{\"count\":101}", JSON), 409, "range-exhausted");
    for (var bad : List.of("{}", "{\"count\":0}", "{\"count\":1,\"node\":\"me\"}")) {
      assertProblem(server.send("POST", ranges, bad, JSON), 400, "invalid-request");
    }
  }

  @Test
  void opensSpacesAndCollections() throws Exception {
    String space = "/api/v1/spaces/s" + fresh();
    assertThat(server.send("PUT", space, "").status()).isEqualTo(201);
    assertThat(server.send("PUT", space, "{}", JSON).status()).isEqualTo(200);
    assertThat(server.get("/api/v1/spaces").text()).contains("\"space\":\"shop\",\"id\":\"");
    var refused = server.send("PUT", space, "{\"sealed\":true}", JSON);
    assertProblem(refused, 422, "not-supported");
    assertProblem(
        server.send("PUT", space, "a=b", "Content-Type: application/x-www-form-urlencoded"),
        415,
        "unsupported-media-type");

    String collection = SHOP + "/collections/things";
    var declared = server.send("PUT", collection, "{\"policy\":\"keep\"}", JSON);
    assertThat(declared.status()).isEqualTo(201);
    assertThat(declared.text())
        .isEqualTo(
            "{\"collection\":\"things\",\"policy\":\"keep\",\"declared\":true,"
                + "\"generation\":1,\"fields\":{}}");
    assertThat(
            server
                .send(
                    "PUT",
                    collection,
                    "{\"policy\":\"merge\",\"fields\":{\"n\":{\"type\":\"counter\"}}}",
                    JSON)
                .text())
        .contains("\"policy\":\"merge\"", "\"fields\":{\"n\":{\"type\":\"counter\"}}");
    assertThat(server.send("PUT", collection, "{}", JSON).status()).isEqualTo(201);
    assertThat(server.get(SHOP + "/collections").text()).startsWith("{\"collections\":[{");
    assertThat(server.get(SHOP + "/digest").text())
        .isEqualTo("{\"digest\":\"d\",\"entries\":1,\"documents\":2,\"conflicts\":3}");
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "{\"policy\":\"function\",\"resolver\":\"A\"}|400|invalid-request",
        "{\"policy\":\"function\",\"resolver\":1}|400|invalid-request",
        "{\"policy\":\"function\",\"resolver\":\"a\",\"fields\":{\"a\":{\"type\":\"set\"}}}|422|not-supported",
        "{\"policy\":\"local-role\",\"labels\":[\"A\"]}|400|invalid-request",
        "{\"policy\":\"local-role\",\"labels\":[\"a\",\"a\"]}|400|invalid-request",
        "{\"policy\":\"local-role\",\"labels\":\"a\"}|400|invalid-request",
        "{\"policy\":\"latest\",\"fields\":{\"a\":{\"type\":\"set\"}}}|422|not-supported",
        "{\"policy\":\"merge\",\"fields\":{\"a\":{\"type\":\"text\"}}}|422|not-supported",
        "{\"policy\":\"x\"}|422|not-supported",
        "{\"fields\":{\"a\":{\"type\":\"counter\"}}}|422|not-supported",
        "{\"schema\":{}}|422|not-supported",
        "{\"schemaVersion\":1}|422|not-supported",
        "{\"indexes\":[[\"a\"]]}|422|not-supported",
        "{\"policy\":1}|400|invalid-request",
        "{\"colour\":1}|400|invalid-request",
        "{\"policy\":\"merge\",\"x\":1}|400|invalid-request"
      },
      delimiter = '|')
  void refusesSettingsThatWouldBeIgnored(String body, int status, String code) throws Exception {
    var answer = server.send("PUT", SHOP + "/collections/things", body, JSON);
    assertThat(assertProblem(answer, status, code).members()).containsKey("errors");
  }

  @ParameterizedTest
  @ValueSource(strings = {"S", "1", "-a", "a_b", "a.b", "a%2Fb", "%00", "%C3%A9", "a%20", "Shop"})
  void refusesImproperNames(String name) throws Exception {
    for (String path :
        List.of(
            "/api/v1/spaces/" + name,
            "/api/v1/spaces/" + name + "/collections/things",
            SHOP + "/collections/" + name,
            "/api/v1/spaces/" + name + "/documents/things/a",
            SHOP + "/documents/" + name + "/a")) {
      assertProblem(server.send("PUT", path, "{}", JSON), 400, "invalid-request");
    }
    assertProblem(server.get("/api/v1/spaces/" + name + "/digest"), 400, "invalid-request");
    assertProblem(
        server.send("PUT", "/api/v1/spaces/" + "a".repeat(64), ""), 400, "invalid-request");
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /collections",
    "GET, /digest",
    "GET, /documents/things",
    "GET, /documents/things/a",
    "GET, /documents/things/a/history",
    "GET, /changes",
    "GET, /conflicts",
    "GET, /conflicts?state=undone",
    "GET, /conflicts/c1",
    "GET, /intents/i",
    "PUT, /documents/things/a",
    "DELETE, /documents/things/a",
    "PUT, /collections/things"
  })
  void refusesAnUnknownSpace(String method, String path) throws Exception {
    assertProblem(
        server.send(method, "/api/v1/spaces/nowhere" + path, "{}", JSON), 404, "space-unknown");
  }

  // Conflicts

  @Test
  void showsAndResolvesConflicts() throws Exception {
    String conflicts = SHOP + "/conflicts";
    assertThat(server.get(conflicts).text())
        .isEqualTo(
            "{\"conflicts\":[{\"id\":\"c1\",\"collection\":\"things\",\"document\":\"a\","
                + "\"state\":\"open\",\"policy\":\"keep\",\"reason\":\"concurrent\","
                + "\"winner\":\"v1\",\"ancestor\":null,\"sides\":[],"
                + "\"detectedAt\":\"2026-01-02T03:04:05Z\",\"fields\":[]}]}");
    assertThat(server.get(conflicts + "?state=resolved").text()).contains("\"state\":\"resolved\"");
    assertThat(server.get(conflicts + "?state=undone").text()).contains("\"state\":\"undone\"");
    assertProblem(server.get(conflicts + "?state=x"), 400, "invalid-request");
    assertThat(server.get(conflicts + "?limit=1").text()).endsWith("],\"next\":7}");
    assertThat(server.get(conflicts + "?limit=1&after=7").text()).isEqualTo("{\"conflicts\":[]}");
    assertProblem(server.get(conflicts + "?limit=0"), 400, "invalid-request");
    assertProblem(server.get(conflicts + "?after=x"), 400, "invalid-request");
    assertThat(server.get(conflicts + "/c1").status()).isEqualTo(200);
    assertProblem(server.get(conflicts + "/c2"), 404, "conflict-unknown");

    String resolution = conflicts + "/c1/resolution";
    assertThat(server.post(resolution, "{\"body\":{\"a\":1.0}}", "Softadastra-Actor: ada").status())
        .isEqualTo(200);
    assertThat(documents.resolved.body().text()).isEqualTo("{\"a\":1.0}");
    assertThat(documents.resolved.actor()).isEqualTo("ada");
    assertThat(server.post(resolution, "{\"version\":\"v1\"}").status()).isEqualTo(200);
    assertThat(server.post(resolution, "{\"delete\":true}").status()).isEqualTo(200);
    for (String other :
        List.of(
            "{}",
            "{\"delete\":false}",
            "{\"delete\":1}",
            "{\"version\":1}",
            "{\"body\":[]}",
            "{\"version\":\"v\",\"delete\":true}",
            "{\"body\":{},\"version\":\"v\"}",
            "{\"version\":\"v\",\"x\":1}")) {
      assertProblem(server.post(resolution, other), 400, "invalid-request");
    }
    assertProblem(
        server.post(conflicts + "/c2/resolution", "{\"delete\":true}"), 404, "conflict-unknown");

    assertThat(server.send("DELETE", resolution, "", "Softadastra-Actor: ada").status())
        .isEqualTo(200);
    assertThat(documents.undoneBy).isEqualTo("ada");
    assertProblem(server.send("DELETE", conflicts + "/c2/resolution", ""), 404, "conflict-unknown");
  }

  // Failures behind

  @Test
  void tellsThatTheEngineIsAway() throws Exception {
    documents.failure = new LayerUnreachable("sync", new IOException("cut"));
    for (String path : List.of("/api/v1/spaces", SHOP + "/digest", SHOP + "/changes")) {
      var answer = server.get(path);
      var problem = assertProblem(answer, 503, "layer-unreachable");
      assertThat(problem.get("retryable")).isEqualTo(new Json.Bool(true));
      assertThat(answer.header("Retry-After")).isEqualTo("1");
    }
    assertProblem(server.put(fresh(), "{}"), 503, "layer-unreachable");
  }

  @Test
  void servesHealthAndMetrics() throws Exception {
    assertThat(server.get("/actuator/health/liveness").status()).isEqualTo(200);
    assertThat(server.get("/actuator/health/readiness").status()).isEqualTo(200);
    assertThat(server.get("/actuator/prometheus").status()).isEqualTo(200);
  }
}
