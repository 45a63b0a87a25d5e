package com.softadastra.sync.identity;

import com.softadastra.engine.log.Signatures.NodeKey;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;

/** A node's key as the platform's cryptography wants it. */
public final class NodeKeys {
  // PrivateKeyInfo and SubjectPublicKeyInfo of Ed25519 (RFC 8410), up to the raw key.
  private static final byte[] PRIVATE_PREFIX =
      HexFormat.of().parseHex("302e020100300506032b657004220420");
  private static final byte[] PUBLIC_PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

  private NodeKeys() {}

  public static KeyPair pair(NodeKey key) {
    try {
      var factory = KeyFactory.getInstance("Ed25519");
      return new KeyPair(
          factory.generatePublic(new X509EncodedKeySpec(joined(PUBLIC_PREFIX, key.publicKey()))),
          factory.generatePrivate(new PKCS8EncodedKeySpec(joined(PRIVATE_PREFIX, key.seed()))));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform of this version has Ed25519", e);
    }
  }

  private static byte[] joined(byte[] prefix, byte[] raw) {
    byte[] joined = java.util.Arrays.copyOf(prefix, prefix.length + raw.length);
    System.arraycopy(raw, 0, joined, prefix.length, raw.length);
    return joined;
  }
}
