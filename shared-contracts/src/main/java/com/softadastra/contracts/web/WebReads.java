package com.softadastra.contracts.web;

import reactor.core.publisher.Flux;

/** The edge as the runtime sees it: what it has is read over HTTP at the runtime's port too. */
public interface WebReads {
  /** The largest head of an answer, as HTTP/1.1 writes it. */
  int LARGEST_HEAD_BYTES = 18 << 10;

  /**
   * Answers a request, for each subscription anew. The head comes first, then its content in
   * pieces, pulled as the client takes them, as many bytes as the head says; for HEAD none.
   *
   * <p>It may fail with {@link com.softadastra.contracts.Refused} where there is no answer, before
   * the head, and where an answer can't be finished, after it; a mistake of the edge's own is such
   * a refusal, too. However it fails then, what has come is a part of no use, which must not look
   * whole.
   *
   * @param request with GET or HEAD; without the token of the service that it came to
   */
  Flux<ResponsePart> read(WebRequest request);
}
