package com.softadastra.contracts.suite;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.mail.MailLinks;
import java.util.List;
import reactor.core.publisher.Flux;

/** Links that answer what they are told to, once all frames have come. */
public final class RecordingMailLinks extends Recording implements MailLinks {
  @Override
  public Flux<byte[]> mail(NodeId relay, List<String> addresses, Flux<byte[]> frames) {
    return frames
        .collectList()
        .flatMapMany(all -> this.<Flux<byte[]>>answer("mail", relay, addresses, all));
  }
}
