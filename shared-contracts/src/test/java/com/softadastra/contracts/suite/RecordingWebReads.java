package com.softadastra.contracts.suite;

import com.softadastra.contracts.web.ResponsePart;
import com.softadastra.contracts.web.WebReads;
import com.softadastra.contracts.web.WebRequest;
import reactor.core.publisher.Flux;

/** An edge that answers reads as it is told to. */
public final class RecordingWebReads extends Recording implements WebReads {
  @Override
  public Flux<ResponsePart> read(WebRequest request) {
    return answer("read", request);
  }
}
