package com.softadastra.engine.space;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
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

  /** Keeps where an intent's entry is that the intent's id doesn't lead to by itself. */
  record PutIntent(SpaceId space, String id, long position) implements Write {}

  /** An entry recorded before has another standing, or is of another chain. */
  record Restand(LoggedEntry entry) implements Write {}

  /**
   * A branch begins. What its parent has beyond the fork is the branch's; each of these entries is
   * also restood.
   *
   * @param after the sequence at which the parent ends from now on
   * @param first the position of the branch's first entry
   */
  record Branch(SpaceId space, Replica branch, Replica parent, long after, long first)
      implements Write {}

  /** A conflict that a write had ended is undone; where it was noticed here, its record is told. */
  record UndoConflict(Hash id, DocumentKey key) implements Write {}

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
