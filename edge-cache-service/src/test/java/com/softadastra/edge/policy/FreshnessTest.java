package com.softadastra.edge.policy;

import static com.softadastra.edge.policy.Messages.GUESS;
import static com.softadastra.edge.policy.Messages.NOW;
import static com.softadastra.edge.policy.Messages.after;
import static com.softadastra.edge.policy.Messages.date;
import static com.softadastra.edge.policy.Messages.ok;
import static com.softadastra.edge.policy.Messages.response;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("RFC 9111, 4.2: how long fresh, how old")
class FreshnessTest {
  private static final String LATER = date(NOW.plusSeconds(600));

  private static long lifetime(ResponseHead response) {
    return after(response, 0).lifetime();
  }

  @Test
  @DisplayName("4.2.1: s-maxage before max-age before Expires")
  void order() {
    assertThat(lifetime(ok("Cache-Control", "max-age=60, s-maxage=30", "Expires", LATER)))
        .isEqualTo(30);
    assertThat(lifetime(ok("Cache-Control", "max-age=60", "Expires", LATER))).isEqualTo(60);
    assertThat(lifetime(ok("Expires", LATER))).isEqualTo(600);
  }

  @Test
  @DisplayName("4.2.1: Expires counts from Date, or from when it came")
  void expiresFromDate() {
    assertThat(lifetime(ok("Expires", LATER, "Date", date(NOW.minusSeconds(100))))).isEqualTo(700);
    assertThat(lifetime(Messages.undated(200, Headers.of("Expires", LATER)))).isEqualTo(600);
  }

  @Test
  @DisplayName("4.2.1: of two directives the first counts, of one that can't be read nothing")
  void conflicting() {
    assertThat(lifetime(ok("Cache-Control", "max-age=7, max-age=60"))).isEqualTo(7);
    assertThat(lifetime(ok("Cache-Control", "max-age=soon", "Expires", LATER))).isZero();
    assertThat(lifetime(ok("Cache-Control", "max-age=-1"))).isZero();
    assertThat(lifetime(ok("Cache-Control", "max-age=1.5"))).isZero();
    assertThat(lifetime(ok("Cache-Control", "max-age"))).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "never", "", "Sun, 29 Nov 2026 12:10:00 CET"})
  @DisplayName("5.3: an Expires that is no date is past")
  void expiresIsNoDate(String text) {
    assertThat(lifetime(ok("Expires", text, "Last-Modified", date(NOW.minusSeconds(9000)))))
        .isZero();
  }

  @Test
  @DisplayName("5.2: arguments as tokens and quoted, names in any case, odd blanks")
  void forms() {
    assertThat(lifetime(ok("Cache-Control", "MAX-AGE=\"60\""))).isEqualTo(60);
    assertThat(lifetime(ok("Cache-Control", " , foo=\"a, max-age=1\" ,\tmax-age=60,,")))
        .isEqualTo(60);
  }

  @Test
  @DisplayName("1.2.2: what is longer than 2^31 seconds is that long")
  void longest() {
    assertThat(lifetime(ok("Cache-Control", "max-age=99999999999999999999"))).isEqualTo(1L << 31);
    assertThat(lifetime(ok("Cache-Control", "max-age=4294967296"))).isEqualTo(1L << 31);
  }

  @Test
  @DisplayName("4.2.2: a guess is a tenth of the time since the last change, within bounds")
  void guess() {
    assertThat(lifetime(ok("Last-Modified", date(NOW.minusSeconds(1000))))).isEqualTo(100);
    assertThat(lifetime(ok("Last-Modified", date(NOW.minus(Duration.ofDays(999))))))
        .isEqualTo(Duration.ofDays(1).toSeconds());
    assertThat(lifetime(ok("Last-Modified", date(NOW.plusSeconds(1000))))).isZero();
    assertThat(lifetime(ok())).isZero();
  }

  @Test
  @DisplayName("4.2.2: no guess for a status that isn't cacheable by itself, unless public")
  void guessByStatus() {
    String long_ago = date(NOW.minusSeconds(1000));
    assertThat(lifetime(response(302, "Last-Modified", long_ago))).isZero();
    assertThat(lifetime(response(302, "Last-Modified", long_ago, "Cache-Control", "public")))
        .isEqualTo(100);
  }

  @ParameterizedTest
  @ValueSource(ints = {404, 410})
  @DisplayName("4.2.2: absence is believed for a short time, or as long as it says")
  void absence(int status) {
    assertThat(lifetime(response(status))).isEqualTo(5);
    assertThat(lifetime(response(status, "Cache-Control", "max-age=60"))).isEqualTo(60);
  }

  @Test
  @DisplayName("4.2.3: age since it came, or since its date where that is longer")
  void apparentAge() {
    assertThat(after(ok(), 12).age()).isEqualTo(12);
    assertThat(after(ok("Date", date(NOW.minusSeconds(30))), 12).age()).isEqualTo(42);
    assertThat(after(ok("Date", date(NOW.plusSeconds(30))), 12).age()).isEqualTo(12);
  }

  @ParameterizedTest
  @CsvSource({"100,112", "'7, 100',19", "soon,12", "-5,12", "'',12"})
  @DisplayName("4.2.3, 5.1: the age that it came with counts, unless it can't be read")
  void toldAge(String told, long age) {
    assertThat(after(ok("Age", told), 12).age()).isEqualTo(age);
  }

  @Test
  @DisplayName("4.2.3: the time that the answer took is part of its age")
  void delay() {
    var slow =
        ResponseHead.of(
            200, Headers.of("Date", date(NOW), "Age", "10"), NOW.minusSeconds(8), NOW, Map.of());
    assertThat(Freshness.of(slow, GUESS, NOW.plusSeconds(1)).age()).isEqualTo(19);
  }

  @Test
  @DisplayName("4.2.3: a clock that is set back makes nothing younger than it was when it came")
  void clockSetBack() {
    assertThat(after(ok("Age", "10"), -3600).age()).isEqualTo(10);
  }

  @Test
  @DisplayName("4.2: fresh while the lifetime is greater than the age")
  void boundary() {
    var minute = ok("Cache-Control", "max-age=60");
    assertThat(after(minute, 59).isFresh()).isTrue();
    assertThat(after(minute, 60).isFresh()).isFalse();
    assertThat(after(minute, 75).remaining()).isEqualTo(-15);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994"
      })
  @DisplayName("RFC 9110, 5.6.7: the three forms of a date")
  void dates(String text) {
    assertThat(HttpDate.parse(text, NOW)).contains(java.time.Instant.parse("1994-11-06T08:49:37Z"));
  }

  @Test
  @DisplayName("RFC 9110, 5.6.7: a year of two digits is at most 50 years ahead")
  void shortYear() {
    assertThat(HttpDate.parse("Monday, 06-Nov-75 08:49:37 GMT", NOW)).isEmpty();
    assertThat(HttpDate.parse("Wednesday, 06-Nov-75 08:49:37 GMT", NOW))
        .contains(java.time.Instant.parse("2075-11-06T08:49:37Z"));
    assertThat(HttpDate.parse("Sunday, 06-Nov-77 08:49:37 GMT", NOW))
        .contains(java.time.Instant.parse("1977-11-06T08:49:37Z"));
  }
}
