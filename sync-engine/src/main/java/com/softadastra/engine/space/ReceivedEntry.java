package com.softadastra.engine.space;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Standing;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An entry from a peer that {@link BatchCheck} found to be its author's. */
public record ReceivedEntry(Entry entry, byte[] bytes, Hash hash, byte @Nullable [] signature) {
  /** The entry as this node records it. */
  public LoggedEntry at(
      long position, Replica chain, Standing standing, Instant recordedAt, List<Long> previous) {
    return new LoggedEntry(
        position, chain, entry, bytes, hash, signature, standing, recordedAt, previous);
  }
}
