package com.softadastra.runtime;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.Reply;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Change;
import com.softadastra.contracts.documents.Change.ChangedDocument;
import com.softadastra.contracts.documents.ChangePage;
import com.softadastra.contracts.documents.CollectionDeclared;
import com.softadastra.contracts.documents.CollectionDefinition;
import com.softadastra.contracts.documents.CollectionSummary;
import com.softadastra.contracts.documents.ConflictChange;
import com.softadastra.contracts.documents.ConflictList;
import com.softadastra.contracts.documents.ConflictPage;
import com.softadastra.contracts.documents.ConflictState;
import com.softadastra.contracts.documents.ConflictView;
import com.softadastra.contracts.documents.DeliveryState;
import com.softadastra.contracts.documents.DocumentHistory;
import com.softadastra.contracts.documents.DocumentPage;
import com.softadastra.contracts.documents.DocumentShares;
import com.softadastra.contracts.documents.DocumentView;
import com.softadastra.contracts.documents.Documents;
import com.softadastra.contracts.documents.Holder;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
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
import com.softadastra.contracts.http.Fields;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/**
 * One space {@code shop} and whatever is opened besides, without merging: a patch replaces the
 * document by the patch's text, and there is never more than one head.
 */
public final class InMemoryDocuments implements Documents {
  public static final NodeId NODE = new NodeId(Hash.sha256(new byte[] {1}));
  public static final NodeId PEER = new NodeId(Hash.sha256(new byte[] {2}));
  public static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

  private record Stored(IntentRequest request, Recorded recorded) {}

  private final Map<String, TreeMap<String, DocumentView>> spaces = new HashMap<>();
  private final Map<String, Stored> intents = new HashMap<>();
  private final List<Change> changes = new ArrayList<>();
  private final Sinks.Many<Change> live = Sinks.many().multicast().directBestEffort();
  private IntentRequest last;

  /** Counted down when a feed's subscription is cancelled. */
  public volatile CountDownLatch cancelled = new CountDownLatch(1);

  public volatile ReceiptState reached = ReceiptState.RECORDED;
  public volatile RuntimeException failure;
  public volatile RuntimeException failureWhileWaiting;
  public volatile Resolution resolved;
  public volatile String undoneBy;

  public InMemoryDocuments() {
    spaces.put("shop", new TreeMap<>());
  }

  /** As new; feeds that are open go on. */
  public synchronized void clear() {
    spaces.clear();
    spaces.put("shop", new TreeMap<>());
    intents.clear();
    changes.clear();
  }

  /** The intent that was recorded last. */
  public synchronized IntentRequest last() {
    return last;
  }

  @Override
  public synchronized Reply<SpaceOpened> openSpace(String space) {
    fail();
    boolean created = spaces.putIfAbsent(space, new TreeMap<>()) == null;
    return Reply.of(new SpaceOpened(summary(space), created));
  }

  @Override
  public synchronized List<SpaceSummary> spaces() {
    fail();
    return spaces.keySet().stream().sorted().map(InMemoryDocuments::summary).toList();
  }

  private static SpaceSummary summary(String space) {
    return new SpaceSummary(space, new SpaceId(Hash.sha256(space.getBytes())), 1);
  }

  @Override
  public Reply<CollectionDeclared> declareCollection(
      String space, String collection, CollectionDefinition definition) {
    return Reply.from(() -> {
      known(space);
      return new CollectionDeclared(
          new CollectionSummary(
              collection, Fields.wireName(definition.policy()), true, 1, definition.fields()),
          true);
    });
  }

  @Override
  public Reply<List<CollectionSummary>> collections(String space) {
    return Reply.from(() -> {
      known(space);
      return List.of(CollectionSummary.undeclared("things"));
    });
  }

  @Override
  public synchronized Reply<Recorded> record(IntentRequest intent) {
    return Reply.from(() -> recorded(intent));
  }

  private Recorded recorded(IntentRequest intent) {
    fail();
    last = intent;
    var documents = known(intent.space());
    String id = intent.id() == null ? "i" + (changes.size() + 1) : intent.id();
    var before = intents.get(id);
    if (before != null) {
      if (!before.request().equals(intent)) {
        throw new Refused(ProblemCode.INTENT_MISMATCH, "other content");
      }
      return new Recorded(before.recorded().receipt(), true, before.recorded().created());
    }
    intent.operations().forEach(operation -> check(documents, operation));
    boolean created = false;
    var operations = new ArrayList<Receipt.OperationReceipt>();
    var changed = new ArrayList<ChangedDocument>();
    long position = changes.size() + 1;
    for (int i = 0; i < intent.operations().size(); i++) {
      var operation = intent.operations().get(i);
      String version = "v" + position + "." + i;
      boolean deleted = operation.op() == OperationKind.DELETE;
      var body = operation.patch() == null ? operation.body() : operation.patch().text();
      var view = new DocumentView(operation.id(), version, body, deleted, 0);
      boolean isNew = documents.put(key(operation.collection(), operation.id()), view) == null;
      created |= i == 0 && isNew;
      operations.add(
          new Receipt.OperationReceipt(operation.collection(), operation.id(), version, false));
      changed.add(new ChangedDocument(operation.collection(), operation.id(), version, deleted));
    }
    var delivery =
        new Receipt.Delivery(PEER, "till", DeliveryState.QUEUED, null, null, 0, null, null);
    var receipt =
        new Receipt(
            id,
            intent.space(),
            position,
            ReceiptState.RECORDED,
            NOW,
            operations,
            List.of(delivery));
    var recorded = new Recorded(receipt, false, created);
    intents.put(id, new Stored(intent, recorded));
    var change = new Change(position, id, NODE, NOW, changed);
    changes.add(change);
    live.tryEmitNext(change);
    return recorded;
  }

  private static void check(Map<String, DocumentView> documents, OperationRequest operation) {
    var current = documents.get(key(operation.collection(), operation.id()));
    boolean there = current != null && !current.deleted();
    boolean met =
        switch (operation.condition().kind()) {
          case ANY, BASE -> true;
          case ABSENT -> !there;
          case EXISTS -> there;
          case MATCH, HEADS ->
              there && operation.condition().versions().contains(current.version());
        };
    if (!met) {
      throw new Refused(
          Problem.of(ProblemCode.VERSION_MISMATCH, "another version")
              .with("version", current == null ? "" : current.version()));
    }
    if (operation.op() != OperationKind.PUT && current == null) {
      throw new Refused(ProblemCode.DOCUMENT_UNKNOWN, "never existed");
    }
  }

  private static String key(String collection, String id) {
    return collection + "/" + id;
  }

  private TreeMap<String, DocumentView> known(String space) {
    fail();
    var documents = spaces.get(space);
    if (documents == null) {
      throw new Refused(ProblemCode.SPACE_UNKNOWN, "no such space");
    }
    return documents;
  }

  private void fail() {
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public synchronized Reply<DocumentView> document(String space, String collection, String id) {
    return Reply.from(() -> {
      var view = known(space).get(key(collection, id));
      if (view == null) {
        throw new Refused(ProblemCode.DOCUMENT_UNKNOWN, "never existed");
      }
      return view;
    });
  }

  @Override
  public Reply<DocumentHistory> history(
      String space, String collection, String id, long after, int limit) {
    return Reply.from(() -> {
      var view = document(space, collection, id).orThrow();
      return new DocumentHistory(
          List.of(
              new DocumentHistory.Version(
                  view.version(),
                  List.of(),
                  1,
                  NOW,
                  NODE,
                  null,
                  "i1",
                  OperationKind.PUT,
                  view.deleted(),
                  true,
                  true)),
          after == 0 && limit == 1 ? 7L : null);
    });
  }

  @Override
  public synchronized Reply<DocumentPage> list(
      String space, String collection, String after, int limit) {
    return Reply.from(() -> {
      var rows =
          known(space).entrySet().stream()
              .filter(entry -> entry.getKey().startsWith(collection + "/"))
              .map(Map.Entry::getValue)
              .filter(view -> !view.deleted() && view.id().compareTo(after) > 0)
              .map(view -> new DocumentPage.Row(view.id(), view.version(), view.body()))
              .toList();
      return rows.size() <= limit
          ? new DocumentPage(rows, null)
          : new DocumentPage(rows.subList(0, limit), rows.get(limit - 1).id());
    });
  }

  @Override
  public synchronized Reply<Receipt> receipt(String space, String intent) {
    return Reply.from(() -> {
      known(space);
      var stored = intents.get(intent);
      if (stored == null) {
        throw new Refused(ProblemCode.INTENT_UNKNOWN, "no such intent");
      }
      return stored.recorded().receipt();
    });
  }

  @Override
  public Reply<Receipt> awaitReceipt(
      String space, String intent, ReceiptState level, Duration patience) {
    if (failureWhileWaiting != null) {
      throw failureWhileWaiting;
    }
    return Reply.from(() -> {
      var receipt = receipt(space, intent).orThrow();
      return new Receipt(
          intent,
          space,
          receipt.position(),
          reached,
          NOW,
          receipt.operations(),
          receipt.deliveries());
    });
  }

  @Override
  public synchronized Reply<ChangePage> changes(String space, long since, int limit) {
    return Reply.from(() -> {
      known(space);
      var page = changes.stream().filter(change -> change.position() > since).limit(limit).toList();
      return new ChangePage(page, page.isEmpty() ? since : page.getLast().position());
    });
  }

  @Override
  public synchronized Flux<Change> follow(String space, long since) {
    return Flux.concat(Flux.fromIterable(List.copyOf(changes)), live.asFlux())
        .filter(change -> change.position() > since)
        .doOnCancel(() -> cancelled.countDown());
  }

  @Override
  public Reply<ConflictList> conflicts(String space, ConflictState state, long after, int limit) {
    return Reply.from(() -> {
      known(space);
      return new ConflictList(
          after == 0 ? List.of(conflict(state)) : List.of(), after == 0 && limit == 1 ? 7L : null);
    });
  }

  @Override
  public synchronized Flux<ConflictChange> followConflicts(String space, long since) {
    return Flux.fromIterable(
            List.of(
                new ConflictChange(1, "c0", "c1", null),
                new ConflictChange(2, "c1", null, conflict(ConflictState.OPEN))))
        .concatWith(Flux.never())
        .filter(change -> change.change() > since);
  }

  @Override
  public Reply<ConflictView> conflict(String space, String id) {
    return Reply.from(() -> {
      known(space);
      if (!id.equals("c1")) {
        throw new Refused(ProblemCode.CONFLICT_UNKNOWN, "no such conflict");
      }
      return conflict(ConflictState.OPEN);
    });
  }

  @Override
  public Reply<ConflictPage> undecided(String space, long since, int limit) {
    return Reply.of(new ConflictPage(List.of(), since));
  }

  private static ConflictView conflict(ConflictState state) {
    return new ConflictView(
        "c1", "things", "a", state, "keep", "concurrent", "v1", null, List.of(), NOW);
  }

  @Override
  public Reply<Recorded> resolve(String space, String id, Resolution resolution) {
    return Reply.from(() -> {
      conflict(space, id).orThrow();
      resolved = resolution;
      var receipt = new Receipt("r1", space, 1, ReceiptState.RECORDED, NOW, List.of(), List.of());
      return new Recorded(receipt, false, false);
    });
  }

  @Override
  public Reply<Recorded> undo(String space, String id, String actor) {
    return Reply.from(() -> {
      conflict(space, id).orThrow();
      undoneBy = actor;
      var receipt = new Receipt("u1", space, 1, ReceiptState.RECORDED, NOW, List.of(), List.of());
      return new Recorded(receipt, false, false);
    });
  }

  @Override
  public Reply<SpaceDigest> digest(String space) {
    return Reply.from(() -> {
      known(space);
      return new SpaceDigest("d", 1, 2, 3);
    });
  }

  private DocumentShares shares = new DocumentShares(List.of());
  private final Map<String, SequenceView> sequences = new TreeMap<>();

  /** What was asked to be moved or allotted last. */
  public volatile Object moved;

  @Override
  public synchronized Reply<DocumentShares> shares(String space, String collection, String id) {
    return Reply.from(() -> {
      known(space);
      return shares;
    });
  }

  @Override
  public synchronized Reply<Recorded> moveShare(
      String space, String collection, String id, ShareMove move) {
    return Reply.from(() -> {
      known(space);
      if (move.amount().intValue() > 10) {
        throw new Refused(Problem.of(ProblemCode.SHARE_EXHAUSTED, "too much").with("left", "10"));
      }
      moved = move;
      var holder = new Holder(move.to(), Incarnation.of(new byte[16]), Holder.State.CURRENT);
      shares =
          new DocumentShares(
              List.of(
                  new DocumentShares.Divided(
                      move.field(),
                      move.amount(),
                      BigDecimal.ZERO,
                      List.of(new DocumentShares.Share(holder, move.amount())))));
      return recorded(
          new IntentRequest(space, move.intent(), move.actor(), Priority.NORMAL, List.of()));
    });
  }

  @Override
  public synchronized Reply<SequenceView.Declared> declareSequence(
      String space, String sequence, SequenceDefinition definition) {
    return Reply.from(() -> {
      known(space);
      var keeper =
          new Holder(
              new NodeId(Hash.sha256(new byte[1])), Incarnation.of(new byte[16]), Holder.State.OWN);
      var view =
          new SequenceView(
              sequence,
              definition.prefix(),
              definition.width(),
              keeper,
              1,
              List.of(new SequenceView.Range(keeper, 3, 4)),
              List.of(new SequenceView.Numbers(1, 1)),
              List.of(new SequenceView.Numbers(2, 2)));
      boolean created = sequences.put(sequence, view) == null;
      return new SequenceView.Declared(view, created);
    });
  }

  @Override
  public synchronized Reply<SequenceView> sequence(String space, String sequence) {
    return Reply.from(() -> {
      known(space);
      var view = sequences.get(sequence);
      if (view == null) {
        throw new Refused(ProblemCode.SEQUENCE_UNKNOWN, "no sequence " + sequence);
      }
      return view;
    });
  }

  @Override
  public synchronized Reply<Recorded> allotNumbers(
      String space, String sequence, SequenceView.Allotment allotment) {
    return Reply.from(() -> {
      sequence(space, sequence).orThrow();
      if (allotment.count() > 100) {
        throw new Refused(ProblemCode.RANGE_EXHAUSTED, "too many");
      }
      moved = allotment;
      return recorded(
          new IntentRequest(
              space, allotment.intent(), allotment.actor(), Priority.NORMAL, List.of()));
    });
  }
}
