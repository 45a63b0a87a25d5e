package com.softadastra.sync.identity;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.peering.PeerCertificates;
import java.io.IOException;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * Makes the chain that {@link PeerCertificates} accepts. The same keys give the same bytes: serial
 * numbers come from the keys, dates are fixed because nobody judges them, and Ed25519 signatures
 * draw nothing.
 */
public final class NodeCertificates {
  private static final X500Name NODE = new X500Name("CN=softadastra node");
  private static final X500Name TRANSPORT = new X500Name("CN=softadastra transport");
  private static final Date FROM = Date.from(Instant.parse("2000-01-01T00:00:00Z"));

  /** "No date" (RFC 5280, section 4.1.2.5). */
  private static final Date TO = Date.from(Instant.parse("9999-12-31T23:59:59Z"));

  private static final KeyPurposeId PURPOSE =
      KeyPurposeId.getInstance(new ASN1ObjectIdentifier(PeerCertificates.TRANSPORT_PURPOSE));

  private NodeCertificates() {}

  /**
   * Certifies a transport's key with the node's own.
   *
   * @param nodeKey Ed25519
   * @param transportPublicKeySpki SubjectPublicKeyInfo of an Ed25519 key, DER
   * @return the leaf for that key, then the node's self-signed certificate, DER
   * @throws IllegalArgumentException for bytes that are no SubjectPublicKeyInfo, or a node key that
   *     doesn't sign
   */
  public static List<byte[]> certify(KeyPair nodeKey, byte[] transportPublicKeySpki) {
    try {
      var transport = SubjectPublicKeyInfo.getInstance(transportPublicKeySpki);
      var node = SubjectPublicKeyInfo.getInstance(nodeKey.getPublic().getEncoded());
      var leaf =
          unsigned(TRANSPORT, transport)
              .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
              .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
              .addExtension(Extension.extendedKeyUsage, true, new ExtendedKeyUsage(PURPOSE));
      var root =
          unsigned(NODE, node)
              .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
              .addExtension(
                  Extension.keyUsage,
                  true,
                  new KeyUsage(KeyUsage.keyCertSign | KeyUsage.digitalSignature));
      return List.of(signed(leaf, nodeKey.getPrivate()), signed(root, nodeKey.getPrivate()));
    } catch (IOException | OperatorCreationException e) {
      throw new IllegalArgumentException("a key that can't be certified", e);
    }
  }

  private static X509v3CertificateBuilder unsigned(X500Name subject, SubjectPublicKeyInfo key)
      throws IOException {
    // positive, and with its top bit clear at most 20 bytes, as RFC 5280 wants it
    var serial =
        new BigInteger(1, Hash.sha256(key.getEncoded()).bytes())
            .shiftRight(256 - 152)
            .max(BigInteger.ONE);
    return new X509v3CertificateBuilder(NODE, serial, FROM, TO, subject, key);
  }

  private static byte[] signed(X509v3CertificateBuilder certificate, PrivateKey by)
      throws IOException, OperatorCreationException {
    return certificate.build(new JcaContentSignerBuilder("Ed25519").build(by)).getEncoded();
  }
}
