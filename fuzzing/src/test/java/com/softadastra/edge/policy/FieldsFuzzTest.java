package com.softadastra.edge.policy;

import static com.softadastra.fuzz.Bytes.hold;
import static com.softadastra.fuzz.Bytes.text;

import com.softadastra.fuzz.Bytes;
import com.softadastra.fuzz.Fuzzing;
import com.softadastra.fuzz.Mutator.Form;
import com.softadastra.fuzz.Target;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What origins and clients say in fields, up to what the cache makes of it. */
class FieldsFuzzTest {
  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
  private static final URI TARGET = URI.create("https://origin.example:8443/a/b?c");
  private static final long BODY = 1000;
  private static final Freshness.Guess GUESS =
      new Freshness.Guess(Duration.ofHours(1), Duration.ofSeconds(10));
  private static final ResponseHead STORED =
      response(
          Headers.of(
              "ETag",
              "\"a\"",
              "Date",
              "Thu, 14 Jan 2027 00:00:00 GMT",
              "Last-Modified",
              "Wed, 13 Jan 2027 00:00:00 GMT"));

  @TestFactory
  Stream<DynamicTest> decoders() {
    return Fuzzing.of(
        Target.of("cache-control", Form.TEXT, responses(), input -> judged(headers(input)))
            .allocating(1 << 20, 256)
            .checking(FieldsFuzzTest::isWhole),
        Target.of(
                "http-date",
                Form.TEXT,
                texts(
                    "Sun, 06 Nov 1994 08:49:37 GMT",
                    "Sunday, 06-Nov-94 08:49:37 GMT",
                    "Sun Nov  6 08:49:37 1994"),
                input -> HttpDate.parse(text(input), NOW).orElseThrow())
            .refusingWith(NoSuchElementException.class)
            .allocating(512 << 10, 64)
            .checking((date, _) ->
                hold(
                    HttpDate.parse(HttpDate.format(date), NOW).orElseThrow().equals(date),
                    "is written as another date")),
        Target.of(
                "entity-tag",
                Form.TEXT,
                texts("\"a\"", "W/\"b c\"", "\"\""),
                input -> EntityTag.parse(text(input)).orElseThrow())
            .refusingWith(NoSuchElementException.class)
            .checking((tag, input) ->
                hold(
                    text(input).equals((tag.weak() ? "W/" : "") + tag.opaque()), "is another tag")),
        Target.of(
                "byte-range",
                Form.TEXT,
                texts(
                    "Range: bytes=0-99",
                    "Range: bytes=-5\nIf-Range: \"a\"",
                    "Range: bytes=900-\nIf-Range: Wed, 13 Jan 2027 00:00:00 GMT",
                    "Range: bytes=5000-6000"),
                input -> ByteRange.of(headers(input), STORED, BODY).orElseThrow())
            .refusingWith(NoSuchElementException.class)
            .allocating(1 << 20, 256)
            .checking((range, _) -> {
              hold(range.from() >= 0 && range.to() <= BODY, "lies beside the body");
              hold(range.of(BODY).endsWith("/" + BODY), "is of another body");
            }));
  }

  private static ResponseHead response(Headers headers) {
    return ResponseHead.of(200, headers, NOW.minusSeconds(2), NOW.minusSeconds(1), Map.of());
  }

  /** Lines of a name, a colon and a value, in the characters that HTTP's fields are read in. */
  private static Headers headers(byte[] input) {
    var fields = new ArrayList<Headers.Field>();
    for (String line : new String(input, StandardCharsets.ISO_8859_1).split("\n")) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        fields.add(new Headers.Field(line.substring(0, colon), line.substring(colon + 1).strip()));
      }
    }
    return new Headers(fields);
  }

  private record Judged(
      Headers headers,
      Freshness freshness,
      Storability storability,
      Headers kept,
      Reuse reuse,
      Headers conditional,
      ResponseHead refreshed,
      Set<URI> invalid) {}

  /** As a response, as a request for it, and as what confirms an older one. */
  private static Judged judged(Headers headers) {
    var response = response(headers);
    var request = RequestHead.of("GET", headers);
    var freshness = Freshness.of(response, GUESS, NOW);
    Conditions.isNotModified(headers, response);
    Validation.confirms(response, STORED);
    Validation.contradicts(response, STORED, BODY);
    Variants.matches(Variants.selecting(headers, headers), headers);
    return new Judged(
        headers,
        freshness,
        Storability.of(request, response),
        Storability.kept(response),
        Reuse.of(request.control(), response, freshness),
        Validation.conditional(headers, response),
        Validation.refreshed(STORED, response),
        Invalidation.of("POST", TARGET, 200, headers));
  }

  private static void isWhole(Judged judged, byte[] input) {
    hold(judged.freshness().lifetime() >= 0, "fresh for less than nothing");
    hold(judged.freshness().age() >= 0, "younger than nothing");
    hold(judged.headers().fields().containsAll(judged.kept().fields()), "a field from nowhere");
    for (var field : judged.headers().fields()) {
      var members = new ArrayList<String>();
      Headers.split(field.value(), ',', members);
      hold(
          letters(String.join(",", members)).equals(letters(field.value())),
          "a list has lost a part: " + field.value());
    }
    for (var uri : judged.invalid()) {
      hold(uri.getRawAuthority().equalsIgnoreCase(TARGET.getRawAuthority()), "another's: " + uri);
    }
    if (judged.storability() == Storability.YES) {
      // whatever stands beside it
      hold(
          judged.headers().list("Cache-Control").stream()
              .noneMatch(member -> member.equalsIgnoreCase("private")),
          "is private and stored");
    }
  }

  private static String letters(String list) {
    return list.replaceAll("[\\s,\\p{Z}\\x1c-\\x1f]", "");
  }

  private static List<byte[]> responses() {
    return texts(
        "Cache-Control: public, max-age=60, s-maxage=\"5\", stale-if-error=99999999999\nAge: 5\nVary: Accept-Encoding, X",
        "Cache-Control: private=\"Set-Cookie, X\", no-cache=\"Y\"\nETag: \"a\"\nSet-Cookie: a=b",
        "Date: Thu, 14 Jan 2027 00:00:00 GMT\nExpires: 0\nLast-Modified: Sunday, 06-Nov-94 08:49:37 GMT",
        "Location: ../d#e\nContent-Location: //ORIGIN.example:8443/f\nLocation: https://other/",
        "Cache-Control: must-understand, no-store\nIf-None-Match: W/\"a\", \"b\", *\nContent-Length: 10");
  }

  private static List<byte[]> texts(String... texts) {
    return Stream.of(texts).map(Bytes::utf8).toList();
  }
}
