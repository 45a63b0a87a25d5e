package com.softadastra.contracts.http;

import java.util.regex.Pattern;
import org.apache.coyote.Adapter;
import org.apache.coyote.Request;
import org.apache.coyote.Response;
import org.apache.coyote.http11.Http11NioProtocol;
import org.apache.tomcat.util.buf.MessageBytes;
import org.apache.tomcat.util.net.SocketEvent;

/**
 * HTTP/1.1 whose paths reach the application as they were sent. Tomcat makes it by its name.
 *
 * <p>Tomcat decodes a path before it resolves {@code .} and {@code ..}, cuts off what follows a
 * semicolon and refuses an encoded NUL, so that some document ids could never be asked for. Here
 * the raw path goes on untouched but for a semicolon, which is encoded so that it stays text.
 * Spring splits it first and decodes each part then. Servlet and filter mappings see such a path as
 * one that ends in {@code /-} where its first unusual part begins; filters of ours take every path.
 */
public final class ExactPathProtocol extends Http11NioProtocol {
  private static final Pattern UNUSUAL = Pattern.compile("[%;\\\\]|//|/\\.");

  @Override
  public void setAdapter(Adapter adapter) {
    super.setAdapter(new ExactPathAdapter(adapter));
  }

  private record ExactPathAdapter(Adapter next) implements Adapter {
    @Override
    public void service(Request request, Response response) throws Exception {
      keepPath(request, response);
      next.service(request, response);
    }

    @Override
    public boolean prepare(Request request, Response response) throws Exception {
      keepPath(request, response);
      return next.prepare(request, response);
    }

    private static void keepPath(Request request, Response response) {
      if (response.isError() || request.requestURI().getType() != MessageBytes.T_BYTES) {
        return;
      }
      String path = request.requestURI().toString();
      var unusual = UNUSUAL.matcher(path);
      if (!path.startsWith("/") || !unusual.find()) {
        return;
      }
      String mapped = path.substring(0, path.lastIndexOf('/', unusual.start()) + 1) + "-";
      // Tomcat takes a path that is a string rather than bytes for one already decoded.
      request.requestURI().setString(path.replace(";", "%3B"));
      request.decodedURI().setString(mapped);
    }

    @Override
    public boolean asyncDispatch(Request request, Response response, SocketEvent status)
        throws Exception {
      return next.asyncDispatch(request, response, status);
    }

    @Override
    public void log(Request request, Response response, long time) {
      next.log(request, response, time);
    }

    @Override
    public void checkRecycled(Request request, Response response) {
      next.checkRecycled(request, response);
    }

    @Override
    public String getDomain() {
      return next.getDomain();
    }
  }
}
