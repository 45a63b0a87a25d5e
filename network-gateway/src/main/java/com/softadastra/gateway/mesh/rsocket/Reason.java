package com.softadastra.gateway.mesh.rsocket;

import com.softadastra.gateway.identity.OtherNode;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.rsocket.exceptions.ApplicationErrorException;
import io.rsocket.exceptions.ConnectionErrorException;
import io.rsocket.exceptions.RejectedSetupException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertificateException;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Says in a few words, for a person, why a peer could not be reached or was lost. */
final class Reason {
  private Reason() {}

  static String of(Throwable failure) {
    if (find(OtherNode.class, failure) instanceof OtherNode other) {
      return String.valueOf(other.getMessage());
    }
    if (find(CertificateException.class, failure) instanceof CertificateException certificate) {
      return "shows no certificate of a node: " + certificate.getMessage();
    }
    return switch (failure) {
      case ConnectTimeoutException _ -> "no answer";
      case SslHandshakeTimeoutException _ -> "no answer to TLS";
      case NoRouteToHostException _ -> "no route to this host";
      case ConnectException e -> refusedOrElse(e);
      case UnknownHostException _ -> "no such host";
      case SSLException e -> "TLS failed: " + e.getMessage();
      case RejectedSetupException e -> "refused the connection: " + e.getMessage();
      case ConnectionErrorException e -> "the connection failed: " + e.getMessage();
      case ApplicationErrorException e -> "refused: " + e.getMessage();
      case ClosedChannelException _ -> "the connection was closed";
      case CancellationException _ -> "the peer ended the channel";
      case TimeoutException _ -> "no answer in time";
      default -> failure.getMessage() == null ? failure.toString() : failure.getMessage();
    };
  }

  private static String refusedOrElse(ConnectException failure) {
    var message = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
    return message.contains("refused") ? "connection refused" : message;
  }

  private static <T extends Throwable> @Nullable T find(Class<T> kind, Throwable failure) {
    // a chain of causes may be long, but not endless
    Throwable at = failure;
    for (int depth = 0; at != null && depth < 16; depth++) {
      if (kind.isInstance(at)) {
        return kind.cast(at);
      }
      at = at.getCause();
    }
    return null;
  }
}
