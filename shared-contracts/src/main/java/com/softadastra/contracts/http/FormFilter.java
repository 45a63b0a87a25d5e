package com.softadastra.contracts.http;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;

/**
 * Refuses what Spring would get wrong: a path that does not spell UTF-8, where it puts a
 * replacement character in place of what it can't decode, so that two ids become one; and a content
 * type with a wildcard, over which it stumbles when nothing is at the path.
 */
final class FormFilter implements Filter {
  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    var http = (HttpServletRequest) request;
    var answer = (HttpServletResponse) response;
    if (!isUtf8(http.getRequestURI())) {
      ProblemAnswer.send(
          answer, Problem.of(ProblemCode.INVALID_REQUEST, "the path is not percent-encoded UTF-8"));
    } else if (isWildcard(http.getContentType())) {
      ProblemAnswer.send(answer, StatusProblem.of(415));
    } else {
      chain.doFilter(request, response);
    }
  }

  private static boolean isWildcard(@Nullable String contentType) {
    if (contentType == null || !contentType.contains("*")) {
      return false;
    }
    try {
      var type = MediaType.parseMediaType(contentType);
      return type.isWildcardType() || type.isWildcardSubtype();
    } catch (InvalidMediaTypeException _) {
      return false;
    }
  }

  static boolean isUtf8(String path) {
    if (path.indexOf('%') < 0) {
      return true;
    }
    var bytes = new ByteArrayOutputStream(path.length());
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (c != '%') {
        bytes.write(c);
        continue;
      }
      int high = i + 2 < path.length() ? Character.digit(path.charAt(i + 1), 16) : -1;
      int low = i + 2 < path.length() ? Character.digit(path.charAt(i + 2), 16) : -1;
      if (high < 0 || low < 0) {
        return false;
      }
      bytes.write(high << 4 | low);
      i += 2;
    }
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.toByteArray()));
      return true;
    } catch (CharacterCodingException _) {
      return false;
    }
  }
}
