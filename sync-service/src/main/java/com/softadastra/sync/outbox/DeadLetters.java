package com.softadastra.sync.outbox;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Standing;
import com.softadastra.engine.space.DocumentUpdate;
import com.softadastra.sync.documents.Settlements;
import com.softadastra.sync.documents.Settlements.Settlement;
import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.storage.DamagedRow;
import com.softadastra.sync.storage.Readers;
import com.softadastra.sync.storage.Storage;
import com.softadastra.sync.storage.Watermark;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.data.domain.Limit;

/**
 * The entries that are kept and have no effect, as an operator sees and settles them. To drop one,
 * or to make another intent in its place, is a write of the space: every member learns of it, and
 * the log says who did it. The entry itself stays.
 */
public final class DeadLetters {
  /** How many rows one page looks through, those included that aren't listed. */
  private static final int MOST_ROWS = 5_000;

  private final Storage storage;
  private final SpaceNames names;
  private final DeadLetterRepository repository;

  DeadLetters(Storage storage, SpaceNames names, DeadLetterRepository repository) {
    this.storage = storage;
    this.names = names;
    this.repository = repository;
  }

  /** Which are listed. */
  public enum Listing {
    OPEN,
    SETTLED
  }

  /**
   * An entry that is kept and has no effect.
   *
   * @param id by which it is named here: its position
   * @param held whether another version of this software may judge it otherwise
   * @param noticedAt when this node found that it has none
   * @param settled what was done with it
   */
  public record DeadLetter(
      String id,
      long position,
      String space,
      String intent,
      NodeId node,
      @Nullable String actor,
      String reason,
      boolean held,
      List<Document> documents,
      Instant recordedAt,
      Instant noticedAt,
      Settlements.@Nullable Settled settled) {}

  /** A document that the entry would have written. */
  public record Document(String collection, String id, String version) {}

  /**
   * One of them, and what was made on top of it: that has effect without it.
   *
   * @param behind in the order in which they were recorded here
   */
  public record Detailed(DeadLetter deadLetter, List<Behind> behind) {}

  /** An intent that was made on a version of a dead letter. */
  public record Behind(
      String intent, NodeId node, long position, String collection, String id, boolean effective) {}

  /**
   * Some of them, the newest first. It may have fewer than were asked for, or none, where there are
   * more. One that is damaged is left out until it is mended.
   *
   * @param next what to go on after; null at the end
   */
  public record Page(List<DeadLetter> deadLetters, @Nullable String next) {}

  /** The first page. */
  public Page newest(Listing listing, int limit) {
    return page(listing, Long.MAX_VALUE, limit);
  }

  /**
   * @param after the {@code next} of the page before
   */
  public Page after(Listing listing, String after, int limit) {
    return page(
        listing,
        position(after)
            .orElseThrow(() ->
                new Refused(ProblemCode.INVALID_REQUEST, "after is the next of a page before")),
        limit);
  }

  private Page page(Listing listing, long before, int limit) {
    var letters = new ArrayList<DeadLetter>();
    long from = before;
    int rows = 0;
    while (rows < MOST_ROWS) {
      var found = repository.findByPositionLessThanOrderByPositionDesc(from, Limit.of(limit));
      for (var row : found) {
        from = row.position();
        var letter = storage.readers().answer(reader -> whole(row, reader));
        if (letter.isPresent() && (letter.get().settled() == null) == (listing == Listing.OPEN)) {
          letters.add(letter.get());
          if (letters.size() == limit) {
            boolean more = repository.existsByPositionLessThan(from);
            return shown(new Page(letters, more ? Long.toString(from) : null));
          }
        }
      }
      rows += found.size();
      if (found.size() < limit) {
        return shown(new Page(letters, null));
      }
    }
    return shown(new Page(letters, Long.toString(from)));
  }

  /**
   * @throws Refused where there is none under the id
   */
  public Detailed find(String id) {
    var row = existing(id);
    return shown(
        storage
            .readers()
            .answer(reader ->
                new Detailed(letter(row, reader), behind(reader.entry(row.position()), reader))));
  }

  private <T> T shown(T answer) {
    return storage.watermark().shown(answer);
  }

  /** A dead letter; empty where what tells of it is damaged, so that it hides no other. */
  private Optional<DeadLetter> whole(DeadLetterEntity row, Readers.Reader reader) {
    try {
      return Optional.of(letter(row, reader));
    } catch (DamagedRow damaged) {
      reader.met(damaged);
      return Optional.empty();
    }
  }

  private DeadLetter letter(DeadLetterEntity row, Readers.Reader reader) {
    var logged = reader.entry(row.position());
    var entry = logged.entry();
    var intent = entry.intent();
    return new DeadLetter(
        Long.toString(row.position()),
        row.position(),
        names.name(entry.space()).orElse(entry.space().toString()),
        intent == null ? "" : intent.id(),
        entry.author().node(),
        intent == null ? null : intent.actor(),
        row.standing().reason(),
        row.standing() == Standing.HELD,
        entry.operations().stream()
            .filter(operation -> !operation.isReserved())
            .map(operation ->
                new Document(
                    operation.collection(),
                    operation.id(),
                    DocumentUpdate.version(logged, operation).toString()))
            .toList(),
        logged.recordedAt(),
        row.noticedAt(),
        Settlements.of(logged, reader).orElse(null));
  }

  private static List<Behind> behind(LoggedEntry letter, Readers.Reader reader) {
    var behind = new ArrayList<Behind>();
    for (var operation : letter.entry().operations()) {
      var key = new DocumentKey(letter.entry().space(), operation.collection(), operation.id());
      var version = DocumentUpdate.version(letter, operation);
      var state = reader.document(key);
      if (state == null) {
        continue;
      }
      for (var known : DocumentUpdate.operations(key, state.lastPosition(), reader)) {
        if (known.operation().parents().contains(version)) {
          behind.add(behind(key, known.effective(), reader.entry(known.position())));
        }
      }
    }
    return behind;
  }

  private static Behind behind(DocumentKey key, boolean effective, LoggedEntry logged) {
    var intent = logged.entry().intent();
    return new Behind(
        intent == null ? "" : intent.id(),
        logged.entry().author().node(),
        logged.position(),
        key.collection(),
        key.id(),
        effective);
  }

  /**
   * Takes one off the list, at every member.
   *
   * @param actor who asked, in the application's words
   * @throws Refused where none is listed under the id, or this node may not write in its space
   */
  public void drop(String id, @Nullable String actor) {
    var row = existing(id);
    var letter =
        storage.readers().answer(reader -> open(row, reader)).orElseThrow(() -> unknown(id));
    var space = letter.entry().space();
    var drop =
        new IntentRequest(
            names.name(space).orElse(space.toString()),
            null,
            actor,
            Priority.NORMAL,
            List.of(Settlements.settling(letter, Settlement.DROPPED)));
    Watermark.answered(storage.recording().submit(space, drop));
  }

  private static Optional<LoggedEntry> open(DeadLetterEntity row, Readers.Reader reader) {
    var letter = reader.entry(row.position());
    return Settlements.of(letter, reader).isPresent() ? Optional.empty() : Optional.of(letter);
  }

  /**
   * Judges a held one again. What is void stays void, on every node.
   *
   * @throws Refused where there is none under the id, or nothing changes
   */
  public void retry(String id) {
    var row = existing(id);
    if (row.standing() != Standing.HELD) {
      throw new Refused(
          ProblemCode.NOT_SUPPORTED,
          "it is void, which is not judged again: "
              + row.standing().reason()
              + ". Another intent can replace it");
    }
    boolean judged =
        Watermark.answered(
            storage.recording().administer(() -> storage.recording().judgeAgain(row.position())));
    if (!judged) {
      throw new Refused(ProblemCode.NOT_SUPPORTED, "it stays held: " + Standing.HELD.reason());
    }
  }

  private DeadLetterEntity existing(String id) {
    return position(id).flatMap(repository::findById).orElseThrow(() -> unknown(id));
  }

  private static Optional<Long> position(String id) {
    try {
      return Optional.of(Long.parseLong(id));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static Refused unknown(String id) {
    return new Refused(ProblemCode.NOT_FOUND, "there is no dead letter " + id);
  }
}
