package com.softadastra.contracts.suite;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Reply;
import com.softadastra.contracts.peering.InvitationIssued;
import com.softadastra.contracts.peering.InvitationRequest;
import com.softadastra.contracts.peering.MemberChange;
import com.softadastra.contracts.peering.MemberView;
import com.softadastra.contracts.peering.NodeInfo;
import com.softadastra.contracts.peering.PeerView;
import com.softadastra.contracts.peering.Peering;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/**
 * A sync engine that answers the gateway what it is told to. A channel answers only when all frames
 * of the peer have come.
 */
public final class RecordingPeering extends Recording implements Peering {
  @Override
  public NodeInfo node() {
    return answer("node");
  }

  @Override
  public List<byte[]> certify(byte[] publicKey) {
    return answer("certify", publicKey);
  }

  @Override
  public Reply<InvitationIssued> invite(InvitationRequest request) {
    return answer("invite", request);
  }

  @Override
  public Reply<PeerView> join(String invitation, @Nullable String as) {
    return answer("join", invitation, as);
  }

  @Override
  public byte[] acceptPairing(NodeId joiner, byte[] request) {
    return answer("acceptPairing", joiner, request);
  }

  @Override
  public List<PeerView> peers() {
    return answer("peers");
  }

  @Override
  public Reply<PeerView> switchLink(NodeId peer, boolean on) {
    return answer("switchLink", peer, on);
  }

  @Override
  public Reply<List<MemberView>> members(String space) {
    return answer("members", space);
  }

  @Override
  public Reply<MemberView> changeMember(String space, NodeId node, MemberChange change) {
    return answer("changeMember", space, node, change);
  }

  @Override
  public Reply<MemberView> retireMember(String space, NodeId node) {
    return answer("retireMember", space, node);
  }

  @Override
  public Flux<byte[]> accept(NodeId peer, Flux<byte[]> frames) {
    return frames.collectList().flatMapMany(all -> this.<Flux<byte[]>>answer("accept", peer, all));
  }
}
