package com.softadastra.engine.log;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * Ed25519 signatures (RFC 8032) over a purpose and a hash. The purpose keeps a signature of one
 * thing from being shown as one of another. BouncyCastle's arithmetic signs about five times as
 * fast as the platform's, and a lone write waits for its signature.
 */
public final class Signatures {
  public static final int BYTES = Ed25519.SIGNATURE_SIZE;

  /** Bytes of a raw public key. */
  public static final int KEY_BYTES = Ed25519.PUBLIC_KEY_SIZE;

  private Signatures() {}

  /** What a signature is for. */
  public enum Purpose {
    ENTRY("softadastra.entry.1"),
    MEMBERSHIP("softadastra.membership.1"),
    STATEMENT("softadastra.statement.1"),
    ENVELOPE("softadastra.envelope.1"),
    PASSAGE("softadastra.passage.1"),
    MAILBOX("softadastra.mailbox.1"),
    CUSTODY("softadastra.custody.1");

    private final byte[] prefix;

    Purpose(String prefix) {
      this.prefix = prefix.getBytes(StandardCharsets.US_ASCII);
    }

    private byte[] message(Hash hash) {
      byte[] message = Arrays.copyOf(prefix, prefix.length + Hash.BYTES);
      System.arraycopy(hash.bytes(), 0, message, prefix.length, Hash.BYTES);
      return message;
    }
  }

  /**
   * @param rawKey 32 bytes
   */
  public static boolean verify(Purpose purpose, Hash hash, byte[] signature, byte[] rawKey) {
    byte[] message = purpose.message(hash);
    return signature.length == BYTES
        && rawKey.length == KEY_BYTES
        && Ed25519.verify(signature, 0, rawKey, 0, message, 0, message.length);
  }

  public static NodeId nodeId(byte[] rawKey) {
    return new NodeId(Hash.sha256(rawKey));
  }

  /** A node's private key. Safe to use from any thread; never written to a log. */
  public static final class NodeKey {
    public static final int SEED_BYTES = Ed25519.SECRET_KEY_SIZE;

    private final byte[] seed;
    private final byte[] publicKey = new byte[KEY_BYTES];
    private final NodeId nodeId;

    /**
     * @param seed 32 random bytes
     */
    public NodeKey(byte[] seed) {
      if (seed.length != SEED_BYTES) {
        throw new IllegalArgumentException("a key seed has 32 bytes, not " + seed.length);
      }
      this.seed = seed.clone();
      Ed25519.generatePublicKey(this.seed, 0, publicKey, 0);
      nodeId = Signatures.nodeId(publicKey);
    }

    public byte[] publicKey() {
      return publicKey.clone();
    }

    public byte[] seed() {
      return seed.clone();
    }

    public NodeId nodeId() {
      return nodeId;
    }

    public byte[] sign(Purpose purpose, Hash hash) {
      byte[] message = purpose.message(hash);
      byte[] signature = new byte[BYTES];
      Ed25519.sign(seed, 0, publicKey, 0, message, 0, message.length, signature, 0);
      return signature;
    }
  }
}
