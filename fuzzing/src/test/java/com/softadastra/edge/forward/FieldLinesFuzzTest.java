package com.softadastra.edge.forward;

import static com.softadastra.fuzz.Bytes.hold;

import com.softadastra.edge.policy.Headers;
import com.softadastra.fuzz.Fuzzing;
import com.softadastra.fuzz.Mutator.Form;
import com.softadastra.fuzz.Target;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class FieldLinesFuzzTest {
  @TestFactory
  Stream<DynamicTest> decoders() {
    return Fuzzing.of(
        Target.of("field-lines", Form.TEXT, lines(), FieldLines::read)
            .refusingWith(IllegalArgumentException.class)
            .allocating(256 << 10, 128)
            .checking((fields, _) ->
                hold(
                    FieldLines.read(FieldLines.of(fields)).equals(fields),
                    "is written as others")));
  }

  private static List<byte[]> lines() {
    return Stream.of(
            Headers.NONE,
            Headers.of("Content-Type", "application/json", "Idempotency-Key", "\"a:b\"", "X", ""))
        .map(FieldLines::of)
        .toList();
  }
}
