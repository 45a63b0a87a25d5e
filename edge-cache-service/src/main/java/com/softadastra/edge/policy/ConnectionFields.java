package com.softadastra.edge.policy;

import java.util.Set;

/** Fields that concern one connection and go no further (RFC 9110, 7.6.1). */
public final class ConnectionFields {
  private static final Set<String> OF_ONE_CONNECTION =
      Set.of(
          "connection",
          "http2-settings",
          "keep-alive",
          "proxy-authenticate",
          "proxy-authentication-info",
          "proxy-authorization",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  /**
   * What a client could say to make an origin answer otherwise than the key of the stored response
   * tells, so that others are served what was made for it; and what is said anew.
   */
  private static final Set<String> NOT_OF_THE_CLIENT =
      Set.of(
          "content-length",
          "expect",
          "forwarded",
          "host",
          "x-http-method",
          "x-http-method-override",
          "x-method-override",
          "x-original-host",
          "x-original-url",
          "x-real-ip",
          "x-rewrite-url");

  private static final Set<String> FOR_ALL = Set.of("cache-control", "set-cookie", "vary");

  private ConnectionFields() {}

  public static Headers without(Headers message) {
    var named = message.names("Connection");
    // who names these has made a mistake, which must not make a private answer public
    named.removeAll(FOR_ALL);
    return message.without(name -> OF_ONE_CONNECTION.contains(name) || named.contains(name));
  }

  /** A client's request as it may go on to an origin. */
  public static Headers ofRequest(Headers request) {
    return without(request)
        .without(name -> NOT_OF_THE_CLIENT.contains(name) || name.startsWith("x-forwarded-"));
  }
}
