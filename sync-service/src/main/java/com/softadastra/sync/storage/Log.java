package com.softadastra.sync.storage;

import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.log.LoggedEntry;
import java.util.List;
import java.util.Optional;
import java.util.function.LongPredicate;

/** The forced part of a node's log, for any thread to read. */
public interface Log {
  Optional<LoggedEntry> find(SpaceId space, Replica chain, long sequence);

  /**
   * Entries of a space after a position, in the order of the log, as {@link SignedRun} ends.
   *
   * @param leftOut tells which positions are passed over
   * @return empty where there are none yet
   * @throws DamagedRow where another one can't be read
   */
  List<LoggedEntry> signedRun(SpaceId space, long position, int bytes, LongPredicate leftOut);
}
