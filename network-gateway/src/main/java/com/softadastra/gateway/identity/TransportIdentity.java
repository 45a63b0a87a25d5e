package com.softadastra.gateway.identity;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.peering.PeerCertificates;
import com.softadastra.contracts.peering.Peering;
import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * What this gateway shows in TLS: a key that lives in its memory only, certified by the node's own
 * key, which never leaves the sync engine.
 *
 * @param chain leaf, then the node's self-signed certificate
 */
public record TransportIdentity(NodeId node, PrivateKey key, List<X509Certificate> chain) {
  public TransportIdentity {
    chain = List.copyOf(chain);
  }

  /**
   * Makes a key and has it certified.
   *
   * @throws com.softadastra.contracts.LayerUnreachable where the sync engine doesn't answer
   * @throws GeneralSecurityException where its answer is not a chain for this key
   */
  public static TransportIdentity certifiedBy(Peering peering) throws GeneralSecurityException {
    var pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    var factory = CertificateFactory.getInstance("X.509");
    var chain =
        peering.certify(pair.getPublic().getEncoded()).stream()
            .map(der -> certificate(factory, der))
            .toArray(X509Certificate[]::new);
    var node = PeerCertificates.nodeOf(chain);
    if (!chain[0].getPublicKey().equals(pair.getPublic())) {
      throw new CertificateException("another key was certified than the one that was sent");
    }
    return new TransportIdentity(node, pair.getPrivate(), List.of(chain));
  }

  private static X509Certificate certificate(CertificateFactory factory, byte[] der) {
    try {
      return (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der));
    } catch (CertificateException e) {
      throw new IllegalStateException("the sync engine answered with no certificate", e);
    }
  }
}
