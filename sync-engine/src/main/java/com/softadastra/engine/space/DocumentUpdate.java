package com.softadastra.engine.space;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.document.Decided;
import com.softadastra.engine.document.Definition;
import com.softadastra.engine.document.DocumentFold;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.document.Head;
import com.softadastra.engine.document.KnownOperation;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.Intent;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What an entry's operations do to their documents and to the conflicts of these. */
public final class DocumentUpdate {
  private DocumentUpdate() {}

  /** For each operation, where the one recorded before it for the same document is. */
  static List<Long> previous(SpaceId space, List<Operation> operations, Reads reads) {
    return operations.stream()
        .map(operation ->
            reads.document(new DocumentKey(space, operation.collection(), operation.id())))
        .map(state -> state == null ? 0L : state.lastPosition())
        .toList();
  }

  /**
   * The writes that follow from appending this entry, which has effect and whose versions no other
   * entry has; the reads don't show it yet.
   */
  static void apply(LoggedEntry logged, Reads reads, Instant now, List<Write> writes) {
    var entry = logged.entry();
    for (var operation : entry.operations()) {
      var key = new DocumentKey(entry.space(), operation.collection(), operation.id());
      var before = reads.document(key);
      var known = known(logged, operation, false, reads);
      boolean ranked =
          before != null
              && before.conflicted()
              && Definitions.ranked(entry.space(), operation.collection(), reads);
      var after =
          DocumentFold.advance(
              key,
              before,
              operation,
              known.version(),
              logged.position(),
              known.definition(),
              ranked);
      if (after == null) {
        var operations =
            before == null
                ? new ArrayList<KnownOperation>()
                : operations(key, before.lastPosition(), reads);
        operations.add(known(logged, operation, suspect(logged, operation, reads), reads));
        after = DocumentFold.replay(key, operations, logged.position());
      }
      put(before, after, now, writes);
      undo(key, operation, writes);
    }
  }

  /** Where an operation with effect takes back how a conflict was ended, that is told. */
  static void undo(DocumentKey key, Operation operation, List<Write> writes) {
    if (operation.change() instanceof Change.Undo(var conflict, _)) {
      writes.add(new Write.UndoConflict(conflict, key));
    }
  }

  /** Whether a document would have more side by side than a row takes. */
  static boolean tooLarge(List<Write> writes) {
    return writes.stream()
        .anyMatch(write -> write instanceof Write.PutDocument(var state) && state.tooLarge());
  }

  static void put(
      @Nullable DocumentState before, DocumentState after, Instant now, List<Write> writes) {
    writes.add(new Write.PutDocument(after));
    conflicts(before, after, now, writes);
  }

  /** A document's operations in the order in which they were recorded here. */
  public static List<KnownOperation> operations(DocumentKey key, long lastPosition, Reads reads) {
    var operations = new ArrayList<KnownOperation>();
    long position = lastPosition;
    while (position > 0) {
      var logged = reads.entry(position);
      int index = index(logged, key);
      var operation = logged.entry().operations().get(index);
      operations.add(known(logged, operation, suspect(logged, operation, reads), reads));
      position = logged.previous().get(index);
    }
    Collections.reverse(operations);
    return operations;
  }

  /** No clock decides between documents of the engine's own, which say whose is suspect. */
  private static boolean suspect(LoggedEntry logged, Operation operation, Reads reads) {
    return !operation.isReserved() && Clocks.suspect(logged, reads);
  }

  private static KnownOperation known(
      LoggedEntry logged, Operation operation, boolean suspect, Reads reads) {
    var definition =
        Definitions.named(
            logged.entry().space(), operation.collection(), operation.definition(), reads);
    return new KnownOperation(
        operation,
        version(logged, operation),
        definition.orElse(Definition.UNDECLARED),
        logged.entry().authority().labels(),
        Optional.ofNullable(logged.entry().intent()).flatMap(Intent::function).isPresent(),
        logged.entry().stamp(),
        logged.position(),
        logged.standing().effective(),
        suspect);
  }

  /** The document as all its operations in the log make it. */
  public static DocumentState rebuilt(DocumentKey key, long lastPosition, Reads reads) {
    return DocumentFold.replay(key, operations(key, lastPosition, reads), lastPosition);
  }

  /** Which of the entry's operations is the document's. */
  public static int index(LoggedEntry logged, DocumentKey key) {
    var operations = logged.entry().operations();
    for (int i = 0; i < operations.size(); i++) {
      if (operations.get(i).collection().equals(key.collection())
          && operations.get(i).id().equals(key.id())) {
        return i;
      }
    }
    throw new IllegalStateException(
        "the chain of a document leads to an entry without it: " + logged.position());
  }

  public static Hash version(LoggedEntry logged, Operation operation) {
    var intent = Objects.requireNonNull(logged.entry().intent());
    return EntryCodec.version(logged.entry().space(), operation, intent.id());
  }

  private static void conflicts(
      @Nullable DocumentState before, DocumentState after, Instant now, List<Write> writes) {
    var was = before == null ? null : before.conflict().orElse(null);
    var is = after.conflict().orElse(null);
    if (is != null) {
      writes.add(
          new Write.PutConflict(is, after.key(), true, after.base(), versions(after), null, now));
    }
    if (was != null && before != null && (is == null || !was.equals(is))) {
      writes.add(
          new Write.PutConflict(was, after.key(), false, before.base(), versions(before), is, now));
    }
    decided(before, after, is, now, writes);
  }

  private static void decided(
      @Nullable DocumentState before,
      DocumentState after,
      @Nullable Hash open,
      Instant now,
      List<Write> writes) {
    var known = before == null ? List.<Decided>of() : before.decided();
    if (known.equals(after.decided())) {
      return;
    }
    var losers = new HashMap<Hash, Decided>();
    known.forEach(conflict -> losers.put(conflict.loser(), conflict));
    Hash fresh = open;
    for (var conflict : after.decided()) {
      var was = losers.remove(conflict.loser());
      if (!conflict.equals(was)) {
        var id = Decided.conflictId(after.key(), conflict.loser());
        writes.add(
            new Write.PutConflict(
                id, after.key(), conflict.doubted(), null, List.of(conflict.loser()), null, now));
        fresh = was == null && fresh == null ? id : fresh;
      }
    }
    // what the fold no longer finds lost, it has found otherwise
    for (var loser : losers.keySet()) {
      var id = Decided.conflictId(after.key(), loser);
      writes.add(new Write.PutConflict(id, after.key(), false, null, List.of(loser), fresh, now));
    }
  }

  private static List<Hash> versions(DocumentState state) {
    return state.sides().stream().map(Head::version).toList();
  }
}
