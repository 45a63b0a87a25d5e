package com.softadastra.edge.policy;

import java.util.Set;

/** Whether a response may be stored, and which of its fields (RFC 9111, 3). */
public enum Storability {
  /** It may. */
  YES,
  /** Only responses to GET are kept. */
  OTHER_METHOD,
  /** A status that says of a part, of nothing, or that must be understood and isn't. */
  STATUS,
  /** The request or the response says {@code no-store}. */
  NO_STORE,
  /** It is for one user. */
  PRIVATE,
  /** It answers a request with {@code Authorization}, and doesn't say that it is for all (3.5). */
  AUTHORIZATION,
  /** It sets a cookie, which is for one user (7.3). */
  COOKIE,
  /** It says {@code Vary: *}, so no later request is known to want the same (4.1). */
  VARIES,
  /** Nothing says that it may be. */
  NOT_TOLD,
  /** It may not be used without being validated, and has nothing to validate it by. */
  NO_VALIDATOR;

  /** Statuses whose caching rules are known here (5.2.2.3). */
  private static final Set<Integer> UNDERSTOOD =
      Set.of(200, 203, 204, 300, 301, 302, 303, 307, 308, 404, 405, 410, 414, 501);

  public static Storability of(RequestHead request, ResponseHead response) {
    var control = response.control();
    boolean mustUnderstand = control.has("must-understand");
    boolean understood = UNDERSTOOD.contains(response.status());
    if (!request.method().equals("GET")) {
      return OTHER_METHOD;
    }
    if (response.status() < 200
        || response.status() == 206
        || response.status() == 304
        || (mustUnderstand && !understood)) {
      return STATUS;
    }
    if (request.control().has("no-store") || (control.has("no-store") && !mustUnderstand)) {
      return NO_STORE;
    }
    if (control.hasUnqualified("private")) {
      return PRIVATE;
    }
    if (request.headers().has("Authorization") && !isForAll(control)) {
      return AUTHORIZATION;
    }
    if (kept(response).has("Set-Cookie")) {
      return COOKIE;
    }
    if (response.headers().names("Vary").contains("*")) {
      return VARIES;
    }
    // A page made for a cookie's owner by a server that doesn't think of caches is told by nothing.
    boolean guessed = Freshness.isHeuristic(response) && !request.headers().has("Cookie");
    if (!Freshness.isExplicit(response) && !guessed) {
      return NOT_TOLD;
    }
    return control.hasUnqualified("no-cache") && !response.hasValidator() ? NO_VALIDATOR : YES;
  }

  private static boolean isForAll(CacheControl control) {
    return control.has("must-revalidate") || control.has("public") || control.has("s-maxage");
  }

  /**
   * The fields that are stored: all but those that {@code private} and {@code no-cache} name
   * (5.2.2.4, 5.2.2.7) and those of proxies (3.1).
   */
  public static Headers kept(ResponseHead response) {
    var control = response.control();
    var confined = control.fields("private");
    confined.addAll(control.fields("no-cache"));
    return response.headers().without(name -> confined.contains(name) || name.startsWith("proxy-"));
  }
}
