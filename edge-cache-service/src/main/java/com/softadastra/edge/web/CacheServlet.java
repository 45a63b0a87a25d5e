package com.softadastra.edge.web;

import com.softadastra.contracts.Refused;
import com.softadastra.contracts.http.ServletMessages;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * {@code /cache/{origin}/{path}}. A servlet of its own, because bodies are streamed: an answer that
 * breaks off must end its connection, where a controller's would end as if it were whole.
 */
final class CacheServlet extends HttpServlet {
  private static final long serialVersionUID = 1;

  private final transient CacheResources resources;
  private final transient RequestReader reader;

  CacheServlet(CacheResources resources, RequestReader reader) {
    this.resources = resources;
    this.reader = reader;
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    try {
      resources.answer(reader.read(request), head -> ServletMessages.begin(response, head));
    } catch (Refused refused) {
      ServletMessages.replace(response, refused.problem(), refused);
    }
  }
}
