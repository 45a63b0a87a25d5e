package com.softadastra.contracts.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.LayerUnreachable;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonReader;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.util.unit.DataSize;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

class HttpSurfaceIT {
  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @Import({HttpSurface.class, Echo.class})
  static class Application {}

  @RestController
  static class Echo {
    @GetMapping("/things/{kind}/{id}")
    Map<String, String> id(@PathVariable String kind, @PathVariable String id) {
      return Map.of("id", id);
    }

    @PutMapping("/things")
    Map<String, Integer> read(HttpServletRequest request) throws IOException {
      var object = JsonBody.object(request, DataSize.ofKilobytes(1));
      return Map.of("length", object.canonical().length());
    }

    @GetMapping("/number")
    Map<String, Integer> number(@RequestParam int n) {
      return Map.of("n", n);
    }

    @GetMapping("/bytes")
    ResponseEntity<byte[]> bytes() {
      return ResponseEntity.ok()
          .contentType(MediaType.APPLICATION_JSON)
          .body("{\"n\": 1.50}".getBytes(StandardCharsets.UTF_8));
    }

    @GetMapping("/broken")
    void broken(@RequestParam String by, HttpServletResponse response) throws IOException {
      response.getOutputStream().write(new byte[100_000]);
      throw by.equals("mistake")
          ? new IllegalStateException("on purpose")
          : new Refused(ProblemCode.UNREADABLE, "on purpose");
    }

    @GetMapping("/mistake")
    String mistake() {
      throw new IllegalStateException("on purpose");
    }

    @GetMapping("/unreachable")
    String unreachable() {
      throw new LayerUnreachable("sync", new IOException("on purpose"));
    }
  }

  private static ConfigurableApplicationContext open;
  private static int port;

  @BeforeAll
  static void start() {
    open = run();
    port = port(open);
  }

  @AfterAll
  static void stop() {
    open.close();
  }

  private static ConfigurableApplicationContext run(String... more) {
    var arguments = new ArrayList<String>();
    arguments.add("--server.port=0");
    arguments.addAll(List.of(more));
    return SpringApplication.run(Application.class, arguments.toArray(String[]::new));
  }

  private static int port(ConfigurableApplicationContext context) {
    return ((ServletWebServerApplicationContext) context).getWebServer().getPort();
  }

  private static RawHttp.Answer get(String path, String... headers) throws IOException {
    return send(port, "GET", path, headers);
  }

  private static RawHttp.Answer send(int port, String method, String path, String... headers)
      throws IOException {
    var request = new StringBuilder(method + " " + path + " HTTP/1.1\r\n");
    if (headers.length == 0 || !headers[0].startsWith("Host:")) {
      request.append("Host: localhost:").append(port).append("\r\n");
    }
    for (String header : headers) {
      request.append(header).append("\r\n");
    }
    return RawHttp.send(port, request + "\r\n");
  }

  private static void assertProblem(RawHttp.Answer answer, int status, String code)
      throws JsonReader.MalformedJson {
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
    var problem = JsonReader.object(answer.body());
    assertThat(problem.get("code")).isEqualTo(new Json.Str(code));
    assertThat(problem.get("status")).isEqualTo(new Json.Num(Integer.toString(status)));
    assertThat(problem.get("retryable")).isInstanceOf(Json.Bool.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"mistake", "refusal"})
  void whatFailsOnceItHasBegunIsSeenToBreakOff(String by) {
    assertThatThrownBy(() -> get("/broken?by=" + by)).isInstanceOf(IOException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/plain", "text/html, */*;q=0.8", "application/xml", "nonsense"})
  void answersWithJsonWhateverIsAccepted(String accepted) throws Exception {
    for (String path : List.of("/number?n=1", "/bytes")) {
      var answer = get(path, "Host: localhost", "Accept: " + accepted);
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      assertThat(answer.header("Content-Type")).isEqualTo("application/json");
    }
    assertProblem(get("/nothing", "Host: localhost", "Accept: " + accepted), 404, "not-found");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "a/b",
        "/",
        "//",
        "\\",
        "a;b=c",
        ";",
        "%",
        "%2F",
        ".",
        "..",
        "../..",
        "a/../b",
        "+",
        "a b",
        " ",
        "é",
        "日本",
        "😀",
        "\0",
        "\u0001",
        "\t",
        "\n",
        "\r\n",
        "\u007f",
        "\u0085",
        "\u2028",
        "\ufeff",
        "\ufffd",
        "\uffff",
        "?",
        "#",
        "&=",
        "\"<>[]^`{|}",
        "a.exe",
        "a.json",
        "e\u0301",
        "index.html"
      })
  void keepsEveryCharacterOfAnEncodedPath(String id) throws Exception {
    String encoded = URLEncoder.encode(id, StandardCharsets.UTF_8).replace("+", "%20");
    if (id.startsWith(".")) {
      encoded = encoded.replace(".", "%2E");
    }
    var answer = get("/things/k/" + encoded);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(JsonReader.object(answer.body()).get("id")).isEqualTo(new Json.Str(id));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a+b", "a;b", "a|b", "[a]", "{a}", "..", ".", "a\\b", "a=b&c", "a\"b"})
  void keepsCharactersThatNeedNoEncoding(String id) throws Exception {
    var answer = get("/things/k/" + id);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(JsonReader.object(answer.body()).get("id")).isEqualTo(new Json.Str(id));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "%zz",
        "%",
        "%4",
        "%C3",
        "%C0%AF",
        "%ED%A0%80",
        "%F4%90%80%80",
        "%FF",
        "a%80",
        "\u00e9",
        "a\u0001"
      })
  void refusesAPathThatIsNotUtf8(String id) throws Exception {
    assertProblem(get("/things/k/" + id), 400, "invalid-request");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: loc alhost\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nBad Name: 1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nNoColon\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\u0000b\r\n\r\n",
        "GE T / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "G\u0001T / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "CONNECT localhost:1 HTTP/1.1\r\nHost: localhost:1\r\n\r\n",
        "PUT /things HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        "PUT /things HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "PUT /things HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "PUT /things HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: weird\r\n\r\n{}",
        "PUT /things HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n",
        "GET /number?n=%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
      })
  void answersWithAProblemWhatTheServerRefuses(String request) throws Exception {
    assertProblem(RawHttp.send(port, request), 400, "invalid-request");
  }

  @Test
  void refusesHeadersThatAreTooLong() throws Exception {
    assertProblem(get("/things/k/a", "X: " + "a".repeat(100_000)), 400, "invalid-request");
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /nothing, 404, not-found",
    "GET, /error, 404, not-found",
    "POST, /things, 405, method-not-allowed",
    "TRACE, /things, 405, method-not-allowed",
    "FOO, /things, 405, method-not-allowed",
    "GET, /number?n=x, 400, invalid-request",
    "GET, /number, 400, invalid-request",
    "GET, /mistake, 500, internal-error",
    "GET, /unreachable, 503, layer-unreachable",
  })
  void answersWithAProblemWhatTheFrameworkRefuses(
      String method, String path, int status, String code) throws Exception {
    for (String accept : new String[] {"*/*", "text/html", "text/event-stream", "&"}) {
      var answer = send(port, method, path, "Host: localhost", "Accept: " + accept);
      assertProblem(answer, status, code);
      assertThat(answer.headers().containsKey("allow")).isEqualTo(status == 405);
      assertThat(answer.header("Retry-After")).isEqualTo(status == 503 ? "1" : "");
    }
  }

  @Test
  void survivesAContentTypeThatIsNone() throws Exception {
    for (String type : List.of("*", "*/*", "text/*", "application/*+json")) {
      assertProblem(get("/nothing", "Content-Type: " + type), 415, "unsupported-media-type");
    }
    for (String type : List.of("x", "text/plain", "a/*b", "/", "text/plain;charset=x")) {
      assertProblem(get("/nothing", "Content-Type: " + type), 404, "not-found");
    }
  }

  @Test
  void leavesJsonAsItIs() throws Exception {
    assertThat(get("/bytes").body()).asString().isEqualTo("{\"n\": 1.50}");
  }

  @Test
  void readsNoBodyBeyondTheLimit() throws Exception {
    // The body never comes: an answer shows that nobody waits for it.
    assertProblem(
        send(port, "PUT", "/things", "Host: localhost", "Content-Length: 999999999999"),
        413,
        "document-too-large");
    assertProblem(
        send(
            port,
            "PUT",
            "/things",
            "Host: localhost",
            "Expect: 100-continue",
            "Content-Length: 1025"),
        413,
        "document-too-large");
    String chunk = "400\r\n" + "a".repeat(0x400) + "\r\n";
    assertProblem(
        RawHttp.send(
            port,
            "PUT /things HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                + chunk.repeat(3)
                + "0\r\n\r\n"),
        413,
        "document-too-large");
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "localhost|",
        "localhost:1|",
        "LOCALHOST|",
        "127.0.0.1:8080|",
        "[::1]:8080|",
        "localhost:8080|http://localhost:8080",
        "localhost|http://localhost:80",
        "localhost|https://localhost"
      },
      delimiter = '|')
  void servesLocalCallers(String host, String origin) throws Exception {
    assertThat(get("/number?n=1", headers(host, origin)).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "example.com|",
        "localhost.|",
        "localhost.example.com|",
        "a.localhost|",
        "127.0.0.2|",
        "0.0.0.0|",
        "[::2]|",
        "localhost|null",
        "localhost|http://example.com",
        "localhost:8080|http://localhost",
        "localhost:8080|http://localhost:8081",
        "localhost:8080|http://127.0.0.1:8080",
        "localhost|http://localhost.example.com",
        "localhost|file://localhost",
        "localhost|x"
      },
      delimiter = '|')
  void refusesForeignHostsAndOrigins(String host, String origin) throws Exception {
    assertProblem(get("/number?n=1", headers(host, origin)), 403, "host-not-allowed");
    assertProblem(get(AccessFilter.LIVENESS, headers(host, origin)), 403, "host-not-allowed");
  }

  private static String[] headers(String host, String origin) {
    return origin == null
        ? new String[] {"Host: " + host}
        : new String[] {"Host: " + host, "Origin: " + origin};
  }

  @Test
  void tellsAPagesRequestFromAFollowedLink() throws Exception {
    assertProblem(get("/number?n=1", "Sec-Fetch-Site: cross-site"), 403, "host-not-allowed");
    assertThat(
            get("/number?n=1", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate").status())
        .isEqualTo(200);
    assertProblem(
        send(port, "OPTIONS", "/number", "Access-Control-Request-Method: PUT"),
        403,
        "host-not-allowed");
  }

  @Test
  void demandsTheTokenWhereOneIsConfigured() throws Exception {
    for (String address : new String[] {"127.0.0.1", "0.0.0.0"}) {
      try (var guarded =
          run("--server.address=" + address, "--softadastra.access.token=s3cret é")) {
        int there = port(guarded);
        for (String header :
            new String[] {
              "X: 1",
              "Authorization: Bearer",
              "Authorization: Bearer x",
              "Authorization: Basic x",
              "Authorization: Bearer s3cret",
              "Authorization: s3cret"
            }) {
          var answer = send(there, "GET", "/number?n=1", header);
          assertProblem(answer, 401, "unauthenticated");
          assertThat(answer.header("WWW-Authenticate")).startsWith("Bearer");
        }
        String shown = "Authorization: bEARER s3cret \u00c3\u00a9";
        assertThat(send(there, "GET", "/number?n=1", shown).status()).isEqualTo(200);
        // Nothing is at that path here, but the filter lets the request through to find out.
        assertProblem(send(there, "GET", AccessFilter.LIVENESS), 404, "not-found");
        assertProblem(send(there, "GET", AccessFilter.LIVENESS + "/"), 401, "unauthenticated");
        assertProblem(send(there, "GET", "/actuator/health/./liveness"), 401, "unauthenticated");
      }
    }
  }

  @Test
  void countsAsBoundWhereItIsPublished() throws Exception {
    try (var published =
        run("--server.address=0.0.0.0", "--softadastra.access.published=127.0.0.1")) {
      int there = port(published);
      assertThat(send(there, "GET", "/number?n=1").status()).isEqualTo(200);
      assertProblem(
          send(there, "GET", "/number?n=1", "Host: runtime:8080"), 403, "host-not-allowed");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--server.address=0.0.0.0",
        "--server.address=",
        "--server.address=0.0.0.0 --softadastra.access.token=",
        "--softadastra.access.published=10.0.0.1",
        "--management.server.port=1"
      })
  void refusesToStartForStrangers(String arguments) {
    assertThatThrownBy(() -> run(arguments.split(" ")).close())
        .hasRootCauseInstanceOf(AccessNotConfigured.class);
  }
}
