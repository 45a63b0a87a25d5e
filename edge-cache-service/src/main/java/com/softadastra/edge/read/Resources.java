package com.softadastra.edge.read;

import com.softadastra.contracts.Refused;
import com.softadastra.contracts.web.WebRequest;
import com.softadastra.edge.policy.Headers;
import java.io.IOException;

/** What is read below a path. */
public interface Resources {
  /** With the slash at its end. */
  String path();

  /**
   * Answers GET and HEAD.
   *
   * @throws Refused where there is no answer, or where one that was begun can't be finished
   * @throws IOException where the recipient takes no more, or the disk fails
   */
  void answer(WebRequest request, Recipient to) throws IOException;

  /** The fields of a request as the rules have them. */
  static Headers headers(WebRequest request) {
    return new Headers(
        request.fields().stream().map(it -> new Headers.Field(it.name(), it.value())).toList());
  }
}
