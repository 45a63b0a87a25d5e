package com.softadastra.sync.outbox;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.engine.log.Standing;
import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.storage.Storage;
import com.softadastra.sync.storage.Watermark;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.data.domain.Limit;
import org.springframework.transaction.support.TransactionTemplate;

/** The entries that are kept and have no effect, as an operator sees and lists them. */
public final class DeadLetters {
  private static final Logger LOG = LoggerFactory.getLogger(DeadLetters.class);

  private final Storage storage;
  private final SpaceNames names;
  private final DeadLetterRepository repository;
  private final TransactionTemplate transaction;
  private final InstantSource clock;

  DeadLetters(
      Storage storage,
      SpaceNames names,
      DeadLetterRepository repository,
      TransactionTemplate transaction,
      InstantSource clock) {
    this.storage = storage;
    this.names = names;
    this.repository = repository;
    this.transaction = transaction;
    this.clock = clock;
  }

  /**
   * An entry that is kept and has no effect.
   *
   * @param id by which it is dropped: its position
   * @param noticedAt when this node found that it has none
   */
  public record DeadLetter(
      String id,
      long position,
      String space,
      String intent,
      NodeId node,
      String reason,
      Instant recordedAt,
      Instant noticedAt) {}

  /**
   * Some of them, the newest first.
   *
   * @param next what to go on after; null at the end
   */
  public record Page(List<DeadLetter> deadLetters, @Nullable String next) {}

  /** The first page. */
  public Page newest(int limit) {
    return page(Long.MAX_VALUE, limit);
  }

  /**
   * @param after the {@code next} of the page before
   */
  public Page after(String after, int limit) {
    return page(
        position(after)
            .orElseThrow(() ->
                new Refused(ProblemCode.INVALID_REQUEST, "after is the next of a page before")),
        limit);
  }

  private Page page(long before, int limit) {
    var found = repository.before(before, Limit.of(limit + 1));
    boolean more = found.size() > limit;
    var letters = found.stream().limit(limit).map(this::letter).toList();
    var next = more ? letters.getLast().id() : null;
    return storage.watermark().shown(new Page(letters, next));
  }

  private DeadLetter letter(DeadLetterEntity row) {
    var logged = storage.readers().answer(reader -> reader.entry(row.position()));
    var entry = logged.entry();
    return new DeadLetter(
        Long.toString(row.position()),
        row.position(),
        names.name(entry.space()).orElse(entry.space().toString()),
        entry.intent() == null ? "" : entry.intent().id(),
        entry.author().node(),
        row.standing().reason(),
        logged.recordedAt(),
        row.noticedAt());
  }

  /**
   * Takes one off the list. The entry stays in the log, and the row says when.
   *
   * @throws Refused where none is listed under the id
   */
  public void drop(String id) {
    long position = existing(id).position();
    boolean dropped =
        Watermark.answered(
            storage
                .recording()
                .administer(() ->
                    Boolean.TRUE.equals(
                        transaction.execute(_ -> {
                          var row = repository.at(position);
                          row.ifPresent(letter -> letter.drop(clock.instant()));
                          return row.isPresent();
                        }))));
    if (!dropped) {
      throw unknown(id);
    }
    LOG.info("dead letter {} was dropped from the list", id);
  }

  /**
   * Judges a held one again. What this software can't judge it can't judge the second time either,
   * and what is void stays void, so no answer but a refusal is true as yet.
   *
   * @throws Refused always: where none is listed under the id, or because nothing changes
   */
  public void retry(String id) {
    var standing = existing(id).standing();
    throw new Refused(
        ProblemCode.NOT_SUPPORTED,
        standing == Standing.HELD
            ? "it stays held: " + standing.reason()
            : "it is void, which is not judged again: " + standing.reason());
  }

  private DeadLetterEntity existing(String id) {
    return position(id).flatMap(repository::at).orElseThrow(() -> unknown(id));
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
