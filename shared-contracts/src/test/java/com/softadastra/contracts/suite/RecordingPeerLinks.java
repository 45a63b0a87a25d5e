package com.softadastra.contracts.suite;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.peering.PeerLinks;
import java.util.List;
import reactor.core.publisher.Flux;

/**
 * A gateway that answers what it is told to. A channel answers only when all frames have been sent.
 */
public final class RecordingPeerLinks extends Recording implements PeerLinks {
  @Override
  public List<String> addresses() {
    return answer("addresses");
  }

  @Override
  public Flux<byte[]> connect(NodeId peer, List<String> addresses, Flux<byte[]> frames) {
    return frames
        .collectList()
        .flatMapMany(all -> this.<Flux<byte[]>>answer("connect", peer, addresses, all));
  }

  @Override
  public byte[] pair(NodeId inviter, List<String> addresses, byte[] request) {
    return answer("pair", inviter, addresses, request);
  }
}
