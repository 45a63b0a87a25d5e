package com.softadastra.system;

import static com.softadastra.system.TestNode.SOON;
import static org.awaitility.Awaitility.await;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.Reply;
import com.softadastra.contracts.mail.MailLinks;
import com.softadastra.contracts.peering.InvitationIssued;
import com.softadastra.contracts.peering.InvitationRequest;
import com.softadastra.contracts.peering.MemberChange;
import com.softadastra.contracts.peering.MemberView;
import com.softadastra.contracts.peering.NodeInfo;
import com.softadastra.contracts.peering.PeerLinks;
import com.softadastra.contracts.peering.PeerView;
import com.softadastra.contracts.peering.Peering;
import com.softadastra.engine.cbor.CborReader;
import com.softadastra.engine.cbor.CborWriter;
import com.softadastra.engine.log.Signatures;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.SignedRecord;
import com.softadastra.gateway.mesh.rsocket.MeshConfiguration;
import com.softadastra.sync.identity.NodeCertificates;
import com.softadastra.sync.identity.NodeKeys;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.core.env.MapPropertySource;
import reactor.core.publisher.Flux;

/**
 * A node made of a real gateway and, instead of a sync engine, the test: it has a key, pairs as
 * other nodes do, and then says whatever it is told to.
 */
public final class StrangePeer implements AutoCloseable {
  private static final int TEXT_BYTES = 1024;
  private static final int MANY = 64;

  private final NodeKey key = new NodeKey(random(NodeKey.SEED_BYTES));
  private final Replica replica =
      new Replica(key.nodeId(), Incarnation.of(random(Incarnation.BYTES)));
  private final AnnotationConfigApplicationContext gateway =
      new AnnotationConfigApplicationContext();

  /**
   * @param meshPort where other nodes can call it
   */
  public StrangePeer(int meshPort) {
    gateway
        .getEnvironment()
        .getPropertySources()
        .addFirst(new MapPropertySource("test", Map.of("softadastra.mesh.port", meshPort)));
    gateway.registerBean(MeterRegistry.class, SimpleMeterRegistry::new);
    gateway.registerBean(Peering.class, () -> new Engine(key));
    gateway.register(MeshConfiguration.class);
    gateway.refresh();
    var health = gateway.getBean(HealthIndicator.class);
    await("its key is certified")
        .atMost(SOON)
        .until(() -> health.health().getStatus().equals(Status.UP));
  }

  public NodeId id() {
    return key.nodeId();
  }

  NodeKey key() {
    return key;
  }

  Replica replica() {
    return replica;
  }

  PeerLinks links() {
    return gateway.getBean(PeerLinks.class);
  }

  public MailLinks mailLinks() {
    return gateway.getBean(MailLinks.class);
  }

  /**
   * Accepts an invitation, message by message as the protocol has it.
   *
   * @return the membership of the invitation's one space
   */
  public Membership join(String invitation) {
    var in = new CborReader(Base64.getUrlDecoder().decode(invitation.substring("sa1".length())));
    in.array(7, 7);
    in.unsigned();
    var inviter = new NodeId(Hash.of(in.bytesExactly(Hash.BYTES)));
    var addresses = texts(in);
    String id = in.text(TEXT_BYTES);
    byte[] secret = in.bytesExactly(16);
    var request =
        new CborWriter(256)
            .array(6)
            .unsigned(1)
            .text(id)
            .bytes(proof(secret, inviter))
            .bytes(key.publicKey())
            .text("strange")
            .array(1)
            .text(links().addresses().getFirst());
    var answer = new CborReader(links().pair(inviter, addresses, request.toByteArray()));
    answer.array(5, 5);
    answer.unsigned();
    answer.unsigned(0);
    answer.text(TEXT_BYTES);
    texts(answer);
    answer.array(1, 1);
    answer.array(2, 2);
    answer.text(TEXT_BYTES);
    int count = answer.array(1, MANY);
    var records = new ArrayList<SignedRecord>();
    for (int i = 0; i < count; i++) {
      answer.array(2, 2);
      records.add(new SignedRecord(answer.bytes(8192), answer.bytesExactly(Signatures.BYTES)));
    }
    answer.end();
    return new Membership(records);
  }

  private byte[] proof(byte[] secret, NodeId inviter) {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret, "HmacSHA256"));
      mac.update("softadastra.pairing.1".getBytes(StandardCharsets.US_ASCII));
      mac.update(inviter.hash().bytes());
      mac.update(id().hash().bytes());
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<String> texts(CborReader in) {
    int count = in.array(0, MANY);
    var texts = new ArrayList<String>();
    for (int i = 0; i < count; i++) {
      texts.add(in.text(TEXT_BYTES));
    }
    return texts;
  }

  static byte[] random(int bytes) {
    var drawn = new byte[bytes];
    new SecureRandom().nextBytes(drawn);
    return drawn;
  }

  @Override
  public void close() {
    gateway.close();
  }

  /** Certifies the gateway's key; takes no calls. */
  private record Engine(NodeKey key) implements Peering {
    @Override
    public List<byte[]> certify(byte[] publicKey) {
      return NodeCertificates.certify(NodeKeys.pair(key), publicKey);
    }

    @Override
    public Flux<byte[]> accept(NodeId peer, Flux<byte[]> frames) {
      return Flux.error(new Refused(ProblemCode.PEER_UNREACHABLE, "it calls by itself"));
    }

    @Override
    public NodeInfo node() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Reply<InvitationIssued> invite(InvitationRequest request) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Reply<PeerView> join(String invitation, @Nullable String as) {
      throw new UnsupportedOperationException();
    }

    @Override
    public byte[] acceptPairing(NodeId joiner, byte[] request) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<PeerView> peers() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Reply<PeerView> switchLink(NodeId peer, boolean on) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Reply<List<MemberView>> members(String space) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Reply<MemberView> changeMember(String space, NodeId node, MemberChange change) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Reply<MemberView> retireMember(String space, NodeId node) {
      throw new UnsupportedOperationException();
    }
  }
}
