package com.softadastra.contracts.peering;

import com.softadastra.contracts.NodeId;
import reactor.core.publisher.Flux;

/**
 * Sync without a network, by files that anything may carry: each is sealed to one node, and nobody
 * else can read it. The same threads and errors as {@link
 * com.softadastra.contracts.documents.Documents}.
 */
public interface Bundles {
  /**
   * What a node lacks of the spaces that both are members of, as far as is known here, with what is
   * known of what members have. It is made as it is read; an error ends it where there is no such
   * space.
   */
  Flux<byte[]> export(NodeId to);

  /**
   * Takes in a file that another node made for this one; tells what came of each envelope as soon
   * as that is forced. Taking it in again changes nothing. An error ends it where the file is
   * damaged, cut off or for another node; what came before stays.
   *
   * @param bundle the file in pieces
   */
  Flux<EnvelopeTaken> take(Flux<byte[]> bundle);
}
