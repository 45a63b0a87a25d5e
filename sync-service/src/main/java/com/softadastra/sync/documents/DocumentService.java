package com.softadastra.sync.documents;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.Reply;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Change;
import com.softadastra.contracts.documents.ChangePage;
import com.softadastra.contracts.documents.CollectionDeclared;
import com.softadastra.contracts.documents.CollectionDefinition;
import com.softadastra.contracts.documents.CollectionSummary;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.ConflictChange;
import com.softadastra.contracts.documents.ConflictList;
import com.softadastra.contracts.documents.ConflictPage;
import com.softadastra.contracts.documents.ConflictState;
import com.softadastra.contracts.documents.ConflictView;
import com.softadastra.contracts.documents.DocumentHistory;
import com.softadastra.contracts.documents.DocumentPage;
import com.softadastra.contracts.documents.DocumentShares;
import com.softadastra.contracts.documents.DocumentView;
import com.softadastra.contracts.documents.Documents;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.PatchBody;
import com.softadastra.contracts.documents.Policy;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.documents.Receipt;
import com.softadastra.contracts.documents.ReceiptState;
import com.softadastra.contracts.documents.Recorded;
import com.softadastra.contracts.documents.Resolution;
import com.softadastra.contracts.documents.SequenceDefinition;
import com.softadastra.contracts.documents.SequenceView;
import com.softadastra.contracts.documents.ShareMove;
import com.softadastra.contracts.documents.SpaceDigest;
import com.softadastra.contracts.documents.SpaceOpened;
import com.softadastra.contracts.documents.SpaceSummary;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.document.Definition;
import com.softadastra.engine.document.DocumentFold;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.space.Definitions;
import com.softadastra.engine.space.DocumentUpdate;
import com.softadastra.engine.space.Recorder;
import com.softadastra.sync.storage.Readers;
import com.softadastra.sync.storage.Recording;
import com.softadastra.sync.storage.Storage;
import com.softadastra.sync.storage.Watermark;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/** The sync engine as the runtime sees it, on the storage of this node. */
public final class DocumentService implements Documents {
  private static final int ATTEMPTS = 10;

  /** So long are the bodies of a page, all together, when it takes no more. */
  private static final int PAGE_LENGTH = 4 << 20;

  private final Storage storage;
  private final Recording recording;
  private final Readers readers;
  private final SpaceNames names;
  private final Receipts receipts;
  private final Conflicts conflicts;
  private final CollectionDirectory collections;
  private final Divisions divisions;
  private final Feeds feeds;
  private final Settlements settlements;

  public DocumentService(
      Storage storage, SpaceNames names, Receipts receipts, CollectionDirectory collections) {
    this.storage = storage;
    this.recording = storage.recording();
    this.readers = storage.readers();
    this.names = names;
    this.receipts = receipts;
    this.conflicts = new Conflicts(storage);
    this.collections = collections;
    this.divisions = new Divisions(storage, names);
    this.feeds = new Feeds(storage.watermark());
    this.settlements = new Settlements(readers);
  }

  @Override
  public Reply<SpaceOpened> openSpace(String space) {
    return Reply.from(() -> {
      boolean created =
          names.find(space).isEmpty()
              && Watermark.answered(recording.administer(() -> names.open(space)));
      return new SpaceOpened(summary(space), created);
    });
  }

  @Override
  public List<SpaceSummary> spaces() {
    return names.all().keySet().stream().map(this::summary).toList();
  }

  private SpaceSummary summary(String space) {
    return new SpaceSummary(
        space, names.id(space), names.view(space).membership().members().size());
  }

  @Override
  public Reply<CollectionDeclared> declareCollection(
      String space, String collection, CollectionDefinition definition) {
    return Reply.from(() -> {
      requireHonoured(definition);
      var id = names.id(space);
      var first = Definitions.current(collections.definitions(id, collection));
      boolean same =
          first.known()
              && first.name() != null
              && Definition.body(1, first.declared()).equals(Definition.body(1, definition));
      if (!same) {
        onCurrent(() ->
            Watermark.answered(
                recording.submit(
                    id,
                    CollectionDirectory.declaration(
                        space, collection, definition, collections.definitions(id, collection)))));
      }
      var now = Definitions.current(collections.definitions(id, collection));
      return shown(
          new CollectionDeclared(
              CollectionDirectory.summary(collection, now), first.name() == null));
    });
  }

  private static void requireHonoured(CollectionDefinition definition) {
    var misdeclared = Definition.misdeclared(definition);
    if (misdeclared.isPresent()) {
      throw new Refused(Problem.ofField(ProblemCode.INVALID_REQUEST, "fields", misdeclared.get()));
    }
    boolean calls = definition.policy() == Policy.FUNCTION;
    boolean misnamed =
        calls && !Definition.of(Definition.body(1, definition)).orElseThrow().known();
    if (misnamed || calls != (definition.resolver() != null)) {
      throw new Refused(
          Problem.ofField(
              ProblemCode.INVALID_REQUEST,
              "resolver",
              "is the name of the function that the policy function decides by"));
    }
    if (definition.policy() != Policy.MERGE && !definition.fields().isEmpty()) {
      throw new Refused(
          Problem.ofField(
              ProblemCode.NOT_SUPPORTED, "fields", "have types under the policy merge alone"));
    }
    boolean ranks = definition.policy() == Policy.LOCAL_ROLE;
    boolean labelled = !definition.labels().isEmpty();
    if (ranks != labelled || !Definition.of(Definition.body(1, definition)).orElseThrow().known()) {
      throw new Refused(
          Problem.ofField(
              ProblemCode.INVALID_REQUEST,
              "labels",
              "are what the policy local-role decides by, from 1 to 16, each once"));
    }
  }

  /** Makes a write on what is there, and again where another write came before it. */
  private static <T> T onCurrent(Supplier<T> write) {
    for (int attempt = 1; ; attempt++) {
      try {
        return write.get();
      } catch (Refused refused) {
        if (refused.problem().code() != ProblemCode.VERSION_MISMATCH || attempt == ATTEMPTS) {
          throw refused;
        }
      }
    }
  }

  @Override
  public Reply<List<CollectionSummary>> collections(String space) {
    return Reply.from(() -> shown(collections.list(names.id(space))));
  }

  @Override
  public Reply<Recorded> record(IntentRequest intent) {
    return Reply.from(() -> {
      if (intent.operations().stream()
          .anyMatch(operation -> Operation.isReserved(operation.collection()))) {
        throw new Refused(
            Problem.ofField(
                ProblemCode.INVALID_REQUEST, "collection", "is one of the engine's own"));
      }
      return recorded(intent);
    });
  }

  private Recorded recorded(IntentRequest intent) {
    var space = names.id(intent.space());
    var outcome = Watermark.answered(recording.submit(space, settlements.settling(space, intent)));
    var receipt = receipts.of(intent.space(), outcome.entry(), outcome.disputed()::contains);
    boolean created = outcome.replayed() ? createdThen(outcome.entry()) : outcome.created();
    return new Recorded(receipt, outcome.replayed(), created);
  }

  /**
   * Whether an intent's first operation made a document that was not there, as its first answer
   * said.
   */
  private boolean createdThen(LoggedEntry logged) {
    var operation = logged.entry().operations().getFirst();
    if (!(operation.change() instanceof com.softadastra.engine.log.Change.Put)) {
      return false;
    }
    return operation.parents().isEmpty()
        || readers.answer(reader -> {
          var history = history(key(logged, operation), reader);
          return operation.parents().stream()
              .map(history::version)
              .allMatch(parent -> parent == null || parent.deleted());
        });
  }

  @Override
  public Reply<DocumentView> document(String space, String collection, String id) {
    return Reply.from(() -> {
      var key = new DocumentKey(names.id(space), collection, id);
      var state =
          readers
              .answer(reader -> Optional.ofNullable(reader.document(key)))
              .filter(DocumentState::exists)
              .orElseThrow(() -> unknown(id));
      shown(state);
      return new DocumentView(
          id, state.version().toString(), state.body(), state.deleted(), state.disputed() ? 1 : 0);
    });
  }

  @Override
  public Reply<DocumentHistory> history(
      String space, String collection, String id, long after, int limit) {
    return Reply.from(() -> {
      var key = new DocumentKey(names.id(space), collection, id);
      return shown(
          readers
              .answer(reader -> history(key, after, limit, reader))
              .orElseThrow(() -> unknown(id)));
    });
  }

  /** A version goes by its entry's position: entries of one intent have the same version. */
  private static Optional<DocumentHistory> history(
      DocumentKey key, long after, int limit, Readers.Reader reader) {
    var state = reader.document(key);
    if (state == null) {
      return Optional.empty();
    }
    var known = DocumentUpdate.operations(key, state.lastPosition(), reader);
    var history = new DocumentFold.History(key, known);
    var versions = new ArrayList<DocumentHistory.Version>();
    Long last = null;
    for (var operation : known.reversed()) {
      if (after > 0 && operation.position() >= after) {
        continue;
      }
      if (versions.size() == limit) {
        return Optional.of(new DocumentHistory(versions, last));
      }
      last = operation.position();
      var logged = reader.entry(operation.position());
      var intent = Objects.requireNonNull(logged.entry().intent());
      var head = history.version(operation.version());
      versions.add(
          new DocumentHistory.Version(
              operation.version().toString(),
              operation.operation().parents().stream().map(Object::toString).toList(),
              head == null ? 0 : head.generation(),
              Instant.ofEpochMilli(logged.entry().clock()),
              logged.entry().author().node(),
              intent.actor(),
              intent.id(),
              kind(operation.operation().change()),
              operation.operation().deletes(),
              operation.effective() && state.head(operation.version()).isPresent(),
              operation.effective()));
    }
    return Optional.of(new DocumentHistory(versions, null));
  }

  private static OperationKind kind(com.softadastra.engine.log.Change change) {
    return switch (change) {
      case com.softadastra.engine.log.Change.Put _ -> OperationKind.PUT;
      case com.softadastra.engine.log.Change.Patch _ -> OperationKind.PATCH;
      case com.softadastra.engine.log.Change.Delete _ -> OperationKind.DELETE;
      case com.softadastra.engine.log.Change.Difference _ -> OperationKind.PUT;
      case com.softadastra.engine.log.Change.Undo(_, var restoring) -> kind(restoring);
    };
  }

  @Override
  public Reply<DocumentPage> list(String space, String collection, String after, int limit) {
    return Reply.from(() -> {
      var id = names.id(space);
      return shown(
          readers.answer(reader -> {
            var ids = liveAfter(id, collection, after, limit + 1, reader);
            var rows = new ArrayList<DocumentPage.Row>();
            int most = Math.min(ids.size(), limit);
            int looked = 0;
            for (long length = 0; looked < most && length < PAGE_LENGTH; looked++) {
              var row = row(new DocumentKey(id, collection, ids.get(looked)), reader);
              row.ifPresent(rows::add);
              length += row.map(each -> each.body().text().length()).orElse(0);
            }
            return new DocumentPage(rows, looked < ids.size() ? ids.get(looked - 1) : null);
          }));
    });
  }

  /** A document of a page; empty where it has been deleted meanwhile. */
  private static Optional<DocumentPage.Row> row(DocumentKey key, Readers.Reader reader) {
    return Optional.ofNullable(reader.document(key))
        .filter(DocumentState::exists)
        .flatMap(state ->
            Optional.ofNullable(state.body())
                .map(body -> new DocumentPage.Row(key.id(), state.version().toString(), body)));
  }

  private static List<String> liveAfter(
      SpaceId space, String collection, String after, int limit, Readers.Reader reader)
      throws SQLException {
    var ids = new ArrayList<String>();
    var number = reader.collectionNo(space, collection);
    if (number.isEmpty()) {
      return ids;
    }
    try (var select =
        reader
            .connection()
            .prepareStatement(
                "select id from document where collection_no = ? and id > ? and live"
                    + " order by id limit ?")) {
      select.setInt(1, number.get());
      select.setString(2, after);
      select.setInt(3, limit);
      try (var row = select.executeQuery()) {
        while (row.next()) {
          ids.add(row.getString(1));
        }
      }
    }
    return ids;
  }

  @Override
  public Reply<Receipt> receipt(String space, String intent) {
    return Reply.from(() -> receipt(space, shown(entry(space, intent))));
  }

  @Override
  public Reply<Receipt> awaitReceipt(
      String space, String intent, ReceiptState level, Duration patience) {
    return Reply.from(() -> {
      var entry = shown(entry(space, intent));
      storage.watermark().await(() -> receipts.state(entry).compareTo(level) >= 0, patience);
      return receipt(space, entry);
    });
  }

  /** The receipt of an intent as its documents stand now. */
  private Receipt receipt(String space, LoggedEntry entry) {
    return storage
        .readers()
        .answer(reader ->
            receipts.of(
                space,
                entry,
                key -> {
                  var state = reader.document(key);
                  return state != null && state.disputed();
                }));
  }

  private LoggedEntry entry(String space, String intent) {
    var id = names.id(space);
    return readers
        .answer(reader -> reader.intent(id, intent))
        .orElseThrow(() ->
            new Refused(ProblemCode.INTENT_UNKNOWN, "space " + space + " has no intent " + intent));
  }

  @Override
  public Reply<ChangePage> changes(String space, long since, int limit) {
    return Reply.from(() -> {
      var id = names.id(space);
      var page = changes(id, since, limit);
      return new ChangePage(page.items(), page.next());
    });
  }

  @Override
  public Flux<Change> follow(String space, long since) {
    return feeds.of(
        "follow-" + space, () -> names.id(space), since, recording::durable, this::changes);
  }

  /** What the next entries after a position change, of which there are at most so many. */
  private Feeds.Page<Change> changes(SpaceId space, long since, int limit) {
    long end = recording.durable();
    return readers.answer(reader -> {
      var changes = new ArrayList<Change>();
      var last =
          new Object() {
            int entries;
            long position = since;
          };
      reader.forEachAfter(
          space,
          since,
          end,
          logged -> {
            change(logged).ifPresent(changes::add);
            last.position = logged.position();
            return ++last.entries < limit;
          });
      return new Feeds.Page<>(changes, last.entries < limit ? Math.max(since, end) : last.position);
    });
  }

  @Override
  public Flux<ConflictChange> followConflicts(String space, long since) {
    return feeds.of(
        "conflicts-" + space,
        () -> names.id(space),
        since,
        recording::disputes,
        (id, from, limit) -> shown(conflicts.changedAfter(id, from, limit)));
  }

  private static Optional<Change> change(LoggedEntry logged) {
    var intent = logged.entry().intent();
    if (intent == null || !logged.standing().effective()) {
      return Optional.empty();
    }
    var operations =
        intent.operations().stream()
            .filter(operation -> !operation.isReserved())
            .map(operation ->
                new Change.ChangedDocument(
                    operation.collection(),
                    operation.id(),
                    DocumentUpdate.version(logged, operation).toString(),
                    operation.deletes()))
            .toList();
    if (operations.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Change(
            logged.position(),
            intent.id(),
            logged.entry().author().node(),
            Instant.ofEpochMilli(logged.entry().clock()),
            operations));
  }

  @Override
  public Reply<ConflictList> conflicts(String space, ConflictState state, long after, int limit) {
    return Reply.from(() -> shown(conflicts.list(names.id(space), state, after, limit)));
  }

  @Override
  public Reply<ConflictPage> undecided(String space, long since, int limit) {
    return Reply.from(() -> {
      var page = shown(conflicts.undecided(names.id(space), since, limit));
      return new ConflictPage(page.items(), page.next());
    });
  }

  @Override
  public Reply<ConflictView> conflict(String space, String id) {
    return Reply.from(() -> shown(conflicts.find(names.id(space), id).view()));
  }

  @Override
  public Reply<Recorded> resolve(String space, String id, Resolution resolution) {
    // a function has seen what it decided on; a person means the conflict, as it is now
    return Reply.from(() ->
        resolution.by() == null
            ? onCurrent(() -> ended(space, id, resolution))
            : ended(space, id, resolution));
  }

  private Recorded ended(String space, String id, Resolution resolution) {
    var found = conflicts.find(names.id(space), id);
    if (found.view().state() != ConflictState.OPEN) {
      throw new Refused(ProblemCode.CONFLICT_RESOLVED, "conflict " + id + " is resolved");
    }
    var state = found.state();
    var by = resolution.by();
    var version = state.version().toString();
    if (by != null && !by.on().equals(version)) {
      throw new Refused(
          Problem.of(
                  ProblemCode.VERSION_MISMATCH,
                  "document " + state.key().id() + " is at version " + version)
              .with("version", version));
    }
    var body = resolution.delete() ? null : chosen(resolution, found.view());
    return record(resolving(space, state, body, resolution.actor(), by)).orThrow();
  }

  /**
   * What ends an open conflict: a write on all heads that there are, refused where there are others
   * by the time it is recorded.
   *
   * @param body null for a deletion
   * @param by the function that has decided, null where somebody did
   */
  public static IntentRequest resolving(
      String space,
      DocumentState state,
      @Nullable JsonText body,
      @Nullable String actor,
      Resolution.@Nullable Function by) {
    var operation =
        new OperationRequest(
            body == null ? OperationKind.DELETE : OperationKind.PUT,
            state.key().collection(),
            state.key().id(),
            body,
            null,
            new Condition(
                Condition.Kind.HEADS,
                state.headVersions().stream().map(Object::toString).toList()));
    return new IntentRequest(
        space,
        Recorder.resolutionId(state, body),
        actor,
        Priority.NORMAL,
        List.of(operation),
        null,
        by == null ? null : by.name());
  }

  @Override
  public Reply<Recorded> undo(String space, String id, @Nullable String actor) {
    return Reply.from(() ->
        onCurrent(() -> {
          var found = conflicts.find(names.id(space), id);
          var undo = found.undo();
          if (undo == null) {
            throw new Refused(ProblemCode.CONFLICT_NOT_UNDOABLE, found.why());
          }
          return record(undoing(space, actor, undo, found.state())).orThrow();
        }));
  }

  /** What takes back how a conflict came out. */
  public static IntentRequest undoing(
      String space,
      @Nullable String actor,
      com.softadastra.engine.log.Change.Undo undo,
      DocumentState state) {
    var restoring = undo.restoring();
    var operation =
        new OperationRequest(
            kind(restoring),
            state.key().collection(),
            state.key().id(),
            restoring instanceof com.softadastra.engine.log.Change.Put(var body) ? body : null,
            restoring instanceof com.softadastra.engine.log.Change.Patch(var notation, var text)
                ? new PatchBody(notation, text)
                : null,
            new Condition(Condition.Kind.MATCH, List.of(state.version().toString())),
            undo.conflict().toString());
    return new IntentRequest(
        space, Recorder.undoId(state, undo.conflict()), actor, Priority.NORMAL, List.of(operation));
  }

  private static @Nullable JsonText chosen(Resolution resolution, ConflictView conflict) {
    if (resolution.body() != null) {
      return resolution.body();
    }
    for (var side : conflict.sides()) {
      if (side.version().equals(resolution.version())) {
        return side.body();
      }
    }
    var ancestor = conflict.ancestor();
    if (ancestor != null && ancestor.version().equals(resolution.version())) {
      return ancestor.body();
    }
    throw new Refused(
        Problem.ofField(
            ProblemCode.INVALID_REQUEST, "version", "must be one of the conflict's versions"));
  }

  @Override
  public Reply<SpaceDigest> digest(String space) {
    return Reply.from(() -> {
      var id = names.id(space);
      var entries = names.view(space).entries();
      return shown(readers.answer(reader -> StateDigest.of(id, entries, reader)));
    });
  }

  @Override
  public Reply<DocumentShares> shares(String space, String collection, String id) {
    return Reply.from(
        () -> shown(divisions.shares(space, collection, id).orElseThrow(() -> unknown(id))));
  }

  @Override
  public Reply<Recorded> moveShare(String space, String collection, String id, ShareMove move) {
    return Reply.from(() ->
        recorded(
            new IntentRequest(
                space,
                move.intent(),
                move.actor(),
                Priority.NORMAL,
                List.of(divisions.move(space, collection, id, move)))));
  }

  @Override
  public Reply<SequenceView.Declared> declareSequence(
      String space, String sequence, SequenceDefinition definition) {
    return Reply.from(() ->
        onCurrent(() -> {
          var known = divisions.sequence(space, sequence);
          if (known.isEmpty()) {
            recorded(divisions.declaration(space, sequence, definition));
          } else if (!known.get().prefix().equals(definition.prefix())
              || known.get().width() != definition.width()) {
            throw new Refused(
                Problem.ofField(
                    ProblemCode.NOT_SUPPORTED,
                    "prefix",
                    "and width of a sequence stay as they are"));
          }
          var view = divisions.sequence(space, sequence).orElseThrow();
          return shown(new SequenceView.Declared(view, known.isEmpty()));
        }));
  }

  @Override
  public Reply<SequenceView> sequence(String space, String sequence) {
    return Reply.from(() ->
        shown(divisions.sequence(space, sequence).orElseThrow(() -> Divisions.unknown(sequence))));
  }

  @Override
  public Reply<Recorded> allotNumbers(
      String space, String sequence, SequenceView.Allotment allotment) {
    return Reply.from(
        () -> onCurrent(() -> recorded(divisions.allotment(space, sequence, allotment))));
  }

  static DocumentFold.History history(DocumentKey key, Readers.Reader reader) {
    DocumentState state = reader.document(key);
    return new DocumentFold.History(
        key,
        state == null ? List.of() : DocumentUpdate.operations(key, state.lastPosition(), reader));
  }

  private static DocumentKey key(LoggedEntry logged, Operation operation) {
    return new DocumentKey(logged.entry().space(), operation.collection(), operation.id());
  }

  private static Refused unknown(String id) {
    return new Refused(ProblemCode.DOCUMENT_UNKNOWN, "document " + id + " never existed here");
  }

  private <T> T shown(T answer) {
    return storage.watermark().shown(answer);
  }
}
