package com.softadastra.edge.origin;

import com.softadastra.edge.origin.OriginFailure.Kind;
import com.softadastra.edge.policy.Headers;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.CharacterCodingException;
import java.time.Duration;
import java.util.ArrayList;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.ClientProtocolException;
import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.ChainElement;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ConnectionRequestTimeoutException;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.NoHttpResponseException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.io.entity.InputStreamEntity;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * The connections to one origin. It follows no redirect, keeps no cookie, decodes no body, and
 * sends nothing that it isn't given but {@code Host}, {@code Connection} and the body's framing.
 */
public final class OriginClient implements Closeable {
  private static final int MOST_HEADERS = 200;
  private static final Duration LONGEST_LIFE = Duration.ofMinutes(5);
  private static final Duration UNCHECKED = Duration.ofMillis(50);

  /** Bound while a request is sent that may change something. */
  private static final ScopedValue<Boolean> CHANGES = ScopedValue.newInstance();

  /** Set in the context of a request once there is a connection for it, TLS agreed on. */
  private static final String CONNECTED = "softadastra.connected";

  private final Origin origin;
  private final OriginLimits limits;
  private final HttpHost host;
  private final CloseableHttpClient client;
  private volatile Runnable heard = () -> {};

  public OriginClient(Origin origin, OriginLimits limits) {
    this(origin, limits, SystemDefaultDnsResolver.INSTANCE);
  }

  OriginClient(Origin origin, OriginLimits limits, DnsResolver names) {
    this.origin = origin;
    this.limits = limits;
    host = new HttpHost(origin.url().getScheme(), origin.url().getHost(), origin.url().getPort());
    var http =
        Http1Config.custom()
            .setMaxLineLength(limits.headBytes())
            .setMaxHeaderCount(MOST_HEADERS)
            .setMaxEmptyLineCount(1)
            .build();
    var unchecked = connection(UNCHECKED);
    // what is sent in vain on a connection that had ended must not be sent again without a key
    var checked = connection(Duration.ZERO);
    var connections =
        PoolingHttpClientConnectionManagerBuilder.create()
            .setDnsResolver(new PublicAddresses(names, origin.privateNetwork()))
            .setConnectionFactory(
                new CleanConnections(
                    ManagedHttpClientConnectionFactory.builder()
                        .http1Config(http)
                        .responseParserFactory(new WholeHeads(http))
                        .build()))
            .setMaxConnPerRoute(limits.connections())
            .setMaxConnTotal(limits.connections())
            .setConnectionConfigResolver(_ -> CHANGES.isBound() ? checked : unchecked)
            .setDefaultTlsConfig(
                TlsConfig.custom().setHandshakeTimeout(Timeout.of(limits.connect())).build())
            .build();
    client =
        HttpClients.custom()
            .setConnectionManager(connections)
            .setDefaultRequestConfig(
                RequestConfig.custom()
                    .setConnectionRequestTimeout(Timeout.of(limits.place()))
                    .setResponseTimeout(Timeout.of(limits.silence()))
                    .setProtocolUpgradeEnabled(false)
                    .build())
            .addExecInterceptorAfter(ChainElement.CONNECT.name(), CONNECTED, OriginClient::note)
            .disableRedirectHandling()
            .disableAutomaticRetries()
            .disableCookieManagement()
            .disableContentCompression()
            .disableAuthCaching()
            .disableDefaultUserAgent()
            .build();
  }

  /**
   * @param unused for how long a connection is that is taken without a look whether it has ended
   */
  private ConnectionConfig connection(Duration unused) {
    return ConnectionConfig.custom()
        .setConnectTimeout(Timeout.of(limits.connect()))
        .setSocketTimeout(Timeout.of(limits.silence()))
        .setValidateAfterInactivity(Timeout.of(unused))
        .setTimeToLive(Timeout.of(LONGEST_LIFE))
        .build();
  }

  private static ClassicHttpResponse note(
      ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
      throws IOException, HttpException {
    scope.clientContext.setAttribute(CONNECTED, true);
    return chain.proceed(request, scope);
  }

  public Origin origin() {
    return origin;
  }

  /**
   * @param listener is told, on any thread, whenever an answer has come; it must be quick
   */
  public void whenHeard(Runnable listener) {
    heard = listener;
  }

  /**
   * @param target path and query below the origin's URL
   * @param body null where there is none
   * @param length of the body, or -1
   * @throws OriginFailure where no answer came
   */
  public OriginResponse send(
      String method, String target, Headers headers, @Nullable InputStream body, long length) {
    var first = HttpClientContext.create();
    try {
      return open(method, target, headers, body, length, first);
    } catch (NoHttpResponseException | SocketException e) {
      boolean wasIdle = method.equals("GET") || method.equals("HEAD");
      if (!wasIdle || !isConnected(first)) {
        throw failure(e, first);
      }
      // It may have closed a connection of the pool just when the request was sent on it.
      var second = HttpClientContext.create();
      try {
        return open(method, target, headers, null, -1, second);
      } catch (IOException again) {
        throw failure(again, second);
      }
    } catch (IOException e) {
      throw failure(e, first);
    }
  }

  private static boolean isConnected(HttpClientContext context) {
    return context.getAttribute(CONNECTED) != null;
  }

  private OriginResponse open(
      String method,
      String target,
      Headers headers,
      @Nullable InputStream body,
      long length,
      HttpClientContext context)
      throws IOException {
    var request = new HttpUriRequestBase(method, origin.at(target));
    headers.fields().forEach(field -> request.addHeader(field.name(), field.value()));
    if (body != null) {
      var whole = new WholeOrNothing(body, request::cancel);
      request.setEntity(new InputStreamEntity(whole, length, null));
    }
    boolean isRead = body == null;
    var response =
        isRead
            ? client.executeOpen(host, request, context)
            : ScopedValue.where(CHANGES, true)
                .call(() -> client.executeOpen(host, request, context));
    try {
      var entity = response.getEntity();
      var content = entity == null ? InputStream.nullInputStream() : entity.getContent();
      var answer =
          new OriginResponse(
              response.getCode(),
              checked(response, limits.headBytes()),
              content,
              entity == null ? 0 : entity.getContentLength(),
              () -> hangUp(request, response));
      heard.run();
      return answer;
    } catch (IOException | RuntimeException e) {
      response.close();
      throw e;
    }
  }

  /** To close a response alone would read on to its end; after that the request is over anyway. */
  private static void hangUp(HttpUriRequestBase request, ClassicHttpResponse response)
      throws IOException {
    request.cancel();
    response.close();
  }

  /** What could not be repeated on the next connection as what it was here is not HTTP. */
  static Headers checked(ClassicHttpResponse response, int mostBytes) throws BadHead {
    if (response.getCode() < 200 || response.getCode() > 599) {
      throw new BadHead();
    }
    int bytes = 0;
    var fields = new ArrayList<Headers.Field>();
    for (var header : response.getHeaders()) {
      String value = header.getValue() == null ? "" : header.getValue().strip();
      bytes += header.getName().length() + value.length() + 4;
      if (bytes > mostBytes || !isToken(header.getName()) || !isText(value)) {
        throw new BadHead();
      }
      fields.add(new Headers.Field(header.getName(), value));
    }
    return new Headers(fields);
  }

  private static boolean isToken(String name) {
    return !name.isEmpty()
        && name.chars()
            .allMatch(c ->
                (c >= '0' && c <= '9')
                    || (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || "!#$%&'*+-.^_`|~".indexOf(c) >= 0);
  }

  private static boolean isText(String value) {
    return value.chars().allMatch(c -> (c >= ' ' || c == '\t') && c != 127);
  }

  private OriginFailure failure(IOException e, HttpClientContext context) {
    if (e instanceof ConnectionRequestTimeoutException) {
      return failure(Kind.BUSY, "all connections are taken", e);
    }
    if (!isConnected(context)) {
      return failure(Kind.NOT_CONNECTED, whyNotConnected(e), e);
    }
    // of the rest nothing says that a whole head came
    boolean isAnswered =
        e instanceof ClientProtocolException
            || e instanceof MessageConstraintException
            || e instanceof CharacterCodingException
            || e instanceof BadHead;
    if (isAnswered) {
      return failure(Kind.NOT_HTTP, "its answer is not HTTP, or its head is too large", e);
    }
    boolean isSilence = e instanceof SocketTimeoutException;
    return failure(Kind.NO_ANSWER, isSilence ? "silence" : "the connection was cut", e);
  }

  private OriginFailure failure(Kind kind, String why, IOException e) {
    return new OriginFailure(kind, why, origin.name(), e);
  }

  private static String whyNotConnected(IOException e) {
    return switch (e) {
      case PublicAddresses.NotPublic _ -> "its name leads to an address that is not public";
      case UnknownHostException _ -> "unknown host";
      case ConnectTimeoutException _ -> "it timed out";
      case SocketTimeoutException _ -> "it timed out";
      case NoRouteToHostException _ -> "the network is unreachable";
      case ConnectException _ -> "refused";
      case SSLException _ -> "TLS fails";
      case SocketException _ when String.valueOf(e.getMessage()).contains("unreachable") ->
          "the network is unreachable";
      default -> "it failed";
    };
  }

  @Override
  public void close() throws IOException {
    client.close();
  }

  /** The head of an answer is not of HTTP's form. */
  static final class BadHead extends IOException {
    private static final long serialVersionUID = 1;

    BadHead() {
      super("the head of the answer is not of HTTP's form, or too large");
    }
  }
}
