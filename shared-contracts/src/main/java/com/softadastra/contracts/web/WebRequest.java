package com.softadastra.contracts.web;

import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A request as its client sent it, without its content.
 *
 * @param path from the slash on, nothing decoded
 * @param query without the question mark, nothing decoded; null where there is none
 * @param fields all that came, those of the one connection too
 * @param protocol such as {@code HTTP/1.1}
 * @param scheme {@code http} or {@code https}
 * @param client the address that it came from
 */
public record WebRequest(
    String method,
    String path,
    @Nullable String query,
    List<FieldLine> fields,
    String protocol,
    String scheme,
    String client) {
  public WebRequest {
    fields = List.copyOf(fields);
  }

  public WebRequest without(Predicate<FieldLine> isLeftOut) {
    var rest = fields.stream().filter(isLeftOut.negate()).toList();
    return new WebRequest(method, path, query, rest, protocol, scheme, client);
  }
}
