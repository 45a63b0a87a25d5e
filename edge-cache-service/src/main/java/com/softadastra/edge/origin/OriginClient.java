package com.softadastra.edge.origin;

import com.softadastra.edge.policy.Headers;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ConnectionRequestTimeoutException;
import org.apache.hc.core5.http.HttpHost;
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
                    ManagedHttpClientConnectionFactory.builder().http1Config(http).build()))
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
    try {
      return open(method, target, headers, body, length);
    } catch (NoHttpResponseException | SocketException e) {
      boolean wasIdle = method.equals("GET") || method.equals("HEAD");
      if (!wasIdle || e instanceof ConnectException || e instanceof NoRouteToHostException) {
        throw failure(e);
      }
      // It may have closed a connection of the pool just when the request was sent on it.
      try {
        return open(method, target, headers, null, -1);
      } catch (IOException again) {
        throw failure(again);
      }
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private OriginResponse open(
      String method, String target, Headers headers, @Nullable InputStream body, long length)
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
            ? client.executeOpen(host, request, null)
            : ScopedValue.where(CHANGES, true).call(() -> client.executeOpen(host, request, null));
    try {
      var entity = response.getEntity();
      var content = entity == null ? InputStream.nullInputStream() : entity.getContent();
      var answer =
          new OriginResponse(
              response.getCode(),
              checked(response),
              content,
              entity == null ? 0 : entity.getContentLength(),
              response);
      heard.run();
      return answer;
    } catch (IOException | RuntimeException e) {
      response.close();
      throw e;
    }
  }

  /** What could not be repeated on the next connection as what it was here is not HTTP. */
  private Headers checked(ClassicHttpResponse response) throws BadHead {
    if (response.getCode() < 200 || response.getCode() > 599) {
      throw new BadHead();
    }
    int bytes = 0;
    var fields = new ArrayList<Headers.Field>();
    for (var header : response.getHeaders()) {
      String value = header.getValue() == null ? "" : header.getValue().strip();
      bytes += header.getName().length() + value.length() + 4;
      if (bytes > limits.headBytes() || !isToken(header.getName()) || !isText(value)) {
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

  private OriginFailure failure(IOException e) {
    return new OriginFailure(kind(e), origin.name(), e);
  }

  private static OriginFailure.Kind kind(IOException e) {
    if (e instanceof ConnectionRequestTimeoutException) {
      return OriginFailure.Kind.BUSY;
    }
    if (e instanceof UnknownHostException
        || e instanceof ConnectException
        || e instanceof NoRouteToHostException
        || e instanceof ConnectTimeoutException) {
      return OriginFailure.Kind.NOT_CONNECTED;
    }
    boolean isSilence =
        e instanceof SocketException
            || e instanceof NoHttpResponseException
            || e instanceof InterruptedIOException
            || e instanceof SSLException;
    return isSilence ? OriginFailure.Kind.NO_ANSWER : OriginFailure.Kind.NOT_HTTP;
  }

  @Override
  public void close() throws IOException {
    client.close();
  }

  /** The head of an answer is not of HTTP's form. */
  private static final class BadHead extends IOException {
    private static final long serialVersionUID = 1;

    BadHead() {
      super("the head of the answer is not of HTTP's form, or too large");
    }
  }
}
