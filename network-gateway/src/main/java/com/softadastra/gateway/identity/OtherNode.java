package com.softadastra.gateway.identity;

import com.softadastra.contracts.NodeId;
import java.security.cert.CertificateException;

/** A node answered that is not the one that was called. */
public final class OtherNode extends CertificateException {
  private static final long serialVersionUID = 1;

  OtherNode(NodeId expected, NodeId found) {
    super("answers with another key: expected " + expected + ", found " + found);
  }
}
