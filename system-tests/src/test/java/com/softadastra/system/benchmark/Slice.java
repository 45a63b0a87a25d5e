package com.softadastra.system.benchmark;

import java.util.Arrays;

/**
 * A few seconds of load.
 *
 * @param bytes handed to the disk in that time
 */
record Slice(long writes, double perSecond, double p50Millis, double p99Millis, long bytes) {
  static Slice of(long[] nanos, double seconds, long bytes) {
    Arrays.sort(nanos);
    return new Slice(
        nanos.length, nanos.length / seconds, millis(nanos, 0.50), millis(nanos, 0.99), bytes);
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
