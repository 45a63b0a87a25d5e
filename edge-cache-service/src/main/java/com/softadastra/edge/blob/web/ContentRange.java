package com.softadastra.edge.blob.web;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which part of a blob a request brings.
 *
 * @param from its first byte
 * @param to the byte after its last
 * @param total bytes of the blob
 */
record ContentRange(long from, long to, long total) {
  private static final Pattern FORM =
      Pattern.compile("bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})");

  /**
   * @param field {@code Content-Range}; without it the whole is brought
   * @param length of the body, or -1
   * @throws Refused {@code invalid-request} where they don't go together
   */
  static ContentRange of(@Nullable String field, long length) {
    if (length < 0) {
      throw new Refused(ProblemCode.INVALID_REQUEST, "Content-Length says how long the body is");
    }
    if (field == null) {
      return new ContentRange(0, length, length);
    }
    var form = FORM.matcher(field);
    if (!form.matches()) {
      throw refused("has the form bytes FIRST-LAST/TOTAL");
    }
    long from = Long.parseLong(form.group(1));
    long to = Long.parseLong(form.group(2)) + 1;
    long total = Long.parseLong(form.group(3));
    if (from >= to || to > total || to - from != length) {
      throw refused("doesn't go with itself or with Content-Length");
    }
    return new ContentRange(from, to, total);
  }

  private static Refused refused(String why) {
    return new Refused(Problem.ofField(ProblemCode.INVALID_REQUEST, "Content-Range", why));
  }
}
