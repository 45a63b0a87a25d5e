package com.softadastra.edge.policy;

/**
 * A request as the cache judges it: without fields that concern one connection alone.
 *
 * @param control the directives in the headers
 */
public record RequestHead(String method, Headers headers, CacheControl control) {
  public static RequestHead of(String method, Headers headers) {
    return new RequestHead(method, headers, CacheControl.ofRequest(headers));
  }
}
