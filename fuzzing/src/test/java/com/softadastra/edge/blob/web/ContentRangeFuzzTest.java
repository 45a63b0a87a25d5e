package com.softadastra.edge.blob.web;

import static com.softadastra.fuzz.Bytes.hold;
import static com.softadastra.fuzz.Bytes.text;
import static com.softadastra.fuzz.Bytes.utf8;

import com.softadastra.contracts.Refused;
import com.softadastra.fuzz.Fuzzing;
import com.softadastra.fuzz.Mutator.Form;
import com.softadastra.fuzz.Target;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class ContentRangeFuzzTest {
  private static final long LENGTH = 100;

  @TestFactory
  Stream<DynamicTest> decoders() {
    return Fuzzing.of(
        Target.of(
                "content-range",
                Form.TEXT,
                List.of(utf8("bytes 0-99/100"), utf8("bytes 100-199/1000000000000")),
                input -> ContentRange.of(text(input), LENGTH))
            .refusingWith(Refused.class)
            .checking((range, _) -> {
              hold(0 <= range.from() && range.to() <= range.total(), "lies beside the blob");
              hold(range.to() - range.from() == LENGTH, "is of another length");
            }));
  }
}
