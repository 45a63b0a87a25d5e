package com.softadastra.contracts.peering;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Reply;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/**
 * The sync engine as the gateway sees it: it holds the node's key and knows its peers; the gateway
 * carries bytes and proves to each side who the other is. The same threads and errors as {@link
 * com.softadastra.contracts.documents.Documents}.
 */
public interface Peering {
  NodeInfo node();

  /**
   * Certifies a key that the gateway made for TLS, with the node's own key.
   *
   * @param publicKey the X.509 SubjectPublicKeyInfo of the gateway's key, DER
   * @return the certificate chain, DER: the leaf for that key, then the node's self-signed
   *     certificate
   */
  List<byte[]> certify(byte[] publicKey);

  Reply<InvitationIssued> invite(InvitationRequest request);

  /**
   * Accepts an invitation: pairs with its issuer over the gateway, joins its spaces and starts to
   * sync.
   */
  Reply<PeerView> join(String invitation, @Nullable String as);

  /**
   * A node that TLS has identified asks to be paired; bytes as {@link PeerLinks#pair} carries them.
   * What is refused is told inside the answer.
   */
  byte[] acceptPairing(NodeId joiner, byte[] request);

  List<PeerView> peers();

  Reply<PeerView> switchLink(NodeId peer, boolean on);

  Reply<List<MemberView>> members(String space);

  /**
   * Changes what a member is, by a signed grant; this node must be an admin of the space.
   *
   * @return the member as it is then
   */
  Reply<MemberView> changeMember(String space, NodeId node, MemberChange change);

  /**
   * Retires a member, on which nobody counts then, or dismisses a relay; where it was already,
   * nothing changes. A role that is given to it later makes it what it was again.
   *
   * @return the member or the relay as it is then
   */
  Reply<MemberView> retireMember(String space, NodeId node);

  /**
   * A peer that TLS has identified opened a channel.
   *
   * @param frames what the peer sends
   * @return what to send to the peer; an error refuses it or ends the channel
   */
  Flux<byte[]> accept(NodeId peer, Flux<byte[]> frames);
}
