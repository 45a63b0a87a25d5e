package com.softadastra.sync.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.peering.PeerCertificates;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Test;

/** What {@link NodeCertificates} makes and what {@link PeerCertificates} lets through. */
class NodeCertificatesTest {
  private static final KeyPurposeId TRANSPORT =
      KeyPurposeId.getInstance(new ASN1ObjectIdentifier(PeerCertificates.TRANSPORT_PURPOSE));

  private final KeyPair node = key("Ed25519");
  private final KeyPair transport = key("Ed25519");
  private final X509Certificate leaf = made(node, transport).getFirst();
  private final X509Certificate root = made(node, transport).getLast();

  @Test
  void madeChainNamesTheNode() throws CertificateException {
    var encoded = node.getPublic().getEncoded();
    var raw = Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length);

    assertThat(PeerCertificates.nodeOf(leaf, root)).isEqualTo(new NodeId(Hash.sha256(raw)));
    assertThat(leaf.getPublicKey()).isEqualTo(transport.getPublic());
  }

  @Test
  void sameKeysGiveTheSameBytes() {
    var once = NodeCertificates.certify(node, transport.getPublic().getEncoded());
    var again = NodeCertificates.certify(node, transport.getPublic().getEncoded());

    assertThat(again.getFirst()).isEqualTo(once.getFirst());
    assertThat(again.getLast()).isEqualTo(once.getLast());
  }

  @Test
  void whatIsNoKeyIsNotCertified() {
    assertThatThrownBy(() -> NodeCertificates.certify(node, new byte[] {1, 2, 3}))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void chainIsExactlyTwo() {
    assertRefused("two certificates");
    assertRefused("two certificates", root);
    assertRefused("two certificates", leaf, root, root);
    assertRefused("not made for the transport", root, root);
    assertRefused("not signed by itself", root, leaf);
  }

  @Test
  void rootSignsItself() {
    var other = key("Ed25519");
    assertRefused("not signed by itself", leaf, certificate(root(), node, other, "Ed25519"));
  }

  @Test
  void leafIsSignedByTheRoot() {
    var other = made(key("Ed25519"), transport);

    assertRefused("not signed by the root", leaf, other.getLast());
    assertRefused("not signed by the root", other.getFirst(), root);
  }

  @Test
  void changedCertificateIsRefused() throws Exception {
    var bytes = leaf.getEncoded();
    bytes[bytes.length - 1] ^= 1;

    assertRefused("not signed by the root", parsed(bytes), root);
  }

  @Test
  void rootIsEd25519() {
    var rsa = key("RSA");
    assertRefused(
        "not Ed25519",
        certificate(leaf(), transport, rsa, "SHA256withRSA"),
        certificate(root(), rsa, rsa, "SHA256withRSA"));
    var otherCurve = key("Ed448");
    assertRefused(
        "not Ed25519",
        certificate(leaf(), transport, otherCurve, "Ed448"),
        certificate(root(), otherCurve, otherCurve, "Ed448"));
  }

  @Test
  void leafIsEd25519() {
    assertRefused("not Ed25519", certificate(leaf(), key("RSA"), node, "Ed25519"), root);
  }

  @Test
  void leafIsForTheTransportAlone() throws Exception {
    assertThat(PeerCertificates.nodeOf(certificate(leaf(), transport, node, "Ed25519"), root))
        .isNotNull();
    var webServer = leaf();
    webServer.purposes = new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth);
    var both = leaf();
    both.purposes =
        new ExtendedKeyUsage(new KeyPurposeId[] {TRANSPORT, KeyPurposeId.id_kp_serverAuth});
    var none = leaf();
    none.purposes = null;
    var authority = leaf();
    authority.constraints = new BasicConstraints(true);
    var signsCertificates = leaf();
    signsCertificates.usage = new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyCertSign);
    var signsNothing = leaf();
    signsNothing.usage = new KeyUsage(KeyUsage.keyAgreement);
    var more = leaf();
    more.another = true;
    var optional = leaf();
    optional.critical = false;

    for (var form :
        List.of(
            webServer, both, none, authority, signsCertificates, signsNothing, more, optional)) {
      assertRefused(
          "not made for the transport", certificate(form, transport, node, "Ed25519"), root);
    }
  }

  @Test
  void datesAndNamesMeanNothing() throws CertificateException {
    var expired = leaf();
    expired.to = Date.from(Instant.parse("2001-01-01T00:00:00Z"));
    expired.subject = new X500Name("CN=somebody else");
    var notYet = root();
    notYet.from = Date.from(Instant.parse("2999-01-01T00:00:00Z"));

    assertThat(
            PeerCertificates.nodeOf(
                certificate(expired, transport, node, "Ed25519"),
                certificate(notYet, node, node, "Ed25519")))
        .isEqualTo(PeerCertificates.nodeOf(node.getPublic()));
  }

  private static void assertRefused(String reason, X509Certificate... chain) {
    assertThatThrownBy(() -> PeerCertificates.nodeOf(chain))
        .isInstanceOf(CertificateException.class)
        .hasMessageContaining(reason);
  }

  /** A certificate to be made, as the rule wants it until a test changes it. */
  private static final class Form {
    X500Name subject = new X500Name("CN=test");
    Date from = Date.from(Instant.parse("2000-01-01T00:00:00Z"));
    Date to = Date.from(Instant.parse("9999-12-31T23:59:59Z"));
    BasicConstraints constraints = new BasicConstraints(false);
    KeyUsage usage = new KeyUsage(KeyUsage.digitalSignature);
    ExtendedKeyUsage purposes = new ExtendedKeyUsage(TRANSPORT);
    boolean critical = true;
    boolean another;
  }

  private static Form leaf() {
    return new Form();
  }

  private static Form root() {
    var form = new Form();
    form.constraints = new BasicConstraints(0);
    form.usage = new KeyUsage(KeyUsage.keyCertSign);
    form.purposes = null;
    return form;
  }

  private static X509Certificate certificate(Form form, KeyPair of, KeyPair by, String signature) {
    try {
      PublicKey key = of.getPublic();
      X509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
                  new X500Name("CN=issuer"), BigInteger.TWO, form.from, form.to, form.subject, key)
              .addExtension(Extension.basicConstraints, form.critical, form.constraints)
              .addExtension(Extension.keyUsage, form.critical, form.usage);
      if (form.purposes != null) {
        builder.addExtension(Extension.extendedKeyUsage, form.critical, form.purposes);
      }
      if (form.another) {
        builder.addExtension(
            new ASN1ObjectIdentifier("2.25.1"), true, new DERUTF8String("something new"));
      }
      return parsed(
          builder
              .build(new JcaContentSignerBuilder(signature).build(by.getPrivate()))
              .getEncoded());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static List<X509Certificate> made(KeyPair node, KeyPair transport) {
    return NodeCertificates.certify(node, transport.getPublic().getEncoded()).stream()
        .map(NodeCertificatesTest::parsed)
        .toList();
  }

  private static X509Certificate parsed(byte[] der) {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der));
    } catch (CertificateException e) {
      throw new AssertionError(e);
    }
  }

  private static KeyPair key(String algorithm) {
    try {
      return KeyPairGenerator.getInstance(algorithm).generateKeyPair();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
