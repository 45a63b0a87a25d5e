package com.softadastra.contracts.peering;

import com.softadastra.contracts.NodeId;
import reactor.core.publisher.Flux;

/**
 * Sync without a network, by files that anything may carry: each is sealed to one node, and nobody
 * else can read it. The same threads and errors as {@link
 * com.softadastra.contracts.documents.Documents}.
 */
public interface Bundles {
  /** How a file ends, in four bytes, the most significant first: it is whole. */
  int END = 0;

  /**
   * How a file ends that is whole but for what its maker can't read from its disk at the moment,
   * and what follows on that.
   */
  int END_LACKING = -1;

  /**
   * What a node lacks of the spaces that both are members of, as far as is known here, with what is
   * known of what members have. It is made as it is read; an error ends it where there is no such
   * space, and without one of the ends above wherever it can't go on.
   *
   * @param all not what it lacks but everything: what a node says to have are numbers, and of two
   *     that have gone on otherwise, as one does whose storage was restored, each takes the other
   *     to have its own
   */
  Flux<byte[]> export(NodeId to, boolean all);

  /**
   * Takes in a file that another node made for this one; tells what came of each envelope as soon
   * as that is forced. Taking it in again changes nothing. An error ends it where the file is
   * damaged, cut off or for another node; what came before stays.
   *
   * @param bundle the file in pieces
   */
  Flux<EnvelopeTaken> take(Flux<byte[]> bundle);
}
