package com.softadastra.contracts.peering;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rule by which a certificate chain names a node. A chain is exactly two X.509 certificates:
 *
 * <ol>
 *   <li>the leaf: version 3, an Ed25519 key that TLS has proved, no authority, key usage {@code
 *       digitalSignature}, extended key usage {@link #TRANSPORT_PURPOSE} and nothing else, signed
 *       by the root's key;
 *   <li>the root: an Ed25519 key, signed by itself. Its key is the node's identity.
 * </ol>
 *
 * Names, serial numbers and authorities mean nothing here. Neither do dates: the clocks of sites
 * are not trusted, a node whose battery died would lock itself out, and a node is shut out by the
 * membership log. The purpose keeps whatever else the node's key may one day sign from opening a
 * connection.
 */
public final class PeerCertificates {
  /** The extended key usage of a leaf: an identifier of its own, made from a UUID (X.667). */
  public static final String TRANSPORT_PURPOSE = "2.25.169212657153834523635180070423504965429";

  /** What precedes the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410). */
  private static final byte[] ED25519_PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

  private static final String ED25519 = "1.3.101.112";
  private static final Set<String> LEAF_CRITICAL =
      Set.of("2.5.29.15" /* key usage */, "2.5.29.19" /* constraints */, "2.5.29.37" /* purpose */);

  private PeerCertificates() {}

  /**
   * The node that the chain belongs to.
   *
   * @param chain leaf first, as TLS presents it
   * @throws CertificateException where it is not a chain of this form, in a sentence
   */
  public static NodeId nodeOf(Certificate... chain) throws CertificateException {
    if (chain.length != 2
        || !(chain[0] instanceof X509Certificate leaf)
        || !(chain[1] instanceof X509Certificate root)) {
      throw new CertificateException(
          "a node shows two certificates, its transport's and its own, not " + chain.length);
    }
    var node = nodeOf(root.getPublicKey());
    check(signed(root, root.getPublicKey()), "the root certificate is not signed by itself");
    check(signed(leaf, root.getPublicKey()), "the leaf is not signed by the root's key");
    check(isEd25519(leaf.getPublicKey()), "the leaf's key is not Ed25519");
    check(
        leaf.getVersion() == 3
            && leaf.getBasicConstraints() == -1
            && LEAF_CRITICAL.equals(leaf.getCriticalExtensionOIDs())
            && onlySigns(leaf.getKeyUsage())
            && List.of(TRANSPORT_PURPOSE).equals(leaf.getExtendedKeyUsage()),
        "the leaf is not made for the transport");
    return node;
  }

  /**
   * The node whose identity this key is.
   *
   * @throws CertificateException unless it is an Ed25519 key
   */
  public static NodeId nodeOf(PublicKey key) throws CertificateException {
    check(isEd25519(key), "the root's key is not Ed25519");
    var encoded = key.getEncoded();
    return new NodeId(
        Hash.sha256(Arrays.copyOfRange(encoded, ED25519_PREFIX.length, encoded.length)));
  }

  private static boolean isEd25519(PublicKey key) {
    var encoded = key.getEncoded();
    return encoded != null
        && encoded.length == ED25519_PREFIX.length + 32
        && Arrays.equals(
            encoded, 0, ED25519_PREFIX.length, ED25519_PREFIX, 0, ED25519_PREFIX.length);
  }

  private static boolean signed(X509Certificate certificate, PublicKey by) {
    try {
      certificate.verify(by);
      return ED25519.equals(certificate.getSigAlgOID());
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean onlySigns(boolean @Nullable [] usage) {
    if (usage == null || !usage[0]) {
      return false;
    }
    for (int i = 1; i < usage.length; i++) {
      if (usage[i]) {
        return false;
      }
    }
    return true;
  }

  private static void check(boolean holds, String otherwise) throws CertificateException {
    if (!holds) {
      throw new CertificateException(otherwise);
    }
  }
}
