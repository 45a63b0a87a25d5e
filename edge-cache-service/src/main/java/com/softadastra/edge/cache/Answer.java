package com.softadastra.edge.cache;

import com.softadastra.edge.policy.CacheStatus;
import com.softadastra.edge.policy.Headers;
import com.softadastra.edge.store.Body;

/**
 * What a request is answered with. Whoever has it closes it.
 *
 * @param headers of the message itself, without its framing
 * @param body from whose bytes {@code from} to {@code to} are sent
 * @param length of what is sent, or -1
 */
public record Answer(
    int status,
    Headers headers,
    Body body,
    long from,
    long to,
    long length,
    CacheStatus cacheStatus)
    implements AutoCloseable {
  static Answer whole(int status, Headers headers, Body body, CacheStatus cacheStatus) {
    return new Answer(status, headers, body, 0, Long.MAX_VALUE, body.length(), cacheStatus);
  }

  static Answer empty(int status, Headers headers, CacheStatus cacheStatus) {
    return whole(status, headers, Body.EMPTY, cacheStatus);
  }

  @Override
  public void close() {
    body.close();
  }
}
