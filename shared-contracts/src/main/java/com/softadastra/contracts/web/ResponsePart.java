package com.softadastra.contracts.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of an answer: its head, or a piece of its content.
 *
 * @param content an empty piece asks for what came before it to go on to the client now, as the
 *     next may be long in coming
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ResponsePart(@Nullable Head head, byte @Nullable [] content) {
  /**
   * @param fields without those of one connection
   * @param length of the content in bytes, for HEAD of what GET would be answered; -1 where it is
   *     known at the end alone
   */
  public record Head(int status, List<FieldLine> fields, long length) {
    public Head {
      fields = List.copyOf(fields);
    }
  }

  public ResponsePart {
    if ((head == null) == (content == null)) {
      throw new IllegalArgumentException("a part is a head or content");
    }
  }

  public static ResponsePart of(Head head) {
    return new ResponsePart(head, null);
  }

  public static ResponsePart of(byte[] content) {
    return new ResponsePart(null, content);
  }
}
