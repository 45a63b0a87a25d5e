package com.softadastra.sync.envelope;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.log.Signatures.NodeKey;
import java.util.Random;
import org.bouncycastle.math.ec.rfc7748.X25519;
import org.junit.jupiter.api.Test;

class SealingTest {
  private static final byte[] INFO = "outside".getBytes(UTF_8);
  private static final byte[] PLAIN = "contents".getBytes(UTF_8);

  private static NodeKey key(long seed) {
    byte[] bytes = new byte[NodeKey.SEED_BYTES];
    new Random(seed).nextBytes(bytes);
    return new NodeKey(bytes);
  }

  /** The public key on the one form of the curve and the secret number agree on the other. */
  @Test
  void bothHalvesOfKeyComeToOnePair() {
    for (long seed = 0; seed < 200; seed++) {
      var key = key(seed);
      byte[] expected = new byte[X25519.POINT_SIZE];
      X25519.generatePublicKey(Sealing.scalar(key), 0, expected, 0);
      assertThat(Sealing.montgomery(key.publicKey())).as("seed " + seed).isEqualTo(expected);
    }
  }

  @Test
  void opensWhatWasSealedToIt() {
    byte[] sealed = Sealing.seal(key(1).publicKey(), PLAIN, INFO);
    assertThat(sealed).hasSize(PLAIN.length + Sealing.MORE_BYTES);
    assertThat(new String(sealed, UTF_8)).doesNotContain("contents");
    assertThat(Sealing.open(key(1), sealed, INFO)).isEqualTo(PLAIN);
  }

  @Test
  void opensForNobodyElseUnderNoOtherOutsideAndNotWhenChanged() {
    byte[] sealed = Sealing.seal(key(1).publicKey(), PLAIN, INFO);
    assertThatThrownBy(() -> Sealing.open(key(2), sealed, INFO)).isInstanceOf(Malformed.class);
    assertThatThrownBy(() -> Sealing.open(key(1), sealed, "other".getBytes(UTF_8)))
        .isInstanceOf(Malformed.class);
    for (int i = 0; i < sealed.length; i++) {
      byte[] changed = sealed.clone();
      changed[i] ^= 1;
      assertThatThrownBy(() -> Sealing.open(key(1), changed, INFO)).isInstanceOf(Malformed.class);
    }
    assertThatThrownBy(() -> Sealing.open(key(1), new byte[3], INFO)).isInstanceOf(Malformed.class);
  }

  /** So no nonce can be used twice with one key. */
  @Test
  void eachBodyHasAKeyOfItsOwn() {
    var first = Sealing.encrypt(PLAIN, INFO);
    var second = Sealing.encrypt(PLAIN, INFO);
    assertThat(first.key()).isNotEqualTo(second.key());
    assertThat(first.bytes()).isNotEqualTo(second.bytes());
    assertThat(first.bytes()).hasSize(PLAIN.length + Sealing.BODY_MORE_BYTES);
    assertThat(new String(first.bytes(), UTF_8)).doesNotContain("contents");
    assertThat(Sealing.decrypt(first.key(), first.bytes(), INFO)).isEqualTo(PLAIN);
  }

  @Test
  void aBodyOpensWithNoOtherKeyAboutNothingElseAndNotWhenChanged() {
    var body = Sealing.encrypt(PLAIN, INFO);
    byte[] other = Sealing.encrypt(PLAIN, INFO).key();
    byte[] key = body.key();
    assertThatThrownBy(() -> Sealing.decrypt(other, body.bytes(), INFO))
        .isInstanceOf(Malformed.class);
    assertThatThrownBy(() -> Sealing.decrypt(key, body.bytes(), "other".getBytes(UTF_8)))
        .isInstanceOf(Malformed.class);
    assertThatThrownBy(() -> Sealing.decrypt(new byte[16], body.bytes(), INFO))
        .isInstanceOf(Malformed.class);
    for (int i = 0; i < body.bytes().length; i++) {
      byte[] changed = body.bytes().clone();
      changed[i] ^= 1;
      assertThatThrownBy(() -> Sealing.decrypt(key, changed, INFO)).isInstanceOf(Malformed.class);
    }
  }

  @Test
  void aSealedKeyHasItsSize() {
    byte[] sealed = Sealing.seal(key(1).publicKey(), Sealing.encrypt(PLAIN, INFO).key(), INFO);
    assertThat(sealed).hasSize(Envelope.SEALED_KEY_BYTES);
  }
}
