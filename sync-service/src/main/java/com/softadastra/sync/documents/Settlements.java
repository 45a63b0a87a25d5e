package com.softadastra.sync.documents;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.space.DocumentUpdate;
import com.softadastra.engine.space.Reads;
import com.softadastra.sync.storage.Readers;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of dead letters. Each has at most one settlement, a document of the space, so that
 * members learn of it, and who settled it is in the log.
 */
public final class Settlements {
  private final Readers readers;

  Settlements(Readers readers) {
    this.readers = readers;
  }

  /** What was done with a dead letter; its name is what the document says. */
  public enum Settlement {
    /** Nobody needs it. */
    DROPPED,
    /** Another intent was made in its place, with the settlement. */
    REPLACED;

    private JsonText body() {
      return new JsonText("{\"state\":\"" + name().toLowerCase(Locale.ROOT) + "\"}");
    }
  }

  /** The intent with what it settles. */
  IntentRequest settling(SpaceId space, IntentRequest intent) {
    if (intent.replaces() == null) {
      return intent;
    }
    var letter =
        readers.answer(reader -> letter(space, Objects.requireNonNull(intent.replaces()), reader));
    return replacing(letter, intent);
  }

  private static LoggedEntry letter(SpaceId space, String id, Readers.Reader reader)
      throws SQLException {
    long position;
    try {
      position = Long.parseLong(id);
    } catch (NumberFormatException e) {
      throw unknown();
    }
    return reader
        .entry(space, position)
        .filter(logged -> !logged.standing().effective())
        .orElseThrow(Settlements::unknown);
  }

  private static Refused unknown() {
    return new Refused(
        Problem.ofField(
            ProblemCode.INVALID_REQUEST, "replaces", "is no dead letter of this space"));
  }

  /** An intent that is made in the place of an entry without effect, with what settles that. */
  public static IntentRequest replacing(LoggedEntry letter, IntentRequest intent) {
    var operations = new ArrayList<>(intent.operations());
    operations.add(settling(letter, Settlement.REPLACED));
    return new IntentRequest(
        intent.space(), intent.id(), intent.actor(), intent.priority(), operations);
  }

  /** What settles an entry without effect, once. */
  public static OperationRequest settling(LoggedEntry letter, Settlement settlement) {
    return new OperationRequest(
        OperationKind.PUT,
        Operation.DEAD_LETTERS,
        letter.hash().toString(),
        settlement.body(),
        null,
        new Condition(Condition.Kind.ABSENT, List.of()));
  }

  /**
   * What was done with a dead letter.
   *
   * @param intent that did it, and replaces the entry's own where it was replaced
   * @param clock of the node that did it
   */
  public record Settled(
      Settlement settlement, NodeId node, @Nullable String actor, String intent, Instant clock) {}

  /** What was done with an entry without effect; empty where nothing was. */
  public static Optional<Settled> of(LoggedEntry letter, Reads reads) {
    var key =
        new DocumentKey(letter.entry().space(), Operation.DEAD_LETTERS, letter.hash().toString());
    var state = reads.document(key);
    if (state == null || !state.exists() || state.body() == null) {
      return Optional.empty();
    }
    // of several that were made apart, the one that is served
    var winner = state.winner().version();
    return DocumentUpdate.operations(key, state.lastPosition(), reads).stream()
        .filter(known -> known.effective() && known.version().equals(winner))
        .findAny()
        .map(known -> settled(state, reads.entry(known.position()).entry()));
  }

  private static Settled settled(DocumentState state, Entry by) {
    var intent = Objects.requireNonNull(by.intent());
    boolean dropped = Settlement.DROPPED.body().equals(state.body());
    return new Settled(
        dropped ? Settlement.DROPPED : Settlement.REPLACED,
        by.author().node(),
        intent.actor(),
        intent.id(),
        Instant.ofEpochMilli(by.clock()));
  }
}
