package com.softadastra.sync.storage;

import com.softadastra.contracts.Hash;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.session.Frame;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Gathers entries of a space in the order of the log: up to about so many bytes, and on until each
 * is signed by its author or followed by one that is. What is never signed, because what follows it
 * was refused here, doesn't make it go on for ever.
 */
final class SignedRun {
  /** More than what one group commit signs together, with room in a frame for what surrounds it. */
  private static final int MOST_BYTES = Frame.UNPACKED_BYTES - (1 << 20);

  private final int bytes;
  private final List<LoggedEntry> entries = new ArrayList<>();
  private final Set<Hash> unsigned = new HashSet<>();
  private int size;

  SignedRun(int bytes) {
    this.bytes = bytes;
  }

  /**
   * Adds the next entry.
   *
   * @return whether the run ends here
   */
  boolean add(LoggedEntry logged) {
    if (!entries.isEmpty() && size + logged.bytes().length > MOST_BYTES) {
      return true;
    }
    entries.add(logged);
    size += logged.bytes().length;
    unsigned.remove(logged.entry().previous());
    if (logged.signature() == null) {
      unsigned.add(logged.hash());
    }
    return size >= bytes && unsigned.isEmpty();
  }

  List<LoggedEntry> entries() {
    return entries;
  }
}
