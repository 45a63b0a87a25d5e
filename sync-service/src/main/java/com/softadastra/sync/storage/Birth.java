package com.softadastra.sync.storage;

import com.softadastra.contracts.Incarnation;
import java.time.Instant;
import java.util.random.RandomGenerator;

/**
 * As which incarnation the storage is opened.
 *
 * @param incarnation the present one, or a newly drawn one
 * @param firstPosition the position that a new incarnation's log starts above, unless the log is
 *     beyond it already
 */
public record Birth(Incarnation incarnation, long firstPosition) {
  /** Logs of different incarnations are this far apart, at least. */
  public static final long STRIDE = 1L << 32;

  private static final long EPOCH_HOUR_2026 =
      Instant.parse("2026-01-01T00:00:00Z").getEpochSecond() / 3600;

  /**
   * A new incarnation of a node.
   *
   * @param lastPosition how far the log of the one before is known to have come
   */
  public static Birth after(long lastPosition, Instant now, RandomGenerator random) {
    return new Birth(draw(random), startAbove(lastPosition, now));
  }

  /** The first incarnation of a node. */
  public static Birth first(RandomGenerator random) {
    return new Birth(draw(random), 0);
  }

  private static Incarnation draw(RandomGenerator random) {
    var bytes = new byte[Incarnation.BYTES];
    random.nextBytes(bytes);
    return Incarnation.of(bytes);
  }

  // Above anything an earlier life can have issued. The hour keeps two restores of one backup
  // apart.
  private static long startAbove(long lastPosition, Instant now) {
    long hours = Math.max(0, now.getEpochSecond() / 3600 - EPOCH_HOUR_2026);
    return Math.max((lastPosition / STRIDE + 1) * STRIDE, hours * STRIDE);
  }
}
