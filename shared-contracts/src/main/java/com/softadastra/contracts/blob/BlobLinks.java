package com.softadastra.contracts.blob;

import com.softadastra.contracts.NodeId;
import java.util.List;
import reactor.core.publisher.Flux;

/** The gateway as the edge sees it: how other nodes' blobs are reached. */
public interface BlobLinks {
  /**
   * Opens a channel to a peer's blobs; as {@link
   * com.softadastra.contracts.peering.PeerLinks#connect} else.
   *
   * @param frames what to send, pulled as the peer has room
   */
  Flux<byte[]> fetch(NodeId peer, List<String> addresses, Flux<byte[]> frames);
}
