package com.softadastra.contracts.blob;

import com.softadastra.contracts.NodeId;
import reactor.core.publisher.Flux;

/**
 * The edge as the gateway sees it: it has blobs that other nodes may fetch. The same threads and
 * errors as {@link com.softadastra.contracts.documents.Documents}.
 */
public interface Blobs {
  /**
   * A node that TLS has identified asks for a blob.
   *
   * @param frames of the node, one CBOR array each; so is what is answered
   */
  Flux<byte[]> serve(NodeId peer, Flux<byte[]> frames);
}
