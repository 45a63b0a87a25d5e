package com.softadastra.engine.log;

import com.softadastra.contracts.Hash;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An entry as this node recorded it.
 *
 * @param position where the node's log has it, from 1
 * @param bytes the entry as its author encoded it
 * @param hash of those bytes
 * @param signature the author's, over the hash; null where a later entry's signature covers this
 *     one
 * @param previous for each operation, the position of the operation that was recorded before it for
 *     the same document; 0 for the first
 */
public record LoggedEntry(
    long position,
    Entry entry,
    byte[] bytes,
    Hash hash,
    byte @Nullable [] signature,
    Standing standing,
    Instant recordedAt,
    List<Long> previous) {
  public LoggedEntry {
    previous = List.copyOf(previous);
  }

  public LoggedEntry standing(Standing other) {
    return new LoggedEntry(position, entry, bytes, hash, signature, other, recordedAt, previous);
  }

  public LoggedEntry signed(byte[] by) {
    return new LoggedEntry(position, entry, bytes, hash, by, standing, recordedAt, previous);
  }
}
