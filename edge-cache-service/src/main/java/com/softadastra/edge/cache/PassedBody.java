package com.softadastra.edge.cache;

import com.softadastra.edge.origin.OriginResponse;
import com.softadastra.edge.store.Body;
import java.io.IOException;
import java.io.OutputStream;

/** A body that goes from the origin to one client, at that client's pace. */
final class PassedBody implements Body {
  private static final int PIECE_BYTES = 16 << 10;

  private final OriginResponse response;

  PassedBody(OriginResponse response) {
    this.response = response;
  }

  @Override
  public long length() {
    return response.length();
  }

  @Override
  public void copy(OutputStream out, long from, long to) throws IOException {
    var piece = new byte[PIECE_BYTES];
    if (response.length() < 0) {
      // what is sent as it comes about may be long in coming, and its head is news by itself
      out.flush();
    }
    while (true) {
      int length = read(piece);
      if (length < 0) {
        return;
      }
      out.write(piece, 0, length);
      if (response.length() < 0) {
        out.flush();
      }
    }
  }

  private int read(byte[] piece) throws Broken {
    try {
      return response.body().read(piece);
    } catch (IOException e) {
      throw new Broken("the origin broke off", e);
    }
  }

  @Override
  public void close() {
    response.close();
  }
}
