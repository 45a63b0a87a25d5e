package com.softadastra.runtime.documents;

import com.softadastra.contracts.Refused;
import jakarta.servlet.http.HttpServletRequest;

/** The parameters after a path's question mark. */
public final class Query {
  private static final int PAGE = 100;
  private static final int LARGEST_PAGE = 1000;

  private final HttpServletRequest request;

  public Query(HttpServletRequest request) {
    this.request = request;
  }

  /**
   * @param absent what counts where the parameter is not given
   * @throws Refused {@code invalid-request} for anything but decimal digits within the bounds
   */
  public long number(String name, long absent, long least, long most) {
    String text = request.getParameter(name);
    return text == null ? absent : number(name, text, least, most);
  }

  /**
   * How many items the caller wants on a page, {@code limit}: 100 where it is not given, and at
   * most 1,000 however many are asked for, since {@code next} leads to the others.
   *
   * @throws Refused {@code invalid-request} for anything but decimal digits, and for 0
   */
  public int pageSize() {
    return (int) Math.min(number("limit", PAGE, 1, Long.MAX_VALUE), LARGEST_PAGE);
  }

  /** The same where a caller that names no {@code limit} may take the first page for all: 1,000. */
  int longPageSize() {
    return (int) Math.min(number("limit", LARGEST_PAGE, 1, Long.MAX_VALUE), LARGEST_PAGE);
  }

  /** What a page before said is {@code next}; 0 if not given. */
  long after() {
    return number("after", 0, 0, Long.MAX_VALUE);
  }

  /** After which place the caller wants what there is; 0, from the beginning, if not given. */
  long since() {
    return number("since", 0, 0, Long.MAX_VALUE);
  }

  /** The place after which a feed's caller goes on: of the last event it has, or {@code since}. */
  long resumedAfter() {
    long since = since();
    String last = request.getHeader("Last-Event-ID");
    return last == null || last.isEmpty()
        ? since
        : number("Last-Event-ID", last, 0, Long.MAX_VALUE);
  }

  /** As {@link #number(String, long, long, long)}, of a number from elsewhere. */
  public static long number(String name, String text, long least, long most) {
    if (text.matches("[0-9]{1,19}")) {
      try {
        long number = Long.parseLong(text);
        if (number >= least && number <= most) {
          return number;
        }
      } catch (NumberFormatException _) {
        // It is beyond 64 bits: refused below.
      }
    }
    throw Names.refused(name, "must be an integer from " + least + " to " + most);
  }

  /** The parameter; empty where it is not given. */
  String text(String name) {
    String text = request.getParameter(name);
    return text == null ? "" : text;
  }
}
