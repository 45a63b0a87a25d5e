package com.softadastra.contracts.documents;

import com.softadastra.contracts.Reply;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/**
 * The sync engine as the runtime sees it. Calls block until the answer is known; a write is
 * answered only when it is forced to disk, and nothing is shown that a crash could take back.
 * Spaces are named by their local alias.
 *
 * <p>Every method may be called from any thread, in one process or over a link; over a link it
 * throws {@link com.softadastra.contracts.LayerUnreachable} where no answer came.
 */
public interface Documents {
  /** Creates the space, with this node as its first member, or finds it. */
  Reply<SpaceOpened> openSpace(String space);

  List<SpaceSummary> spaces();

  Reply<CollectionDeclared> declareCollection(
      String space, String collection, CollectionDefinition definition);

  Reply<List<CollectionSummary>> collections(String space);

  Reply<Recorded> record(IntentRequest intent);

  /**
   * The document as it stands; a deleted one answers with {@link DocumentView#deleted} and no body.
   */
  Reply<DocumentView> document(String space, String collection, String id);

  /**
   * The versions known of the document, newest first as they were recorded here, at most {@code
   * limit} of them.
   *
   * @param after what the page before said is next; 0 for the newest
   */
  Reply<DocumentHistory> history(String space, String collection, String id, long after, int limit);

  /**
   * Live documents in the order of their ids by UTF-16 code units, at most {@code limit} of them.
   */
  Reply<DocumentPage> list(String space, String collection, String after, int limit);

  Reply<Receipt> receipt(String space, String intent);

  /** The receipt as soon as it has come as far as the level, or as it stands after the patience. */
  Reply<Receipt> awaitReceipt(String space, String intent, ReceiptState level, Duration patience);

  /**
   * Entries recorded here after a position, in the order of recording, at most {@code limit} of
   * them.
   */
  Reply<ChangePage> changes(String space, long since, int limit);

  /**
   * The same without an end: what is there, then what comes. Refused with an error signal for an
   * unknown space.
   */
  Flux<Change> follow(String space, long since);

  /**
   * Conflicts of one state in the order in which they last changed, at most {@code limit} of them;
   * fewer, or none, where they are large or many others lie between, and then others may follow.
   *
   * @param after what the page before said is next; 0 for the first
   */
  Reply<ConflictList> conflicts(String space, ConflictState state, long after, int limit);

  /**
   * Changes of conflicts after one, in the order in which this node noticed them, without an end. A
   * conflict that changes again before it is told is told once. Refused with an error signal for an
   * unknown space.
   */
  Flux<ConflictChange> followConflicts(String space, long since);

  /**
   * Open conflicts that a function decides, among the next open ones that have changed after that
   * change. When there are no more, what to ask with next stays the same.
   *
   * @param since 0 for the first ones
   * @param limit how many open ones are looked at
   */
  Reply<ConflictPage> undecided(String space, long since, int limit);

  /** One conflict; an id that has been replaced answers with the conflict that replaced it. */
  Reply<ConflictView> conflict(String space, String id);

  /**
   * Records an operation on all heads of the conflict's document; refused where a function has
   * decided on another version of it.
   */
  Reply<Recorded> resolve(String space, String id, Resolution resolution);

  /**
   * Records an operation on all heads that gives back what the loser of a decided conflict had in
   * the fields in dispute, or what was lost where an open conflict was resolved; refused where that
   * has been written to since.
   */
  Reply<Recorded> undo(String space, String id, @Nullable String actor);

  Reply<SpaceDigest> digest(String space);

  /** Who holds how much of a document's divided amounts. */
  Reply<DocumentShares> shares(String space, String collection, String id);

  /** Moves a part of this node's share to another node. */
  Reply<Recorded> moveShare(String space, String collection, String id, ShareMove move);

  /**
   * Begins a sequence of numbers, whose keeper this node becomes; or finds it, where it is declared
   * alike.
   */
  Reply<SequenceView.Declared> declareSequence(
      String space, String sequence, SequenceDefinition definition);

  Reply<SequenceView> sequence(String space, String sequence);

  /** Gives numbers that this node holds to a node to use; the keeper takes them from the rest. */
  Reply<Recorded> allotNumbers(String space, String sequence, SequenceView.Allotment allotment);
}
