package com.softadastra.node;

import java.time.Duration;
import java.util.Locale;

/** Amounts as a person reads them, in one short unit. */
final class Readable {
  private Readable() {}

  static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  static String duration(Duration duration) {
    long seconds = duration.toSeconds();
    if (duration.isNegative()) {
      return "-" + duration(duration.negated());
    }
    if (seconds < 1) {
      return duration.toMillis() + " ms";
    }
    if (seconds < 120) {
      return seconds + " s";
    }
    if (seconds < 120 * 60) {
      return seconds / 60 + " min";
    }
    if (seconds < 48 * 3600) {
      return seconds / 3600 + " h";
    }
    return seconds / 86_400 + " days";
  }

  static String bytes(long bytes) {
    if (bytes < 1000) {
      return bytes + " B";
    }
    double amount = bytes;
    for (String unit : new String[] {"kB", "MB", "GB"}) {
      amount /= 1000;
      if (amount < 1000) {
        return String.format(Locale.ROOT, "%.1f %s", amount, unit);
      }
    }
    return String.format(Locale.ROOT, "%.1f TB", amount / 1000);
  }
}
