package com.softadastra.edge.forward;

import static com.softadastra.fuzz.Bytes.hold;

import com.softadastra.edge.policy.Headers;
import com.softadastra.fuzz.Bytes;
import com.softadastra.fuzz.Fuzzing;
import com.softadastra.fuzz.Mutator.Form;
import com.softadastra.fuzz.Target;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class VerdictFuzzTest {
  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);

  @TestFactory
  Stream<DynamicTest> decoders() {
    return Fuzzing.of(
        Target.of("retry-after", Form.TEXT, times(), VerdictFuzzTest::verdict)
            .allocating(512 << 10, 64)
            .checking((verdict, _) -> {
              hold(!verdict.atLeast().isNegative(), "before now");
              hold(NOW.plus(verdict.atLeast()).isBefore(Instant.MAX), "beyond time");
            }));
  }

  private static Verdict.Away verdict(byte[] input) {
    var text = new String(input, StandardCharsets.ISO_8859_1);
    var answer = new Attempt.Answered(503, Headers.of("Retry-After", text), new byte[0], true);
    return (Verdict.Away) Verdict.of(answer, NOW);
  }

  private static List<byte[]> times() {
    return Stream.of("120", "Thu, 14 Jan 2027 00:00:00 GMT", "soon").map(Bytes::utf8).toList();
  }
}
