package com.softadastra.contracts.peering;

import com.softadastra.contracts.NodeId;
import java.util.List;
import reactor.core.publisher.Flux;

/**
 * The gateway as the sync engine sees it. A peer is reached only where TLS 1.3 proves that it holds
 * the key of that {@link NodeId}; addresses are tried in order.
 */
public interface PeerLinks {
  /** Where other nodes can reach this gateway, as {@code host:port}. */
  List<String> addresses();

  /**
   * Opens a channel to a peer and carries frames both ways until either side ends it. It fails with
   * an error signal where no address answers; cancelling closes the channel. Frames arrive whole,
   * in order, at most once. A connection that has died without a word ends with an error too, after
   * a bounded time: the engine sends nothing to find out.
   *
   * @param frames what to send, pulled as the peer has room
   */
  Flux<byte[]> connect(NodeId peer, List<String> addresses, Flux<byte[]> frames);

  /**
   * Asks a node for pairing; one request, one answer.
   *
   * @throws PeerUnreachable where no address answers as that node
   */
  byte[] pair(NodeId inviter, List<String> addresses, byte[] request);
}
