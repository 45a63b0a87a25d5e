package com.softadastra.system.benchmark;

import java.util.Arrays;

/**
 * A few seconds of load.
 *
 * @param cpuSeconds of clients and subject together; tells more than the rate where the machine has
 *     other work
 * @param bytes handed to the disk in that time
 */
record Slice(
    long writes,
    double perSecond,
    double p50Millis,
    double p99Millis,
    double cpuSeconds,
    long bytes) {
  static Slice of(long[] nanos, double seconds, double cpuSeconds, long bytes) {
    Arrays.sort(nanos);
    return new Slice(
        nanos.length,
        nanos.length / seconds,
        millis(nanos, 0.50),
        millis(nanos, 0.99),
        cpuSeconds,
        bytes);
  }

  double cpuMicrosEach() {
    return cpuSeconds * 1e6 / writes;
  }

  double bytesEach() {
    return (double) bytes / writes;
  }

  private static double millis(long[] sorted, double quantile) {
    if (sorted.length == 0) {
      throw new IllegalStateException("not one write was acknowledged");
    }
    return sorted[(int) Math.min(sorted.length - 1, Math.round(sorted.length * quantile))] / 1e6;
  }
}
