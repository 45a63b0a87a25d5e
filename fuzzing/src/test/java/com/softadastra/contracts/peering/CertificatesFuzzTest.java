package com.softadastra.contracts.peering;

import static com.softadastra.fuzz.Bytes.hold;

import com.softadastra.contracts.NodeId;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.fuzz.Fuzzing;
import com.softadastra.fuzz.Mutator.Form;
import com.softadastra.fuzz.Target;
import com.softadastra.sync.identity.NodeCertificates;
import com.softadastra.sync.identity.NodeKeys;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.security.KeyPair;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class CertificatesFuzzTest {
  private static final NodeKey NODE = new NodeKey(new byte[NodeKey.SEED_BYTES]);
  private static final KeyPair TRANSPORT = NodeKeys.pair(new NodeKey(filled(1)));

  @TestFactory
  Stream<DynamicTest> decoders() {
    byte[] key = TRANSPORT.getPublic().getEncoded();
    return Fuzzing.of(
        Target.of(
                "certificate-chain", Form.BYTES, List.of(chain(key)), CertificatesFuzzTest::nodeOf)
            .refusingWith(CertificateException.class)
            .upTo(16 << 10)
            .allocating(1 << 20, 64)
            .checking((node, _) -> hold(node.equals(NODE.nodeId()), "named as another node")),
        Target.of(
                "transport-key",
                Form.BYTES,
                List.of(key),
                input -> NodeCertificates.certify(NodeKeys.pair(NODE), input))
            .refusingWith(IllegalArgumentException.class)
            .upTo(16 << 10)
            .allocating(1 << 20, 64));
  }

  /** A chain as a peer shows it: certificates one after the other, each behind its length. */
  private static byte[] chain(byte[] key) {
    var out = ByteBuffer.allocate(4096);
    NodeCertificates.certify(NodeKeys.pair(NODE), key)
        .forEach(certificate -> out.putShort((short) certificate.length).put(certificate));
    return java.util.Arrays.copyOf(out.array(), out.position());
  }

  private static NodeId nodeOf(byte[] input) throws CertificateException {
    var in = ByteBuffer.wrap(input);
    var factory = CertificateFactory.getInstance("X.509");
    var chain = new ArrayList<Certificate>();
    while (in.remaining() > 2 && chain.size() < 4) {
      byte[] der = new byte[Math.min(in.getShort() & 0xffff, in.remaining())];
      in.get(der);
      try {
        chain.add(factory.generateCertificate(new ByteArrayInputStream(der)));
      } catch (RuntimeException e) {
        // the platform's own reading, which TLS does before anything of ours is asked
        throw new CertificateException(e);
      }
    }
    return PeerCertificates.nodeOf(chain.toArray(Certificate[]::new));
  }

  private static byte[] filled(int with) {
    byte[] seed = new byte[NodeKey.SEED_BYTES];
    java.util.Arrays.fill(seed, (byte) with);
    return seed;
  }
}
