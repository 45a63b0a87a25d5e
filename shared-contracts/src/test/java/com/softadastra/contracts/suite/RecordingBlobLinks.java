package com.softadastra.contracts.suite;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.blob.BlobLinks;
import java.util.List;
import reactor.core.publisher.Flux;

/** Links that answer what they are told to, once all frames have come. */
public final class RecordingBlobLinks extends Recording implements BlobLinks {
  @Override
  public Flux<byte[]> fetch(NodeId peer, List<String> addresses, Flux<byte[]> frames) {
    return frames
        .collectList()
        .flatMapMany(all -> this.<Flux<byte[]>>answer("fetch", peer, addresses, all));
  }
}
