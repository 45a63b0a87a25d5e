package com.softadastra.contracts.mail;

import com.softadastra.contracts.NodeId;
import reactor.core.publisher.Flux;

/**
 * The edge as the gateway sees it: it keeps what members of spaces send each other, and can read
 * none of it. The same threads and errors as {@link com.softadastra.contracts.documents.Documents}.
 */
public interface Mailboxes {
  /**
   * A node that TLS has identified brings mail and fetches its own.
   *
   * @param frames of the node, one CBOR array each; so is what is answered
   */
  Flux<byte[]> accept(NodeId member, Flux<byte[]> frames);
}
