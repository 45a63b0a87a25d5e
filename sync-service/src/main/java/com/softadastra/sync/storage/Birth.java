package com.softadastra.sync.storage;

import com.softadastra.contracts.Incarnation;

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
}
