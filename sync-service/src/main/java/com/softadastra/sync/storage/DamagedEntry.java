package com.softadastra.sync.storage;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.SpaceId;
import org.jspecify.annotations.Nullable;

/**
 * An entry of the log whose row is damaged.
 *
 * @param position where the log has it
 * @param place where it belongs; null where that can't be told any more
 * @param hash of the bytes that its author signed; null where what follows on it is damaged too
 */
public record DamagedEntry(long position, Journal.@Nullable Place place, @Nullable Hash hash) {
  boolean isOf(SpaceId space) {
    return place != null && place.space().equals(space);
  }

  /** The entry in words. */
  @Override
  public String toString() {
    if (place == null) {
      return "the entry at position " + position + ", of which nobody can tell whose it is";
    }
    Dot dot = place.dot();
    return "entry "
        + dot.sequence()
        + " of "
        + dot.replica()
        + " in space "
        + place.space()
        + ", at position "
        + position;
  }
}
