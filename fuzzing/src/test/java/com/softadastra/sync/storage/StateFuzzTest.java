package com.softadastra.sync.storage;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.cbor.CborWriter;
import com.softadastra.engine.document.Decided;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.document.Head;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.fuzz.Bytes;
import com.softadastra.fuzz.Fuzzing;
import com.softadastra.fuzz.Mutator.Form;
import com.softadastra.fuzz.Target;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class StateFuzzTest {
  private static final DocumentKey KEY = new DocumentKey(new SpaceId(Hash.ZERO), "orders", "o-1");

  @TestFactory
  Stream<DynamicTest> decoders() {
    return Fuzzing.of(
        Target.of("document-state", Form.CBOR, states(), input -> StateCodec.decode(KEY, input))
            .refusingWith(Malformed.class)
            // the name of a field may be one byte, and is a text of its own
            .allocating(256 << 10, 128)
            .checking(StateFuzzTest::staysAsItIs),
        Target.of("hash-column", Form.CBOR, hashes(), Readers::hashes)
            .refusingWith(Malformed.class)
            .canonical(hashes -> {
              var out = new CborWriter(64);
              StateCodec.hashes(hashes, out);
              return out.toByteArray();
            }));
  }

  /** Heads are put in order, and text is taken as it is: the row's checksum vouches for both. */
  private static void staysAsItIs(DocumentState state, byte[] input) {
    byte[] encoded = StateCodec.encode(state);
    Bytes.same(encoded, StateCodec.encode(StateCodec.decode(KEY, encoded)));
  }

  private static List<byte[]> states() {
    var first = new Head(hash(1), 1, new JsonText("{\"n\":1.50}"), 7, false, List.of());
    var second = new Head(hash(2), 2, null, 9, true, List.of(hash(3), hash(4)));
    var decided = new Decided(hash(6), hash(7), List.of("/a", "/b"), Decided.Standing.OVERWRITTEN);
    var merged = new DocumentState.Merged(new JsonText("{}"));
    return List.of(
        StateCodec.encode(
            new DocumentState(KEY, List.of(first, second), null, 9, merged, List.of(decided))),
        StateCodec.encode(
            new DocumentState(
                KEY, List.of(first, second), null, 9, new DocumentState.Merged(null), List.of())),
        StateCodec.encode(new DocumentState(KEY, List.of(first), null, 7, null, List.of(decided))),
        StateCodec.encode(new DocumentState(KEY, List.of(first), null, 7)),
        StateCodec.encode(new DocumentState(KEY, List.of(first, second), hash(5), 9)));
  }

  private static List<byte[]> hashes() {
    var out = new CborWriter(64);
    StateCodec.hashes(List.of(hash(1), hash(2)), out);
    return List.of(out.toByteArray());
  }

  private static Hash hash(int of) {
    return Hash.sha256(new byte[] {(byte) of});
  }
}
