package com.softadastra.contracts.http;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Lets in whom the node serves, before anything else looks at the request.
 *
 * <p>Over loopback local callers need no token, but {@code Host} must be a loopback name: a page
 * whose own name was pointed at 127.0.0.1 (DNS rebinding) still sends its name. {@code Origin} must
 * be absent or the service itself: any page can send requests to 127.0.0.1. A page's request
 * without an {@code Origin}, for example for an image, is known by {@code Sec-Fetch-Site}; a link
 * that is followed is let through. Bound elsewhere, and wherever one is configured, a bearer token
 * is demanded for all but liveness.
 */
final class AccessFilter implements Filter {
  static final String LIVENESS = "/actuator/health/liveness";

  private static final Pattern AUTHORITY =
      Pattern.compile("(\\[[0-9a-f:.]+]|[a-z0-9.-]+)(?::([0-9]{1,5}))?");

  private final boolean local;
  private final Set<String> hosts;
  private final OwnToken token;

  /**
   * @param bound the address that is listened on; null for all of them
   * @throws AccessNotConfigured where strangers can connect and there is no token
   */
  AccessFilter(@Nullable InetAddress bound, AccessProperties access, OwnToken token) {
    var reached = access.published() == null ? bound : access.published();
    local = reached != null && reached.isLoopbackAddress();
    this.token = token;
    if (!local && !token.isDemanded()) {
      throw new AccessNotConfigured(
          "This service would listen on "
              + (bound == null ? "every address" : bound.getHostAddress())
              + " without a token: set softadastra.access.token, or server.address to 127.0.0.1.");
    }
    hosts = new HashSet<>(Set.of("localhost", "127.0.0.1", "[::1]"));
    if (local && reached != null && !(reached instanceof Inet6Address)) {
      hosts.add(reached.getHostAddress());
    }
  }

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    var http = (HttpServletRequest) request;
    var answer = (HttpServletResponse) response;
    describe(answer);
    if (isForeign(http)) {
      ProblemAnswer.send(
          answer,
          Problem.of(
              ProblemCode.HOST_NOT_ALLOWED,
              "Host must name this machine's loopback, and a web page's requests are taken from"
                  + " this service's own pages alone"));
    } else if (token.isDemanded() && !http.getRequestURI().equals(LIVENESS) && !showsToken(http)) {
      answer.setHeader("WWW-Authenticate", "Bearer realm=\"softadastra\"");
      ProblemAnswer.send(
          answer,
          Problem.of(ProblemCode.UNAUTHENTICATED, "Authorization must be Bearer and the token"));
    } else {
      chain.doFilter(request, response);
    }
  }

  /** What every answer of the service says. */
  static void describe(HttpServletResponse answer) {
    answer.setHeader("X-Content-Type-Options", "nosniff");
  }

  private boolean isForeign(HttpServletRequest request) {
    var origins = all(request, "Origin");
    boolean preflight =
        request.getMethod().equals("OPTIONS")
            && request.getHeader("Access-Control-Request-Method") != null;
    if (preflight) {
      return true;
    }
    if (!local) {
      return false;
    }
    var named = all(request, "Host");
    if (named.size() != 1 || origins.size() > 1) {
      return true;
    }
    String host = named.getFirst().toLowerCase(Locale.ROOT);
    var authority = AUTHORITY.matcher(host);
    if (!authority.matches() || !hosts.contains(authority.group(1))) {
      return true;
    }
    if (!origins.isEmpty()) {
      return !isOwn(origins.getFirst().toLowerCase(Locale.ROOT), host);
    }
    return "cross-site".equals(request.getHeader("Sec-Fetch-Site"))
        && !"navigate".equals(request.getHeader("Sec-Fetch-Mode"));
  }

  /** A service behind TLS of its own has another origin with the same authority; both are ours. */
  private static boolean isOwn(String origin, String host) {
    for (String scheme : List.of("http://", "https://")) {
      if (origin.startsWith(scheme)) {
        String suffix = scheme.equals("http://") ? ":80" : ":443";
        return withoutSuffix(origin.substring(scheme.length()), suffix)
            .equals(withoutSuffix(host, suffix));
      }
    }
    return false;
  }

  private static String withoutSuffix(String text, String suffix) {
    return text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
  }

  private boolean showsToken(HttpServletRequest request) {
    var shown = all(request, "Authorization");
    return shown.size() == 1 && token.isShownBy(shown.getFirst());
  }

  private static List<String> all(HttpServletRequest request, String header) {
    var values = request.getHeaders(header);
    return values == null ? List.of() : Collections.list(values);
  }
}
