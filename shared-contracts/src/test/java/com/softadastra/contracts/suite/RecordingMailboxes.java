package com.softadastra.contracts.suite;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.mail.Mailboxes;
import reactor.core.publisher.Flux;

/** An edge that answers what it is told to, once all frames have come. */
public final class RecordingMailboxes extends Recording implements Mailboxes {
  @Override
  public Flux<byte[]> accept(NodeId member, Flux<byte[]> frames) {
    return frames
        .collectList()
        .flatMapMany(all -> this.<Flux<byte[]>>answer("accept", member, all));
  }
}
