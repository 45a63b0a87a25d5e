package com.softadastra.edge.origin;

import static com.softadastra.fuzz.Bytes.hold;

import com.softadastra.edge.policy.Headers;
import com.softadastra.fuzz.Bytes;
import com.softadastra.fuzz.Fuzzing;
import com.softadastra.fuzz.Mutator.Form;
import com.softadastra.fuzz.Target;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.NoHttpResponseException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.BasicHttpTransportMetrics;
import org.apache.hc.core5.http.impl.io.SessionInputBufferImpl;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What an origin's answer begins with, and what an operator calls an origin. */
class OriginHeadFuzzTest {
  private static final int MOST_BYTES = 16 << 10;
  private static final Http1Config HTTP =
      Http1Config.custom()
          .setMaxLineLength(MOST_BYTES)
          .setMaxHeaderCount(200)
          .setMaxEmptyLineCount(1)
          .build();
  private static final Pattern WHOLE = Pattern.compile("\n\r?\n");

  private record Head(int status, Headers headers) {}

  @TestFactory
  Stream<DynamicTest> decoders() {
    return Fuzzing.of(
        Target.of("origin-head", Form.TEXT, heads(), OriginHeadFuzzTest::head)
            .refusingWith(HttpException.class, IOException.class)
            .allocating(512 << 10, 16)
            .checking(OriginHeadFuzzTest::isWhole),
        Target.of(
                "origin-setting",
                Form.TEXT,
                texts(
                    "https://site.example:8443/a/b/", "HTTP://[::1]:80", "http://10.0.0.1/%C3%A9"),
                input -> Origin.named("docs", URI.create(Bytes.text(input)), false))
            .refusingWith(IllegalArgumentException.class)
            .allocating(512 << 10, 64)
            .checking((origin, input) -> {
              var at = origin.at("/x?y");
              hold(at.getHost().equalsIgnoreCase(URI.create(Bytes.text(input)).getHost()), "moved");
              hold(at.getPort() <= 65535, "a port that isn't one");
              hold(
                  origin.equals(Origin.named("docs", origin.url(), origin.privateNetwork())),
                  "two forms");
            }));
  }

  private static Head head(byte[] input) throws HttpException, IOException {
    var buffer =
        new SessionInputBufferImpl(
            new BasicHttpTransportMetrics(),
            8 << 10,
            512,
            MOST_BYTES,
            StandardCharsets.ISO_8859_1.newDecoder());
    var response = new WholeHeads(HTTP).create(HTTP).parse(buffer, new ByteArrayInputStream(input));
    if (response == null) {
      throw new NoHttpResponseException("nothing");
    }
    return new Head(response.getCode(), OriginClient.checked(response, MOST_BYTES));
  }

  /** Nothing of it was cut off, and none of its fields ends before its end. */
  private static void isWhole(Head head, byte[] input) {
    hold(WHOLE.matcher(new String(input, StandardCharsets.ISO_8859_1)).find(), "it was cut off");
    hold(head.status() >= 200 && head.status() <= 599, "no status of an answer");
    for (var field : head.headers().fields()) {
      var line = field.name() + field.value();
      hold(line.chars().noneMatch(c -> c == '\r' || c == '\n' || c == 0), "a field in two");
      hold(!field.name().isEmpty() && field.name().indexOf(':') < 0, "a field without a name");
    }
  }

  private static List<byte[]> heads() {
    return texts(
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nETag: \"a\"\r\n\r\nabc",
        "HTTP/1.0 404\nX: a\n b\n\n",
        "HTTP/1.1 503 \r\nTransfer-Encoding: chunked\r\nRetry-After: 5\r\n\r\n0\r\n\r\n");
  }

  private static List<byte[]> texts(String... texts) {
    return Stream.of(texts).map(Bytes::utf8).toList();
  }
}
