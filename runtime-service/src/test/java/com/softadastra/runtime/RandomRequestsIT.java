package com.softadastra.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.http.RawHttp;
import com.softadastra.contracts.json.JsonReader;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever is sent, the answer is no mistake of ours, and a refusal is a problem. */
class RandomRequestsIT {
  private static final int REQUESTS = Integer.getInteger("requests", 1000);

  private static final String[] METHODS = {
    "GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "FOO", "get", ""
  };
  private static final String[] PARTS = {
    "api",
    "v1",
    "spaces",
    "shop",
    "documents",
    "things",
    "intents",
    "changes",
    "conflicts",
    "c1",
    "resolution",
    "history",
    "digest",
    "collections",
    "a",
    "%2F",
    "%00",
    "%ff",
    "..",
    ".",
    ";x=y",
    "",
    "\u00e9",
    "%",
    "%F0%9F%98%80",
    "error",
    "*",
    "[",
    "\\"
  };
  private static final String[] ROUTES = {
    "/api/v1/spaces",
    "/api/v1/spaces/shop",
    "/api/v1/spaces/shop/documents/things/a",
    "/api/v1/spaces/shop/documents/things",
    "/api/v1/spaces/shop/documents/things/a/history",
    "/api/v1/spaces/shop/intents",
    "/api/v1/spaces/shop/changes",
    "/api/v1/spaces/shop/conflicts",
    "/api/v1/spaces/shop/conflicts/c1/resolution",
    "/api/v1/spaces/shop/collections/things",
    "/api/v1/spaces/shop/digest"
  };
  private static final String[] NAMES = {
    "If-Match",
    "If-None-Match",
    "Softadastra-Base",
    "Softadastra-Actor",
    "Softadastra-Level",
    "Idempotency-Key",
    "Prefer",
    "Accept",
    "Content-Type",
    "Content-Encoding",
    "Origin",
    "Host",
    "Expect",
    "Range",
    "If-Modified-Since",
    "Accept-Encoding",
    "Cookie",
    "X-Forwarded-For",
    "X-HTTP-Method-Override",
    "Access-Control-Request-Method",
    "Connection",
    "Upgrade",
    "TE",
    "Transfer-Encoding",
    "Content-Length",
    "Authorization",
    "Last-Event-ID",
    "Accept-Language"
  };
  private static final String[] VALUES = {
    "*",
    "\"v1\"",
    "",
    "application/json",
    "application/merge-patch+json",
    "application/vnd.softadastra.patch+json",
    "text/html",
    "multipart/form-data",
    "null",
    "http://localhost",
    "localhost",
    "chunked",
    "gzip",
    "100-continue",
    "bytes=0-1",
    "wait=0",
    "delivered",
    "\u00ff\u00fe",
    "\u0001",
    "0",
    "99999999999999999999",
    "a=b; c=d",
    ";;;",
    ",,,",
    "x".repeat(300),
    "close",
    "h2c",
    "websocket",
    "GET",
    "q=1",
    "\"",
    "de;q=0.5"
  };
  private static final String[] PIECES = {
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"a\"",
    "\"set\"",
    "\"body\"",
    "\"op\"",
    "\"put\"",
    "\"patch\"",
    "\"operations\"",
    "\"id\"",
    "\"collection\"",
    "\"things\"",
    "\"version\"",
    "\"delete\"",
    "1",
    "1e999",
    "null",
    "true",
    "\"\\ud800\"",
    "\u00ff",
    "\0",
    "\"policy\"",
    "\"keep\"",
    " "
  };
  private static final String[] BODIES = {
    "{}",
    "{\"a\":1}",
    "{\"delete\":true}",
    "{\"set\":{\"a\":1}}",
    "{\"policy\":\"keep\"}",
    "{\"operations\":[{\"op\":\"put\",\"collection\":\"things\",\"id\":\"a\",\"body\":{}}]}"
  };
  private static final String[] QUERIES = {
    "?since=1",
    "?limit=%zz",
    "?limit=0",
    "?after=%ff",
    "?state=open",
    "?&&==",
    "?a;b",
    "?%",
    "?since=1&since=2",
    "?after=\u00e9",
    "?limit=[]"
  };

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);

  private String one(String[] of) {
    return of[random.nextInt(of.length)];
  }

  private String path() {
    var path = new StringBuilder();
    if (random.nextInt(3) > 0) {
      path.append(one(ROUTES));
    } else {
      for (int i = random.nextInt(9); i >= 0; i--) {
        path.append('/').append(one(PARTS));
      }
    }
    return random.nextInt(3) == 0 ? path + one(QUERIES) : path.toString();
  }

  private String body() {
    if (random.nextBoolean()) {
      return one(BODIES);
    }
    var body = new StringBuilder();
    for (int i = random.nextInt(20); i > 0; i--) {
      body.append(one(PIECES));
    }
    return body.toString();
  }

  private String request() {
    String body = body();
    var head = new StringBuilder(one(METHODS)).append(' ').append(path()).append(" HTTP/1.1\r\n");
    boolean host = random.nextInt(20) > 0;
    head.append(host ? "Host: localhost\r\nConnection: close\r\n" : "");
    boolean framed = false;
    for (int i = random.nextInt(4); i > 0; i--) {
      String name = one(NAMES);
      // What frames the body otherwise than it is would leave the server waiting for the rest.
      if (name.equals("Content-Length") || name.equals("Transfer-Encoding")) {
        framed = true;
        head.append(name).append(": nonsense\r\n");
      } else {
        head.append(name).append(": ").append(one(VALUES)).append("\r\n");
      }
    }
    head.append(framed ? "" : "Content-Length: " + body.length() + "\r\n");
    return head + "\r\n" + body;
  }

  @Test
  void answersNothingWithAMistake() throws Exception {
    System.out.println("replay with -Dseed=" + seed);
    try (var server = new RuntimeServer()) {
      for (int i = 0; i < REQUESTS; i++) {
        String request = request();
        if (request.contains("text/event-stream")) {
          continue;
        }
        var answer = RawHttp.send(server.port, request);
        String told = "seed " + seed + " request " + i + ":\n" + request + "\n" + answer.text();
        assertThat(answer.status()).as(told).isLessThan(500);
        if (answer.status() >= 400 && !request.startsWith("HEAD")) {
          assertThat(answer.header("Content-Type")).as(told).isEqualTo("application/problem+json");
          assertThat(JsonReader.object(answer.body()).members()).as(told).containsKey("code");
        } else if (answer.header("Content-Type").equals("application/json")) {
          JsonReader.value(
              answer.text().isEmpty() ? "{}".getBytes(StandardCharsets.UTF_8) : answer.body());
        }
      }
    }
  }
}
