package com.softadastra.gateway.identity;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.peering.PeerCertificates;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Lets through whoever {@link PeerCertificates} can name; host names are not looked at, because the
 * key is the identity. Who that node may talk to is for the sync engine to say.
 */
final class TransportTrust extends X509ExtendedTrustManager {
  private final Optional<NodeId> expected;

  /**
   * @param expected the only node to let through; any where empty
   */
  TransportTrust(Optional<NodeId> expected) {
    this.expected = expected;
  }

  private void check(X509Certificate[] chain) throws CertificateException {
    var found = PeerCertificates.nodeOf(chain);
    if (expected.isPresent() && !expected.get().equals(found)) {
      throw new OtherNode(expected.get(), found);
    }
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    check(chain);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
