package com.softadastra.contracts.suite;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.peering.Bundles;
import com.softadastra.contracts.peering.EnvelopeTaken;
import reactor.core.publisher.Flux;

/** A sync engine that answers what it is told to, once all pieces have come. */
public final class RecordingBundles extends Recording implements Bundles {
  @Override
  public Flux<byte[]> export(NodeId to, boolean all) {
    return answer("export", to, all);
  }

  @Override
  public Flux<EnvelopeTaken> take(Flux<byte[]> bundle) {
    return bundle.collectList().flatMapMany(all -> this.<Flux<EnvelopeTaken>>answer("take", all));
  }
}
