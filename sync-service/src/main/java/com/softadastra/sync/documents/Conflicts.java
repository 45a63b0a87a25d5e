package com.softadastra.sync.documents;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.ConflictChange;
import com.softadastra.contracts.documents.ConflictList;
import com.softadastra.contracts.documents.ConflictState;
import com.softadastra.contracts.documents.ConflictView;
import com.softadastra.engine.document.Decided;
import com.softadastra.engine.document.Definition;
import com.softadastra.engine.document.DocumentFold;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.document.Head;
import com.softadastra.engine.document.KnownOperation;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.space.Definitions;
import com.softadastra.engine.space.DocumentUpdate;
import com.softadastra.engine.space.ResolverTurn;
import com.softadastra.sync.storage.Readers;
import com.softadastra.sync.storage.Storage;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Conflicts as this node noticed them, with what the log says of their sides. */
final class Conflicts {
  private static final String COLUMNS =
      "id, collection_no, document_id, open, base, sides, replaced_by, detected_at";
  private static final int MOST_REPLACEMENTS = 1000;

  /** So many are looked at for a page, which takes time for each. */
  static final int MOST_LOOKED_AT = 5000;

  /** So long are the bodies of a page, all together, when it takes no more. */
  private static final int PAGE_LENGTH = 4 << 20;

  private final Storage storage;

  Conflicts(Storage storage) {
    this.storage = storage;
  }

  /**
   * A conflict and the state of its document.
   *
   * @param decided what the policy decided; null where it decided nothing
   * @param undo what takes that back, or the write that ended it; null where nothing can
   * @param why it can't be undone, in words
   */
  record Found(
      ConflictView view,
      DocumentState state,
      @Nullable Decided decided,
      Change.@Nullable Undo undo,
      String why) {}

  private record Row(
      Hash id,
      DocumentKey key,
      boolean open,
      @Nullable Hash base,
      List<Hash> sides,
      @Nullable Hash replacedBy,
      Instant detectedAt) {}

  /**
   * Those of a state that changed after a change, with what to ask with next where others may
   * follow: where there are so many, or they are so large, or so many others lie between.
   */
  ConflictList list(SpaceId space, ConflictState state, long after, int limit) {
    return storage
        .readers()
        .answer(reader -> {
          var views = new ArrayList<ConflictView>();
          try (var select =
              reader
                  .connection()
                  .prepareStatement(
                      "select "
                          + COLUMNS
                          + ", change_no from conflict where space_no = ? and open = ? and change_no > ?"
                          + " and replaced_by is null order by space_no, open, change_no limit ?")) {
            select.setInt(1, reader.spaceNo(space));
            select.setBoolean(2, state == ConflictState.OPEN);
            select.setLong(3, after);
            select.setInt(4, MOST_LOOKED_AT + 1);
            try (var row = select.executeQuery()) {
              long last = after;
              long length = 0;
              for (int looked = 0; row.next(); looked++) {
                if (looked == MOST_LOOKED_AT || views.size() == limit || length >= PAGE_LENGTH) {
                  return new ConflictList(views, last);
                }
                last = row.getLong(9);
                var view = listed(row(space, row, reader), state, reader);
                view.ifPresent(views::add);
                length += view.map(Conflicts::length).orElse(0L);
              }
            }
          }
          return new ConflictList(views, null);
        });
  }

  private Optional<ConflictView> listed(Row row, ConflictState state, Readers.Reader reader) {
    return Operation.isReserved(row.key().collection())
        ? Optional.empty()
        : view(row, reader).map(Found::view).filter(view -> view.state() == state);
  }

  private static long length(ConflictView view) {
    var ancestor = view.ancestor();
    return Stream.concat(
            view.sides().stream().map(ConflictView.Side::body),
            Stream.ofNullable(ancestor).map(ConflictView.Ancestor::body))
        .filter(Objects::nonNull)
        .mapToLong(body -> body.text().length())
        .sum();
  }

  /** The last changes of conflicts after one, as each conflict stands now, in their order. */
  Feeds.Page<ConflictChange> changedAfter(SpaceId space, long change, int limit) {
    return storage
        .readers()
        .answer(reader -> {
          var changes = new ArrayList<ConflictChange>();
          long last = change;
          try (var select =
              reader
                  .connection()
                  .prepareStatement(
                      "select "
                          + COLUMNS
                          + ", change_no from conflict where space_no = ? and change_no > ?"
                          + " order by change_no limit ?")) {
            select.setInt(1, reader.spaceNo(space));
            select.setLong(2, change);
            select.setInt(3, limit);
            try (var row = select.executeQuery()) {
              while (row.next()) {
                var conflict = row(space, row, reader);
                last = row.getLong(9);
                if (!Operation.isReserved(conflict.key().collection())) {
                  changes.add(change(last, conflict, reader));
                }
              }
            }
          }
          return new Feeds.Page<>(changes, last);
        });
  }

  /**
   * Open conflicts that functions decide, among the next open ones that changed after a change.
   *
   * @param limit how many of all open ones it looks at
   */
  Feeds.Page<ConflictView> undecided(SpaceId space, long change, int limit) {
    return storage
        .readers()
        .answer(reader -> {
          var views = new ArrayList<ConflictView>();
          long last = change;
          var called =
              reader.collections(space).stream()
                  .filter(collection -> Definitions.called(space, collection, reader))
                  .map(collection -> reader.collectionNo(space, collection).orElseThrow())
                  .toList();
          if (called.isEmpty()) {
            return new Feeds.Page<>(views, last);
          }
          try (var select =
              reader
                  .connection()
                  .prepareStatement(
                      "select "
                          + COLUMNS
                          + ", change_no from conflict where space_no = ? and change_no > ? and open"
                          + " order by change_no limit ?")) {
            select.setInt(1, reader.spaceNo(space));
            select.setLong(2, change);
            select.setInt(3, limit);
            try (var row = select.executeQuery()) {
              while (row.next()) {
                last = row.getLong(9);
                if (called.contains(row.getInt(2))) {
                  view(row(space, row, reader), reader)
                      .map(Found::view)
                      .filter(view -> view.resolver() != null)
                      .ifPresent(views::add);
                }
              }
            }
          }
          return new Feeds.Page<>(views, last);
        });
  }

  private ConflictChange change(long number, Row row, Readers.Reader reader) {
    var replacement = row.replacedBy();
    return new ConflictChange(
        number,
        row.id().toString(),
        replacement == null ? null : replacement.toString(),
        replacement == null ? view(row, reader).map(Found::view).orElse(null) : null);
  }

  /**
   * @throws Refused where there is no such conflict
   */
  Found find(SpaceId space, String text) {
    Hash id;
    try {
      id = Hash.parse(text);
    } catch (IllegalArgumentException e) {
      throw unknown(text);
    }
    return storage
        .readers()
        .answer(reader -> {
          var next = id;
          for (int i = 0; i < MOST_REPLACEMENTS; i++) {
            var row = row(space, next, reader);
            if (row == null || Operation.isReserved(row.key().collection())) {
              throw unknown(text);
            }
            if (row.replacedBy() == null) {
              return view(row, reader).orElseThrow(() -> unknown(text));
            }
            next = row.replacedBy();
          }
          throw unknown(text);
        });
  }

  private static @Nullable Row row(SpaceId space, Hash id, Readers.Reader reader)
      throws SQLException {
    try (var select =
        reader
            .connection()
            .prepareStatement(
                "select " + COLUMNS + " from conflict where id = ? and space_no = ?")) {
      select.setBytes(1, id.bytes());
      select.setInt(2, reader.spaceNo(space));
      try (var row = select.executeQuery()) {
        return row.next() ? row(space, row, reader) : null;
      }
    }
  }

  private static Row row(SpaceId space, ResultSet row, Readers.Reader reader) throws SQLException {
    byte[] base = row.getBytes(5);
    byte[] replacedBy = row.getBytes(7);
    return new Row(
        Hash.of(row.getBytes(1)),
        new DocumentKey(space, reader.collectionName(row.getInt(2)), row.getString(3)),
        row.getBoolean(4),
        base == null ? null : Hash.of(base),
        Readers.hashes(row.getBytes(6)),
        replacedBy == null ? null : Hash.of(replacedBy),
        Instant.ofEpochMilli(row.getLong(8)));
  }

  /** The conflict as it stands; empty where the fold no longer finds one. */
  private Optional<Found> view(Row row, Readers.Reader reader) {
    var state = Objects.requireNonNull(reader.document(row.key()));
    var known = DocumentUpdate.operations(row.key(), state.lastPosition(), reader);
    var history = new DocumentFold.History(row.key(), known);
    var byVersion = new HashMap<Hash, KnownOperation>();
    known.stream()
        .filter(KnownOperation::effective)
        .forEach(k -> byVersion.putIfAbsent(k.version(), k));
    if (row.sides().size() == 1
        && row.id().equals(Decided.conflictId(row.key(), row.sides().getFirst()))) {
      return history.decided().stream()
          .filter(decided -> decided.loser().equals(row.sides().getFirst()))
          .findAny()
          .map(decided -> decided(row, decided, state, history, byVersion, reader));
    }
    return Optional.of(
        row.open()
            ? open(row, state, history, byVersion, reader)
            : ended(row, state, history, byVersion, reader));
  }

  private Found open(
      Row row,
      DocumentState state,
      DocumentFold.History history,
      Map<Hash, KnownOperation> byVersion,
      Readers.Reader reader) {
    var definition = history.definition();
    var sides =
        sides(state.sides().stream().map(Head::version).toList(), history, byVersion, reader);
    var meanwhile = "; meanwhile the version of the greatest depth is served";
    var resolver = definition.resolver();
    var view =
        new ConflictView(
            row.id().toString(),
            row.key().collection(),
            row.key().id(),
            ConflictState.OPEN,
            definition.policyName(),
            (resolver != null
                    ? "written apart, for the function " + resolver + " to decide"
                    : definition.ranks()
                        ? "written apart, by none or several with the first label of "
                            + definition.labels()
                        : "written apart")
                + meanwhile,
            state.winner().version().toString(),
            ancestor(row.base(), history),
            sides,
            row.detectedAt(),
            List.of(),
            resolver == null ? null : resolver(resolver, state, sides),
            null);
    return new Found(view, state, null, null, "the conflict is open");
  }

  private ConflictView.Resolver resolver(
      String name, DocumentState state, List<ConflictView.Side> sides) {
    var recording = storage.recording();
    var turn =
        recording
            .view(state.key().space())
            .map(space ->
                ResolverTurn.of(
                    space.self().node(),
                    space.membership(),
                    sides.stream().map(ConflictView.Side::node).toList()))
            .orElse(ConflictView.Turn.OTHERS);
    return new ConflictView.Resolver(name, state.version().toString(), turn, null);
  }

  private static Found ended(
      Row row,
      DocumentState state,
      DocumentFold.History history,
      Map<Hash, KnownOperation> byVersion,
      Readers.Reader reader) {
    var ending =
        history.ending(row.sides()).map(by -> ending(by, reader.entry(by.position()).entry()));
    var undone = history.isUndone(row.id(), row.sides());
    var view =
        new ConflictView(
            row.id().toString(),
            row.key().collection(),
            row.key().id(),
            undone ? ConflictState.UNDONE : ConflictState.RESOLVED,
            policy(row.sides(), byVersion),
            ending
                .map(ConflictView.Ending::function)
                .map(function -> "the function " + function + " was run on all sides")
                .orElse("a later write was made on all sides"),
            state.version().toString(),
            ancestor(row.base(), history),
            sides(row.sides(), history, byVersion, reader),
            row.detectedAt(),
            List.of(),
            null,
            ending.orElse(null));
    var back = history.takingBack(row.id(), row.sides());
    return new Found(view, state, null, back.change(), back.why());
  }

  private static ConflictView.Ending ending(KnownOperation by, Entry entry) {
    var intent = Objects.requireNonNull(entry.intent());
    return new ConflictView.Ending(
        by.version().toString(),
        entry.author().node(),
        intent.actor(),
        Instant.ofEpochMilli(entry.clock()),
        intent.function().orElse(null));
  }

  private static Found decided(
      Row row,
      Decided decided,
      DocumentState state,
      DocumentFold.History history,
      Map<Hash, KnownOperation> byVersion,
      Readers.Reader reader) {
    var definition = history.definition(decided);
    var sides = List.of(decided.winner(), decided.loser());
    boolean whole = decided.fields().contains("");
    var view =
        new ConflictView(
            row.id().toString(),
            row.key().collection(),
            row.key().id(),
            decided.state(),
            definition.policyName(),
            reason(decided, definition, byVersion.get(decided.winner())),
            decided.winner().toString(),
            ancestor(history.commonAncestor(sides), history),
            sides(sides, history, byVersion, reader),
            row.detectedAt(),
            whole ? List.of() : decided.fields());
    return new Found(
        view,
        state,
        decided,
        decided.stands() ? history.undo(decided) : null,
        decided.standing() == Decided.Standing.UNDONE
            ? "the conflict was undone before"
            : "the fields in dispute have been written since");
  }

  private static String reason(
      Decided decided, Definition definition, @Nullable KnownOperation winner) {
    if (definition.calls()) {
      return "the function "
          + definition.resolver()
          + " was run at several nodes; the result of all that the others were made of counts";
    }
    var label = winner == null ? Optional.<String>empty() : definition.label(winner.labels());
    if (label.isPresent()) {
      return "written apart; the write of the node with the label "
          + label.get()
          + " counts, whole";
    }
    var why =
        decided.fields().contains("")
            ? "written apart; the later write counts, whole"
            : "the same fields were written apart; the later write counts";
    return decided.doubted() ? why + ", by clocks of which one is suspect" : why;
  }

  /** The greatest that one of them was made under. */
  private static String policy(List<Hash> versions, Map<Hash, KnownOperation> byVersion) {
    return versions.stream()
        .flatMap(version -> Optional.ofNullable(byVersion.get(version)).stream())
        .map(KnownOperation::definition)
        .max(
            Comparator.comparing(
                Definition::name, Comparator.nullsFirst(Comparator.naturalOrder())))
        .map(Definition::policyName)
        .orElse("keep");
  }

  private static List<ConflictView.Side> sides(
      List<Hash> versions,
      DocumentFold.History history,
      Map<Hash, KnownOperation> byVersion,
      Readers.Reader reader) {
    var shown = new ArrayList<ConflictView.Side>();
    for (var version : versions) {
      var operation = byVersion.get(version);
      var head = history.version(version);
      if (operation == null || head == null) {
        continue;
      }
      var logged = reader.entry(operation.position());
      var entry = logged.entry();
      var intent = Objects.requireNonNull(entry.intent());
      shown.add(
          new ConflictView.Side(
              version.toString(),
              head.body(),
              entry.author().node(),
              intent.actor(),
              Instant.ofEpochMilli(entry.clock()),
              head.deleted(),
              intent.id(),
              OtherWrites.of(logged, operation.operation())));
    }
    return shown;
  }

  private static ConflictView.@Nullable Ancestor ancestor(
      @Nullable Hash base, DocumentFold.History history) {
    var head = base == null ? null : history.version(base);
    return head == null ? null : new ConflictView.Ancestor(head.version().toString(), head.body());
  }

  private static Refused unknown(String id) {
    return new Refused(ProblemCode.CONFLICT_UNKNOWN, "there is no conflict " + id);
  }
}
