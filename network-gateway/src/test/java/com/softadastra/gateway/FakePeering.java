package com.softadastra.gateway;

import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Reply;
import com.softadastra.contracts.peering.InvitationIssued;
import com.softadastra.contracts.peering.InvitationRequest;
import com.softadastra.contracts.peering.MemberChange;
import com.softadastra.contracts.peering.MemberView;
import com.softadastra.contracts.peering.NodeInfo;
import com.softadastra.contracts.peering.PeerCertificates;
import com.softadastra.contracts.peering.PeerView;
import com.softadastra.contracts.peering.Peering;
import com.softadastra.sync.identity.NodeCertificates;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/** A sync engine with a key of its own that does what a test tells it to. */
public final class FakePeering implements Peering {
  private final KeyPair key;

  public volatile BiFunction<NodeId, Flux<byte[]>, Flux<byte[]>> onSession = (_, frames) -> frames;
  public volatile BiFunction<NodeId, byte[], byte[]> onPairing = (_, request) -> request;
  public volatile Function<InvitationRequest, Reply<InvitationIssued>> onInvite =
      _ -> Reply.of(new InvitationIssued("sa1test"));
  public volatile BiFunction<String, @Nullable String, Reply<PeerView>> onJoin =
      (_, _) -> refused(ProblemCode.INVITATION_INVALID);
  public volatile BiFunction<NodeId, Boolean, Reply<PeerView>> onSwitch =
      (_, _) -> refused(ProblemCode.PEER_UNKNOWN);
  public volatile BiFunction<String, MemberChange, Reply<MemberView>> onChange =
      (member, change) -> {
        throw new IllegalStateException("not asked for: " + member + " " + change);
      };
  public volatile BiFunction<String, NodeId, Reply<MemberView>> onRetirement =
      (_, _) -> refused(ProblemCode.NOT_ALLOWED);
  public volatile Function<String, Reply<List<MemberView>>> onMembers =
      _ -> refused(ProblemCode.SPACE_UNKNOWN);
  public final List<PeerView> peers = new ArrayList<>();

  public FakePeering() {
    try {
      key = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  public NodeId id() {
    try {
      return PeerCertificates.nodeOf(key.getPublic());
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static <T> Reply<T> refused(ProblemCode code) {
    return Reply.refused(Problem.of(code, code.title()));
  }

  @Override
  public NodeInfo node() {
    return new NodeInfo(
        id(),
        "test",
        Incarnation.of(new byte[Incarnation.BYTES]),
        List.of("127.0.0.1:7600"),
        "0.1.0",
        Instant.parse("2026-11-22T10:00:00Z"));
  }

  @Override
  public List<byte[]> certify(byte[] publicKey) {
    return NodeCertificates.certify(key, publicKey);
  }

  @Override
  public Reply<InvitationIssued> invite(InvitationRequest request) {
    return onInvite.apply(request);
  }

  @Override
  public Reply<PeerView> join(String invitation, @Nullable String as) {
    return onJoin.apply(invitation, as);
  }

  @Override
  public byte[] acceptPairing(NodeId joiner, byte[] request) {
    return onPairing.apply(joiner, request);
  }

  @Override
  public List<PeerView> peers() {
    return List.copyOf(peers);
  }

  @Override
  public Reply<PeerView> switchLink(NodeId peer, boolean on) {
    return onSwitch.apply(peer, on);
  }

  @Override
  public Reply<List<MemberView>> members(String space) {
    return onMembers.apply(space);
  }

  @Override
  public Reply<MemberView> changeMember(String space, NodeId node, MemberChange change) {
    return onChange.apply(space + " " + node, change);
  }

  @Override
  public Reply<MemberView> retireMember(String space, NodeId node) {
    return onRetirement.apply(space, node);
  }

  @Override
  public Flux<byte[]> accept(NodeId peer, Flux<byte[]> frames) {
    return onSession.apply(peer, frames);
  }
}
