package com.softadastra.engine.space;

import static com.softadastra.engine.Given.entry;
import static com.softadastra.engine.Given.hash;
import static com.softadastra.engine.Given.intent;
import static com.softadastra.engine.Given.key;
import static com.softadastra.engine.Given.operation;
import static com.softadastra.engine.Given.put;
import static com.softadastra.engine.Given.replica;
import static com.softadastra.engine.Given.space;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.log.Authority;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.Signatures;
import com.softadastra.engine.log.Signatures.Purpose;
import com.softadastra.engine.space.BatchCheck.Checked;
import com.softadastra.engine.space.BatchCheck.Offered;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchCheckTest {
  private static final SpaceId SPACE = space(1);

  @Test
  void signatureVouchesForAllBeforeIt() {
    var checked = check(interleaved(chain(1, 1, 4, 4), chain(2, 7, 2, 8)));
    assertThat(checked.refused()).isEmpty();
    assertThat(names(checked)).containsExactly("1:1", "2:7", "1:2", "2:8", "1:3", "1:4");
  }

  @Test
  void runsOfOneAuthorNeedNotJoin() {
    var chain = chain(1, 1, 5, 2, 5);
    chain.remove(2);
    var checked = check(interleaved(chain, chain(2, 1, 3, 3)));
    assertThat(names(checked)).containsExactly("1:1", "2:1", "1:2", "2:2", "1:4", "2:3", "1:5");
    assertThat(checked.refused()).isEmpty();
  }

  @Test
  void signatureVouchesForItsOwnRunAlone() {
    var chain = chain(1, 1, 5, 5);
    chain.remove(2);
    var checked = check(chain);
    assertThat(names(checked)).containsExactly("1:4", "1:5");
    assertThat(checked.refused().get(replica(1))).contains("not signed by its author at 2");
  }

  @Test
  void twoBranchesAreTwoRuns() {
    var trunk = chain(1, 1, 2);
    var before = Hash.sha256(trunk.getLast().bytes());
    var batch = new ArrayList<>(trunk);
    batch.add(signed(bytes(1, 3, before, "left"), 1));
    var right = bytes(1, 3, before, "right");
    batch.add(new Offered(right, null));
    assertThat(names(check(batch))).containsExactly("1:1", "1:2", "1:3");
    batch.add(signed(bytes(1, 4, Hash.sha256(right), "right"), 1));
    assertThat(names(check(batch))).containsExactly("1:1", "1:2", "1:3", "1:3", "1:4");
  }

  @Test
  void whatFollowsTheWrongEntryIsRefusedWithAllBehindIt() {
    var first = chain(1, 1, 1, 1).getFirst();
    var skipping = bytes(1, 3, Hash.sha256(first.bytes()), "skips");
    var behind = signed(bytes(1, 4, Hash.sha256(skipping), "behind"), 1);
    var foreign = signed(bytes(2, 2, Hash.sha256(first.bytes()), "foreign"), 2);
    var checked = check(List.of(first, new Offered(skipping, null), behind, foreign));
    assertThat(names(checked)).containsExactly("1:1");
    assertThat(checked.refused().get(replica(1))).contains("chain broken at 3");
    assertThat(checked.refused().get(replica(2))).contains("chain broken at 2");
  }

  @Test
  void wrongKeyIsRefused() {
    var chain = chain(1, 1, 2, 2);
    var last = chain.removeLast();
    chain.add(signed(last.bytes(), 2));
    var checked = check(interleaved(chain, chain(2, 1, 1, 1)));
    assertThat(names(checked)).containsExactly("2:1");
    assertThat(checked.refused().get(replica(1))).contains("wrong signature at 2");
  }

  @Test
  void signatureOfAnotherPurposeIsRefused() {
    var bytes = chain(1, 1, 1).getFirst().bytes();
    var signature = key(1).sign(Purpose.STATEMENT, Hash.sha256(bytes));
    assertThat(check(List.of(new Offered(bytes, signature))).genuine()).isEmpty();
  }

  @Test
  void alteredByteNeverPasses() {
    var chain = chain(1, 1, 3, 3);
    for (int index = 0; index < 3; index++) {
      byte[] bytes = chain.get(index).bytes();
      for (int at = 0; at < bytes.length; at++) {
        byte[] altered = bytes.clone();
        altered[at] ^= 1;
        var batch = new ArrayList<>(chain);
        batch.set(index, new Offered(altered, chain.get(index).signature()));
        try {
          // with another author in its place, what follows may stand by itself
          assertThat(check(batch).genuine())
              .as("entry %d, byte %d", index, at)
              .noneMatch(received -> java.util.Arrays.equals(received.bytes(), altered));
        } catch (Malformed expected) {
          // no entry at all
        }
      }
    }
  }

  @Test
  void unsignedTailIsRefused() {
    var checked = check(chain(1, 1, 4, 2));
    assertThat(names(checked)).containsExactly("1:1", "1:2");
    assertThat(checked.refused().get(replica(1))).contains("not signed by its author at 4");
  }

  @Test
  void foreignAuthorIsRefusedAndTheRestStands() {
    var checked = check(interleaved(chain(9, 1, 2, 2), chain(2, 1, 2, 2)));
    assertThat(names(checked)).containsExactly("2:1", "2:2");
    assertThat(checked.refused()).containsOnlyKeys(replica(9));
  }

  @Test
  void whatIsNoEntryOfTheSpaceEndsTheBatch() {
    assertThatThrownBy(() -> check(List.of(new Offered(new byte[3], null))))
        .isInstanceOf(Malformed.class);
    var chain = chain(1, 1, 1, 1);
    assertThatThrownBy(
            () -> BatchCheck.check(new SpaceId(hash("other")), chain, _ -> null, _ -> false))
        .isInstanceOf(Malformed.class);
  }

  @Test
  void whatIsStoredNeedsNoProofAndIsProofOfAllBefore() {
    var chain = chain(1, 1, 2, 2);
    var stored = Hash.sha256(chain.get(1).bytes());
    var damaged =
        List.of(
            new Offered(chain.get(0).bytes(), null),
            new Offered(chain.get(1).bytes(), new byte[Signatures.BYTES]));
    assertThat(check(damaged).genuine()).isEmpty();
    var checked = BatchCheck.check(SPACE, damaged, _ -> null, it -> it.hash().equals(stored));
    assertThat(checked.genuine()).hasSize(2);
    assertThat(checked.refused()).isEmpty();
  }

  private static Checked check(List<Offered> batch) {
    return BatchCheck.check(
        SPACE,
        batch,
        node ->
            node.equals(key(1).nodeId())
                ? key(1).publicKey()
                : node.equals(key(2).nodeId()) ? key(2).publicKey() : null,
        _ -> false);
  }

  private static List<String> names(Checked checked) {
    return checked.genuine().stream()
        .map(r ->
            (r.entry().author().equals(replica(1))
                    ? "1:"
                    : r.entry().author().equals(replica(2)) ? "2:" : "9:")
                + r.entry().sequence())
        .toList();
  }

  private static Offered signed(byte[] bytes, int by) {
    return new Offered(bytes, key(by).sign(Purpose.ENTRY, Hash.sha256(bytes)));
  }

  private static byte[] bytes(int author, long sequence, Hash previous, String id) {
    return EntryCodec.encode(
        entry(
            SPACE,
            replica(author),
            sequence,
            previous,
            List.of(),
            new Authority(1, 1, null),
            intent(id, operation("d", put("{}")))));
  }

  private static List<Offered> chain(int author, long from, int count, long... signedAt) {
    var signed = java.util.Arrays.stream(signedAt).boxed().toList();
    var chain = new ArrayList<Offered>();
    var previous = hash("before");
    for (long sequence = from; sequence < from + count; sequence++) {
      byte[] bytes = bytes(author, sequence, previous, "i" + sequence);
      previous = Hash.sha256(bytes);
      chain.add(signed.contains(sequence) ? signed(bytes, author) : new Offered(bytes, null));
    }
    return chain;
  }

  private static List<Offered> interleaved(List<Offered> a, List<Offered> b) {
    var batch = new ArrayList<Offered>();
    for (int i = 0; i < Math.max(a.size(), b.size()); i++) {
      if (i < a.size()) {
        batch.add(a.get(i));
      }
      if (i < b.size()) {
        batch.add(b.get(i));
      }
    }
    return batch;
  }
}
