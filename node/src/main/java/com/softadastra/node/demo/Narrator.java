package com.softadastra.node.demo;

import java.io.PrintStream;
import java.util.Locale;

/** Tells what happens as it happens, each line with the seconds since the beginning. */
final class Narrator {
  private final PrintStream out;
  private final long begun = System.nanoTime();

  Narrator(PrintStream out) {
    this.out = out;
  }

  /**
   * @param format as of {@link String#format(Locale, String, Object...)}
   */
  synchronized void say(String format, Object... values) {
    out.printf(Locale.ROOT, "%6.1f s  ", secondsSince(begun));
    out.printf(Locale.ROOT, format, values);
    out.println();
  }

  /** Sets off what follows. */
  synchronized void chapter(String title) {
    out.println();
    out.println(title);
  }

  double seconds() {
    return secondsSince(begun);
  }

  static double secondsSince(long nanos) {
    return (System.nanoTime() - nanos) / 1e9;
  }
}
