package com.softadastra.edge.cache;

import com.softadastra.edge.origin.OriginClient;
import com.softadastra.edge.policy.CacheControl;
import com.softadastra.edge.policy.Headers;
import com.softadastra.edge.policy.RequestHead;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * A request to a named origin.
 *
 * @param target path and query below the origin's URL
 * @param headers as they may go on to the origin
 * @param body null where there is none
 * @param length of the body, or -1
 */
public record ClientRequest(
    OriginClient origin,
    String method,
    String target,
    Headers headers,
    @Nullable InputStream body,
    long length) {
  ClientRequest withBody(byte[] bytes) {
    return new ClientRequest(
        origin, method, target, headers, new ByteArrayInputStream(bytes), bytes.length);
  }

  /** What its answers are stored under. An origin at another URL is another one. */
  String key() {
    return origin.origin().url() + target;
  }

  RequestHead head() {
    return new RequestHead(method, headers, CacheControl.ofRequest(headers));
  }
}
