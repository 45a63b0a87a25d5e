package com.softadastra.sync.envelope;

import static com.softadastra.fuzz.Bytes.hold;

import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.fuzz.Fuzzing;
import com.softadastra.fuzz.Mutator.Form;
import com.softadastra.fuzz.Target;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class BundleFuzzTest {
  @TestFactory
  Stream<DynamicTest> decoders() {
    return Fuzzing.of(
        Target.of("bundle", Form.BYTES, bundles(), BundleFuzzTest::read)
            .refusingWith(Malformed.class)
            .allocating(256 << 10, 16)
            .checking((bundle, input) -> {
              byte[] again = written(bundle);
              hold(
                  input.length >= again.length
                      && java.util.Arrays.equals(again, 0, again.length, input, 0, again.length),
                  "has two forms");
            }));
  }

  private record Bundle(List<Envelope> envelopes, boolean lacks) {}

  private static Bundle read(byte[] input) {
    try {
      var file = new BundleFile.Reader(new ByteArrayInputStream(input));
      var envelopes = new ArrayList<Envelope>();
      for (var next = file.next(); next.isPresent(); next = file.next()) {
        envelopes.add(next.get());
      }
      return new Bundle(envelopes, file.lacks());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] written(Bundle bundle) {
    var out = new ByteArrayOutputStream();
    out.writeBytes(BundleFile.BEGIN);
    bundle.envelopes().forEach(envelope -> out.writeBytes(BundleFile.framed(envelope)));
    out.writeBytes(BundleFile.end(bundle.lacks()));
    return out.toByteArray();
  }

  private static List<byte[]> bundles() {
    var envelopes = Fuzzing.golden("envelopes", "envelope =").stream().map(Envelope::decode);
    var one = envelopes.findFirst().orElseThrow();
    return Stream.of(
            new Bundle(List.of(), false),
            new Bundle(List.of(one), true),
            new Bundle(List.of(one, one), false))
        .map(BundleFuzzTest::written)
        .toList();
  }
}
