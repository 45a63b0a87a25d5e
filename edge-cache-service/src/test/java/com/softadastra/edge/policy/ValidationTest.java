package com.softadastra.edge.policy;

import static com.softadastra.edge.policy.Messages.NOW;
import static com.softadastra.edge.policy.Messages.date;
import static com.softadastra.edge.policy.Messages.ok;
import static com.softadastra.edge.policy.Messages.response;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("RFC 9111, 4.3: validation")
class ValidationTest {
  private static final String EARLIER = date(NOW.minusSeconds(500));

  @Test
  @DisplayName("4.3.1: both validators are sent, and what the client asked for itself is not")
  void conditional() {
    var headers =
        Validation.conditional(
            Headers.of(
                "If-None-Match",
                "\"client\"",
                "Range",
                "bytes=0-1",
                "If-Range",
                "x",
                "Accept",
                "*/*"),
            ok("ETag", "W/\"a\"", "Last-Modified", EARLIER));
    assertThat(headers)
        .isEqualTo(
            Headers.of("Accept", "*/*", "If-None-Match", "W/\"a\"", "If-Modified-Since", EARLIER));
  }

  @Test
  @DisplayName("4.3.1: what can't be a validator isn't sent as one")
  void noValidator() {
    var stored = ok("ETag", "a", "Last-Modified", "yesterday");
    assertThat(Validation.isPossible(stored)).isFalse();
    assertThat(Validation.conditional(Headers.NONE, stored)).isEqualTo(Headers.NONE);
  }

  @Test
  @DisplayName("4.3.4: a 304 is about the response whose validator it has")
  void confirms() {
    var strong = ok("ETag", "\"a\"");
    assertThat(Validation.confirms(response(304, "ETag", "\"a\""), strong)).isTrue();
    assertThat(Validation.confirms(response(304, "ETag", "\"b\""), strong)).isFalse();
    assertThat(Validation.confirms(response(304, "ETag", "W/\"a\""), strong)).isTrue();
    assertThat(Validation.confirms(response(304, "ETag", "\"a\""), ok("ETag", "W/\"a\"")))
        .isFalse();
    assertThat(Validation.confirms(response(304), strong)).isTrue();
    var dated = ok("Last-Modified", EARLIER);
    assertThat(Validation.confirms(response(304, "Last-Modified", EARLIER), dated)).isTrue();
    assertThat(Validation.confirms(response(304, "Last-Modified", date(NOW)), dated)).isFalse();
  }

  @Test
  @DisplayName("3.2: a 304 replaces the fields that it has and leaves the others")
  void refreshes() {
    var stored =
        ok(
            "ETag",
            "\"a\"",
            "X-A",
            "1",
            "X-A",
            "2",
            "X-B",
            "3",
            "Content-Encoding",
            "gzip",
            "Age",
            "9");
    var newer =
        response(304, "x-a", "4", "Content-Encoding", "br", "Content-Length", "0", "X-C", "5");
    var refreshed = Validation.refreshed(stored, newer).headers();
    assertThat(refreshed.list("X-A")).containsExactly("4");
    assertThat(refreshed.list("X-B")).containsExactly("3");
    assertThat(refreshed.list("X-C")).containsExactly("5");
    assertThat(refreshed.list("Content-Encoding")).containsExactly("gzip");
    assertThat(refreshed.has("Content-Length")).isFalse();
    assertThat(refreshed.has("Age")).isFalse();
  }

  @Test
  @DisplayName("3.2, 4.3.4: freshness counts anew from the 304")
  void freshAnew() {
    var stored = ok("Cache-Control", "max-age=60");
    var newer =
        ResponseHead.of(
            304,
            Headers.of("Date", date(NOW.plusSeconds(100))),
            NOW.plusSeconds(100),
            NOW.plusSeconds(100),
            java.util.Map.of());
    assertThat(Messages.after(stored, 101).isFresh()).isFalse();
    assertThat(Messages.after(Validation.refreshed(stored, newer), 101).isFresh()).isTrue();
  }

  @Test
  @DisplayName("4.3.5: an answer to HEAD that differs makes the stored response useless")
  void head() {
    var stored = ok("ETag", "\"a\"", "Last-Modified", EARLIER);
    assertThat(Validation.contradicts(ok("ETag", "\"a\"", "Content-Length", "7"), stored, 7))
        .isFalse();
    assertThat(Validation.contradicts(ok("Content-Length", "8"), stored, 7)).isTrue();
    assertThat(Validation.contradicts(ok("ETag", "\"b\""), stored, 7)).isTrue();
    assertThat(Validation.contradicts(ok("Last-Modified", date(NOW)), stored, 7)).isTrue();
  }
}
