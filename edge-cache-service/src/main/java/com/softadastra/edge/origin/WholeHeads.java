package com.softadastra.edge.origin;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.apache.hc.client5.http.impl.io.DefaultHttpResponseParserFactory;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.ProtocolException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.io.HttpMessageParser;
import org.apache.hc.core5.http.io.HttpMessageParserFactory;

/**
 * Takes no head that was cut off. The parser of the library would take the end of the stream for
 * the end of a line and of the head: of {@code 201 x} cut in its middle it makes 20, or 201 without
 * its fields. Of a head that it fails over it says what it says of others: that it is not HTTP.
 */
final class WholeHeads implements HttpMessageParserFactory<ClassicHttpResponse> {
  private final Http1Config http;
  private final DefaultHttpResponseParserFactory parsers;

  WholeHeads(Http1Config http) {
    this.http = http;
    parsers = new DefaultHttpResponseParserFactory(http);
  }

  @Override
  public HttpMessageParser<ClassicHttpResponse> create(Http1Config unused) {
    var parser = parsers.create(http);
    return (buffer, in) -> {
      try {
        return parser.parse(buffer, new Uncut(in, buffer.length() > 0));
      } catch (IllegalArgumentException e) {
        // what no response can be made of, as of the status 0
        throw new ProtocolException("the head of the answer is not of HTTP's form", e);
      }
    };
  }

  private static final class Uncut extends FilterInputStream {
    private boolean isBegun;

    Uncut(InputStream in, boolean isBegun) {
      super(in);
      this.isBegun = isBegun;
    }

    @Override
    public int read() throws IOException {
      int b = super.read();
      look(b);
      return b;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
      int n = super.read(into, from, length);
      look(n);
      return n;
    }

    private void look(int read) throws ConnectionClosedException {
      if (read < 0 && isBegun) {
        throw new ConnectionClosedException("the head of the answer is cut off");
      }
      isBegun = true;
    }
  }
}
