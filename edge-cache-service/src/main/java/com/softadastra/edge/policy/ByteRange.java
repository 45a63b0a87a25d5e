package com.softadastra.edge.policy;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The part of a body that a request asks for (RFC 9110, 14.2).
 *
 * @param from the first byte
 * @param to the byte after the last; where it isn't after {@code from}, the body has no such part
 */
public record ByteRange(long from, long to) {
  private static final Pattern SINGLE =
      Pattern.compile("bytes=\\s*([0-9]{0,18})-([0-9]{0,18})\\s*", Pattern.CASE_INSENSITIVE);

  /**
   * @param length of the whole body
   * @return empty where the whole is to be served: no range, one that is not understood, several,
   *     or one of another version than the client has
   */
  public static Optional<ByteRange> of(Headers request, ResponseHead response, long length) {
    var asked = request.first("Range");
    if (asked.isEmpty() || response.status() != 200 || !isOfThisVersion(request, response)) {
      return Optional.empty();
    }
    var range = SINGLE.matcher(asked.get());
    if (!range.matches() || (range.group(1).isEmpty() && range.group(2).isEmpty())) {
      return Optional.empty();
    }
    if (range.group(1).isEmpty()) {
      long last = Long.parseLong(range.group(2));
      return Optional.of(new ByteRange(Math.max(0, length - last), length));
    }
    long from = Long.parseLong(range.group(1));
    if (range.group(2).isEmpty()) {
      return Optional.of(new ByteRange(from, length));
    }
    long to = Long.parseLong(range.group(2)) + 1;
    return to <= from ? Optional.empty() : Optional.of(new ByteRange(from, Math.min(to, length)));
  }

  /** RFC 9110, 13.1.5: a tag or date that is the same for certain. */
  private static boolean isOfThisVersion(Headers request, ResponseHead response) {
    var wanted = request.first("If-Range");
    if (wanted.isEmpty()) {
      return true;
    }
    var tag = EntityTag.parse(wanted.get());
    if (tag.isPresent()) {
      return response.tag().filter(it -> it.isStronglyEqual(tag.get())).isPresent();
    }
    var modified = response.date("Last-Modified");
    return modified.isPresent()
        && modified.equals(HttpDate.parse(wanted.get(), response.receivedAt()))
        && response.date().isAfter(modified.get());
  }

  public boolean isSatisfiable() {
    return from < to;
  }

  /** As {@code Content-Range} has it. */
  public String of(long length) {
    return isSatisfiable() ? "bytes " + from + "-" + (to - 1) + "/" + length : "bytes */" + length;
  }
}
