package com.softadastra.edge.origin;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.Socket;
import org.apache.hc.client5.http.io.ManagedHttpClientConnection;
import org.apache.hc.core5.http.io.HttpConnectionFactory;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * Connections that aren't used again where more came than was asked for: it would be taken for the
 * answer to the next request (RFC 9112, 9.2).
 */
final class CleanConnections implements HttpConnectionFactory<ManagedHttpClientConnection> {
  private static final Timeout AT_ONCE = Timeout.ofMilliseconds(1);

  private final HttpConnectionFactory<ManagedHttpClientConnection> factory;

  CleanConnections(HttpConnectionFactory<ManagedHttpClientConnection> factory) {
    this.factory = factory;
  }

  @Override
  public ManagedHttpClientConnection createConnection(@Nullable Socket socket) throws IOException {
    var connection = factory.createConnection(socket);
    return (ManagedHttpClientConnection)
        Proxy.newProxyInstance(
            CleanConnections.class.getClassLoader(),
            new Class<?>[] {ManagedHttpClientConnection.class},
            (_, method, arguments) -> {
              try {
                Object result = method.invoke(connection, arguments);
                return switch (method.getName()) {
                  case "isConsistent" -> (boolean) result && !hasMore(connection);
                  case "isStale" -> (boolean) result || hasMore(connection);
                  default -> result;
                };
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private static boolean hasMore(ManagedHttpClientConnection connection) {
    try {
      return !connection.isOpen() || connection.isDataAvailable(AT_ONCE);
    } catch (IOException _) {
      return true;
    }
  }
}
