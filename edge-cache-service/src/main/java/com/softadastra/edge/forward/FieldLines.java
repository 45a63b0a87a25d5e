package com.softadastra.edge.forward;

import com.softadastra.edge.policy.Headers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;

/** Fields as they are stored: name, colon, value, newline, in UTF-8. Neither part has a newline. */
final class FieldLines {
  private FieldLines() {}

  static byte[] of(Headers headers) {
    var text = new StringBuilder();
    for (var field : headers.fields()) {
      text.append(field.name()).append(':').append(field.value()).append('\n');
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * @throws IllegalArgumentException where they are not what was stored
   */
  static Headers read(byte[] lines) {
    var fields = new ArrayList<Headers.Field>();
    new String(lines, StandardCharsets.UTF_8)
        .lines()
        .forEach(line -> {
          int colon = line.indexOf(':');
          if (colon < 0) {
            throw new IllegalArgumentException("the fields of a request or answer are damaged");
          }
          fields.add(new Headers.Field(line.substring(0, colon), line.substring(colon + 1)));
        });
    return new Headers(fields);
  }
}
