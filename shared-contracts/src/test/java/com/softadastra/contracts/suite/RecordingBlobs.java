package com.softadastra.contracts.suite;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.blob.Blobs;
import reactor.core.publisher.Flux;

/** Blobs that answer what they are told to, once all frames have come. */
public final class RecordingBlobs extends Recording implements Blobs {
  @Override
  public Flux<byte[]> serve(NodeId peer, Flux<byte[]> frames) {
    return frames.collectList().flatMapMany(all -> this.<Flux<byte[]>>answer("serve", peer, all));
  }
}
