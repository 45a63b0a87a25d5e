package com.softadastra.edge.origin;

import com.softadastra.edge.policy.Headers;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;

/**
 * An origin's answer while its connection is open. To close it before its body has ended ends the
 * connection.
 *
 * @param headers as they came
 * @param body empty where there is none; it fails where it ends before its announced end
 * @param length of the body, or -1
 */
public record OriginResponse(
    int status, Headers headers, InputStream body, long length, Closeable connection)
    implements Closeable {
  @Override
  public void close() {
    try {
      connection.close();
    } catch (IOException _) {
      // it is closed all the same
    }
  }
}
