package com.softadastra.sync.envelope;

import com.google.crypto.tink.AccessesPartialKey;
import com.google.crypto.tink.Aead;
import com.google.crypto.tink.HybridDecrypt;
import com.google.crypto.tink.HybridEncrypt;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.Key;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.aead.AeadConfig2026;
import com.google.crypto.tink.aead.AesGcmKey;
import com.google.crypto.tink.aead.AesGcmParameters;
import com.google.crypto.tink.hybrid.HpkeParameters;
import com.google.crypto.tink.hybrid.HpkePrivateKey;
import com.google.crypto.tink.hybrid.HpkePublicKey;
import com.google.crypto.tink.hybrid.HybridConfig2026;
import com.google.crypto.tink.util.Bytes;
import com.google.crypto.tink.util.SecretBytes;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.log.Signatures.NodeKey;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.bouncycastle.math.ec.rfc7748.X25519;
import org.bouncycastle.math.ec.rfc7748.X25519Field;

/**
 * Seals bytes to a node: HPKE (RFC 9180) in base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
 * AES-256-GCM, as Tink has it. A node's X25519 key is its Ed25519 key on the other form of the same
 * curve (RFC 7748, section 4.1), so whoever knows a member's key can seal to it, and no second key
 * has to be made known.
 *
 * <p>What is for several is encrypted once, as Tink's AES-256-GCM, with a key drawn for it alone,
 * which is sealed to each.
 */
@AccessesPartialKey
final class Sealing {
  /** What sealed bytes have more than plain ones: the sender's share of the key and a tag. */
  static final int MORE_BYTES = X25519.POINT_SIZE + 16;

  /** What an encrypted body has more than its plain bytes: a nonce and a tag. */
  static final int BODY_MORE_BYTES = 12 + 16;

  private static final int KEY_BYTES = 32;
  private static final HpkeParameters PARAMETERS = parameters();
  private static final AesGcmParameters BODY_PARAMETERS = bodyParameters();

  private Sealing() {}

  /**
   * @param to the Ed25519 public key of the node that it is for
   * @param info what the result is bound to; it opens under no other
   */
  static byte[] seal(byte[] to, byte[] plain, byte[] info) {
    try {
      return handle(HpkePublicKey.create(PARAMETERS, Bytes.copyFrom(montgomery(to)), null))
          .getPrimitive(HybridConfig2026.get(), HybridEncrypt.class)
          .encrypt(plain, info);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("sealing failed", e);
    }
  }

  /**
   * @throws Malformed where it was not sealed to this key, or not under this info, or was changed
   */
  static byte[] open(NodeKey key, byte[] sealed, byte[] info) {
    HybridDecrypt opener;
    try {
      byte[] scalar = scalar(key);
      byte[] point = new byte[X25519.POINT_SIZE];
      X25519.generatePublicKey(scalar, 0, point, 0);
      var open = HpkePublicKey.create(PARAMETERS, Bytes.copyFrom(point), null);
      var secret = SecretBytes.copyFrom(scalar, InsecureSecretKeyAccess.get());
      opener =
          handle(HpkePrivateKey.create(open, secret))
              .getPrimitive(HybridConfig2026.get(), HybridDecrypt.class);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a node's own key doesn't serve to open what is sealed", e);
    }
    try {
      return opener.decrypt(sealed, info);
    } catch (GeneralSecurityException _) {
      throw new Malformed("an envelope that can't be opened");
    }
  }

  /**
   * What is for several, encrypted.
   *
   * @param key that opens it, which nothing else was encrypted with
   */
  record Body(byte[] key, byte[] bytes) {}

  /**
   * @param about what the result is bound to
   */
  static Body encrypt(byte[] plain, byte[] about) {
    var key = SecretBytes.randomBytes(KEY_BYTES);
    try {
      return new Body(
          key.toByteArray(InsecureSecretKeyAccess.get()), aead(key).encrypt(plain, about));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("encrypting failed", e);
    }
  }

  /**
   * @throws Malformed where it was not encrypted with this key, or not about this, or was changed
   */
  static byte[] decrypt(byte[] key, byte[] body, byte[] about) {
    if (key.length != KEY_BYTES) {
      throw new Malformed("a key of another size");
    }
    Aead opener;
    try {
      opener = aead(SecretBytes.copyFrom(key, InsecureSecretKeyAccess.get()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("any key of this size serves", e);
    }
    try {
      return opener.decrypt(body, about);
    } catch (GeneralSecurityException _) {
      throw new Malformed("a body that can't be opened");
    }
  }

  private static Aead aead(SecretBytes key) throws GeneralSecurityException {
    return handle(AesGcmKey.builder().setParameters(BODY_PARAMETERS).setKeyBytes(key).build())
        .getPrimitive(AeadConfig2026.get(), Aead.class);
  }

  /** (1 + y) / (1 - y), for the y that an Ed25519 key is. */
  static byte[] montgomery(byte[] edwards) {
    int[] y = X25519Field.create();
    X25519Field.decode255(edwards, y);
    int[] one = X25519Field.create();
    X25519Field.one(one);
    int[] above = X25519Field.create();
    int[] below = X25519Field.create();
    X25519Field.add(one, y, above);
    X25519Field.sub(one, y, below);
    X25519Field.carry(above);
    X25519Field.carry(below);
    int[] inverse = X25519Field.create();
    X25519Field.inv(below, inverse);
    int[] u = X25519Field.create();
    X25519Field.mul(above, inverse, u);
    X25519Field.normalize(u);
    byte[] montgomery = new byte[X25519.POINT_SIZE];
    X25519Field.encode(u, montgomery);
    return montgomery;
  }

  /** The secret number of an Ed25519 key (RFC 8032, section 5.1.5), which X25519 clamps itself. */
  static byte[] scalar(NodeKey key) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-512").digest(key.seed());
      byte[] scalar = Arrays.copyOf(hash, X25519.SCALAR_SIZE);
      scalar[0] &= (byte) 0xf8;
      scalar[31] &= 0x7f;
      scalar[31] |= 0x40;
      return scalar;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-512", e);
    }
  }

  private static KeysetHandle handle(Key key) throws GeneralSecurityException {
    return KeysetHandle.newBuilder()
        .addEntry(KeysetHandle.importKey(key).withRandomId().makePrimary())
        .build();
  }

  private static AesGcmParameters bodyParameters() {
    try {
      return AesGcmParameters.builder()
          .setKeySizeBytes(KEY_BYTES)
          .setIvSizeBytes(12)
          .setTagSizeBytes(16)
          .setVariant(AesGcmParameters.Variant.NO_PREFIX)
          .build();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Tink has these parameters", e);
    }
  }

  private static HpkeParameters parameters() {
    try {
      return HpkeParameters.builder()
          .setVariant(HpkeParameters.Variant.NO_PREFIX)
          .setKemId(HpkeParameters.KemId.DHKEM_X25519_HKDF_SHA256)
          .setKdfId(HpkeParameters.KdfId.HKDF_SHA256)
          .setAeadId(HpkeParameters.AeadId.AES_256_GCM)
          .build();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Tink has these parameters", e);
    }
  }
}
