package com.softadastra.edge.store;

import static com.softadastra.fuzz.Bytes.hold;
import static com.softadastra.fuzz.Bytes.utf8;

import com.softadastra.edge.policy.Headers;
import com.softadastra.edge.policy.ResponseHead;
import com.softadastra.fuzz.Fuzzing;
import com.softadastra.fuzz.Mutator;
import com.softadastra.fuzz.Mutator.Form;
import com.softadastra.fuzz.Target;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class HeadFuzzTest {
  private static final int CHECKED_FROM = 8;

  /** What a head that isn't one comes to. */
  private static final class NoHead extends Exception {
    private static final long serialVersionUID = 1;
  }

  @TestFactory
  Stream<DynamicTest> decoders() {
    return Fuzzing.of(
        Target.of("cached-head", Form.BYTES, heads(), HeadFuzzTest::read)
            .refusingWith(NoHead.class)
            .generating(HeadFuzzTest::summed)
            .allocating(256 << 10, 48)
            .checking((stored, _) -> {
              var again = read(HeadFile.encode(stored));
              hold(
                  again.key().equals(stored.key())
                      && again.bytes() == stored.bytes()
                      && again.checksum() == stored.checksum()
                      && again.head().equals(stored.head()),
                  "is written as another head");
            }));
  }

  private static Stored read(byte[] input) throws NoHead {
    return HeadFile.decode("id", input).orElseThrow(NoHead::new);
  }

  private static List<byte[]> heads() {
    var received = Instant.ofEpochSecond(1_800_000_000, 123_456_789);
    var headers =
        Headers.of("Cache-Control", "max-age=60", "ETag", "W/\"1\"", "Vary", "Accept", "X", "é");
    return Stream.of(
            ResponseHead.of(200, headers, received, received, Map.of("accept", "+text/html")),
            ResponseHead.of(404, Headers.NONE, Instant.EPOCH, received, Map.of()))
        .map(head -> HeadFile.encode(new Stored("id", "https://origin/a?b", head, 4096, 7)))
        .toList();
  }

  /** Damage to what the checksum is over, which is right again. */
  private static byte[] summed(Mutator mutator) {
    byte[] head = mutator.bytes(mutator.seed());
    if (head.length < CHECKED_FROM) {
      return utf8("SAH1");
    }
    var crc = new CRC32C();
    crc.update(head, CHECKED_FROM, head.length - CHECKED_FROM);
    ByteBuffer.wrap(head).put(utf8("SAH1")).putInt((int) crc.getValue());
    return head;
  }
}
