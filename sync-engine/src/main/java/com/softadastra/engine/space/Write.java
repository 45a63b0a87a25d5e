package com.softadastra.engine.space;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Standing;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One change of the storage that a decision asks for; all of a decision's writes are committed
 * together.
 */
public sealed interface Write {
  record Append(LoggedEntry entry) implements Write {}

  record PutDocument(DocumentState state) implements Write {}

  /** Keeps where an intent is found by an id that doesn't lead there by itself. */
  record PutIntent(SpaceId space, String id, long position) implements Write {}

  record Restand(long position, Standing standing) implements Write {}

  /**
   * A conflict's record at this node.
   *
   * @param sides the versions in conflict; of an open one they are the document's sides
   * @param replacedBy the conflict that took its place, null where none did
   */
  record PutConflict(
      Hash id,
      DocumentKey key,
      boolean open,
      @Nullable Hash base,
      List<Hash> sides,
      @Nullable Hash replacedBy,
      Instant detectedAt)
      implements Write {}
}
