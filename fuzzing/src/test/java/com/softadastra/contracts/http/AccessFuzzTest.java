package com.softadastra.contracts.http;

import static com.softadastra.fuzz.Bytes.hold;

import com.softadastra.fuzz.Bytes;
import com.softadastra.fuzz.Fuzzing;
import com.softadastra.fuzz.Mutator.Form;
import com.softadastra.fuzz.Target;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.web.util.UriUtils;

/** What is read of any request before anything else looks at it. */
class AccessFuzzTest {
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");
  private static final AccessProperties OPEN = new AccessProperties(null, null);
  private static final AccessFilter FILTER =
      new AccessFilter(InetAddress.getLoopbackAddress(), OPEN, new OwnToken(OPEN));

  /** What a request that isn't let in comes to. */
  private static final class NotLetIn extends Exception {
    private static final long serialVersionUID = 1;
  }

  @TestFactory
  Stream<DynamicTest> decoders() {
    return Fuzzing.of(
        Target.of(
                "host-and-origin",
                Form.TEXT,
                texts(
                    "Host: localhost:8080\nOrigin: http://localhost:8080",
                    "Host: 127.0.0.1\nOrigin: https://127.0.0.1:443\nSec-Fetch-Site: same-origin",
                    "Host: [::1]:80\nSec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate"),
                AccessFuzzTest::letIn)
            .refusingWith(NotLetIn.class)
            .upTo(8 << 10)
            .allocating(1 << 20, 512)
            .checking((request, _) -> isOwn(request)),
        Target.of(
                "form-of-path",
                Form.TEXT,
                texts("/api/v1/%C3%A9/%F0%9F%9A%9C", "/a%20b;c=%3B", "/plain"),
                AccessFuzzTest::path)
            .refusingWith(NotLetIn.class)
            .allocating(512 << 10, 32)
            .checking((path, _) -> isUtf8(path)));
  }

  /** A header a line, as {@code name: value}. */
  private static MockHttpServletRequest letIn(byte[] input)
      throws IOException, ServletException, NotLetIn {
    var request = new MockHttpServletRequest("GET", "/");
    for (var line : new String(input, StandardCharsets.ISO_8859_1).split("\n", 64)) {
      var parts = line.split(":", 2);
      if (parts.length == 2 && !parts[0].isBlank() && !parts[0].startsWith("Content-")) {
        request.addHeader(parts[0], parts[1].strip());
      }
    }
    var passed = new AtomicBoolean();
    FILTER.doFilter(request, new MockHttpServletResponse(), (_, _) -> passed.set(true));
    if (!passed.get()) {
      throw new NotLetIn();
    }
    return request;
  }

  private static void isOwn(MockHttpServletRequest request) {
    var hosts = Collections.list(request.getHeaders("Host"));
    hold(hosts.size() == 1, "named " + hosts.size() + " times");
    var host = host("http://" + hosts.getFirst());
    hold(LOOPBACK.contains(host), "another name: " + host);
    for (var origin : Collections.list(request.getHeaders("Origin"))) {
      hold(host(origin).equals(host), "from another page: " + origin);
    }
  }

  private static String host(String url) {
    return String.valueOf(URI.create(url).getHost()).toLowerCase(Locale.ROOT);
  }

  private static String path(byte[] input) throws NotLetIn {
    var path = new String(input, StandardCharsets.ISO_8859_1);
    if (!FormFilter.isUtf8(path)) {
      throw new NotLetIn();
    }
    return path;
  }

  /** What Spring decodes in it is what was encoded. */
  private static void isUtf8(String path) throws CharacterCodingException {
    if (path.indexOf('%') >= 0) {
      byte[] bytes =
          UriUtils.decode(path, StandardCharsets.ISO_8859_1).getBytes(StandardCharsets.ISO_8859_1);
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
    }
  }

  private static List<byte[]> texts(String... texts) {
    return Stream.of(texts).map(Bytes::utf8).toList();
  }
}
