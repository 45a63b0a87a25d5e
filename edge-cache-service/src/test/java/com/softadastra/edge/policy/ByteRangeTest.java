package com.softadastra.edge.policy;

import static com.softadastra.edge.policy.Messages.NOW;
import static com.softadastra.edge.policy.Messages.date;
import static com.softadastra.edge.policy.Messages.ok;
import static com.softadastra.edge.policy.Messages.response;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("RFC 9110, 14.2 of a stored response (RFC 9111, 3.3)")
class ByteRangeTest {
  private static final String EARLIER = date(NOW.minusSeconds(500));

  @ParameterizedTest
  @CsvSource({
    "bytes=0-0, bytes 0-0/10",
    "bytes=2-5, bytes 2-5/10",
    "bytes=8-, bytes 8-9/10",
    "bytes=8-99, bytes 8-9/10",
    "bytes=-3, bytes 7-9/10",
    "bytes=-99, bytes 0-9/10",
    "bytes=10-, bytes */10",
    "bytes=-0, bytes */10",
    "Bytes=2-5, bytes 2-5/10"
  })
  @DisplayName("14.2: one range, of which there may be nothing (416)")
  void single(String range, String contentRange) {
    assertThat(ByteRange.of(Headers.of("Range", range), ok(), 10).orElseThrow().of(10))
        .isEqualTo(contentRange);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bytes=0-1,3-4",
        "bytes=5-2",
        "bytes=-",
        "lines=1-2",
        "bytes",
        "bytes=a-b",
        "bytes=9999999999999999999-"
      })
  @DisplayName("14.2: several, or what is not understood: the whole")
  void whole(String range) {
    assertThat(ByteRange.of(Headers.of("Range", range), ok(), 10)).isEmpty();
  }

  @Test
  @DisplayName("14.2: of a 200 alone")
  void otherStatus() {
    assertThat(ByteRange.of(Headers.of("Range", "bytes=0-1"), response(404), 10)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"a\"|\"a\"|true",
        "\"a\"|\"b\"|false",
        "W/\"a\"|W/\"a\"|false",
        "\"a\"|W/\"a\"|false"
      })
  @DisplayName("RFC 9110, 13.1.5: If-Range is compared strongly")
  void ifRangeTag(String stored, String asked, boolean isPart) {
    var range =
        ByteRange.of(Headers.of("Range", "bytes=0-1", "If-Range", asked), ok("ETag", stored), 10);
    assertThat(range.isPresent()).isEqualTo(isPart);
  }

  @Test
  @DisplayName("RFC 9110, 13.1.5: If-Range with a date, where that is a strong validator")
  void ifRangeDate() {
    var request = Headers.of("Range", "bytes=0-1", "If-Range", EARLIER);
    assertThat(ByteRange.of(request, ok("Last-Modified", EARLIER), 10)).isPresent();
    assertThat(ByteRange.of(request, ok("Last-Modified", date(NOW)), 10)).isEmpty();
    assertThat(ByteRange.of(request, ok(), 10)).isEmpty();
    assertThat(ByteRange.of(request, ok("Last-Modified", EARLIER, "Date", EARLIER), 10)).isEmpty();
  }
}
