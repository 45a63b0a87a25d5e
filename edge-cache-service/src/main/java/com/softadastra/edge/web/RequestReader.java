package com.softadastra.edge.web;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.http.OwnToken;
import com.softadastra.contracts.http.ServletMessages;
import com.softadastra.contracts.web.WebRequest;
import com.softadastra.edge.cache.ClientRequest;
import com.softadastra.edge.origin.TargetPath;
import com.softadastra.edge.policy.ConnectionFields;
import com.softadastra.edge.read.Resources;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InputStream;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes of a request that came in the one that may go on. */
public final class RequestReader {
  static final String PATH = "/cache/";

  private static final Set<String> NOT_PASSED = Set.of("CONNECT", "TRACE");
  private static final Set<String> BODILESS = Set.of("GET", "HEAD");

  private final NamedOrigins origins;
  private final OwnToken token;
  private final String pseudonym;
  private final long mostBytes;

  /**
   * @param token that goes no further
   * @param pseudonym of this process in {@code Via}; no other has it
   * @param mostBytes of a request's body
   */
  public RequestReader(NamedOrigins origins, OwnToken token, String pseudonym, long mostBytes) {
    this.origins = origins;
    this.token = token;
    this.pseudonym = pseudonym;
    this.mostBytes = mostBytes;
  }

  String pseudonym() {
    return pseudonym;
  }

  /**
   * @throws Refused where there is no such origin, or the request may not go on
   */
  ClientRequest read(HttpServletRequest request) throws IOException {
    var head = read(ServletMessages.request(request));
    var body = body(request);
    long length = body == null ? -1 : request.getContentLengthLong();
    boolean isEmpty = body != null && length < 0 && request.getHeader("Transfer-Encoding") == null;
    return new ClientRequest(
        head.origin(), head.method(), head.target(), head.headers(), body, isEmpty ? 0 : length);
  }

  /**
   * The same of a request without a body.
   *
   * @throws Refused as above
   */
  ClientRequest read(WebRequest request) {
    // the servlet's path stands without its slash, too
    String below = request.path().substring(Math.min(PATH.length(), request.path().length()));
    int slash = below.indexOf('/');
    String name = slash < 0 ? below : below.substring(0, slash);
    var origin = origins.named(name);
    String method = request.method();
    if (NOT_PASSED.contains(method)) {
      throw new Refused(ProblemCode.METHOD_NOT_ALLOWED, method + " is not passed on");
    }
    String target = TargetPath.of(slash < 0 ? "/" : below.substring(slash), request.query());
    var sent = Resources.headers(token.leftOutOf(request));
    if (sent.joined("Via").contains(pseudonym)) {
      throw new Refused(
          ProblemCode.FORWARDING_LOOP, "this request has come through this node before");
    }
    var headers =
        ConnectionFields.ofRequest(sent)
            .with("Via", protocol(request) + " " + pseudonym)
            .with("Forwarded", "for=\"" + node(request) + "\";proto=" + request.scheme());
    return new ClientRequest(origin, method, target, headers, null, -1);
  }

  private static String protocol(WebRequest request) {
    return request.protocol().endsWith("1.0") ? "1.0" : "1.1";
  }

  private static String node(WebRequest request) {
    String address = request.client();
    return address.contains(":") ? "[" + address + "]" : address;
  }

  /** A read has no body that would mean anything (RFC 9110, 9.3.1). */
  private @Nullable InputStream body(HttpServletRequest request) throws IOException {
    if (request.getContentLengthLong() > mostBytes) {
      throw tooLarge(mostBytes);
    }
    boolean isNone =
        BODILESS.contains(request.getMethod())
            || (request.getMethod().equals("OPTIONS")
                && request.getContentLengthLong() <= 0
                && request.getHeader("Transfer-Encoding") == null);
    return isNone ? null : new Bounded(request.getInputStream(), mostBytes);
  }

  private static Refused tooLarge(long mostBytes) {
    return new Refused(
        Problem.of(
                ProblemCode.DOCUMENT_TOO_LARGE, "a request's body may have " + mostBytes + " bytes")
            .with("limit", Long.toString(mostBytes)));
  }

  /** Refuses to be read beyond its bound. */
  private static final class Bounded extends InputStream {
    private final InputStream in;
    private final long most;
    private long read;

    Bounded(InputStream in, long most) {
      this.in = in;
      this.most = most;
    }

    @Override
    public int read() throws IOException {
      int b = in.read();
      count(b < 0 ? 0 : 1);
      return b;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
      int n = in.read(into, from, length);
      count(Math.max(0, n));
      return n;
    }

    private void count(int more) {
      read += more;
      if (read > most) {
        throw tooLarge(most);
      }
    }
  }
}
