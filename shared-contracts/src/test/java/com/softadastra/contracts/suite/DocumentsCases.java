package com.softadastra.contracts.suite;

import static com.softadastra.contracts.suite.Samples.BODY;
import static com.softadastra.contracts.suite.Samples.CLOCK;
import static com.softadastra.contracts.suite.Samples.LARGE_BODY;
import static com.softadastra.contracts.suite.Samples.NODE;
import static com.softadastra.contracts.suite.Samples.OTHER_NODE;
import static com.softadastra.contracts.suite.Samples.PROBLEM;
import static com.softadastra.contracts.suite.Samples.RECEIPT;
import static com.softadastra.contracts.suite.Samples.SPACE_ID;
import static com.softadastra.contracts.suite.Samples.TEXT;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.Reply;
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
import com.softadastra.contracts.documents.FieldDefinition;
import com.softadastra.contracts.documents.FieldType;
import com.softadastra.contracts.documents.Holder;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.NumberRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.PatchBody;
import com.softadastra.contracts.documents.Policy;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.documents.ReceiptState;
import com.softadastra.contracts.documents.Recorded;
import com.softadastra.contracts.documents.Resolution;
import com.softadastra.contracts.documents.SequenceDefinition;
import com.softadastra.contracts.documents.SequenceView;
import com.softadastra.contracts.documents.ShareMove;
import com.softadastra.contracts.documents.SpaceDigest;
import com.softadastra.contracts.documents.SpaceOpened;
import com.softadastra.contracts.documents.SpaceSummary;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Calls of {@link Documents}, at least one of each method. */
final class DocumentsCases {
  private static final SpaceSummary SPACE = new SpaceSummary(TEXT, SPACE_ID, 3);
  private static final CollectionSummary COLLECTION =
      new CollectionSummary(
          TEXT,
          "merge",
          true,
          3,
          new TreeMap<>(Map.of(TEXT, new FieldDefinition(FieldType.COUNTER))));
  private static final ConflictView CONFLICT =
      new ConflictView(
          "con_1",
          "orders",
          TEXT,
          ConflictState.OPEN,
          "keep",
          "concurrent",
          "2-b",
          new ConflictView.Ancestor("1-a", BODY),
          List.of(
              new ConflictView.Side(
                  "2-b",
                  BODY,
                  NODE,
                  TEXT,
                  CLOCK,
                  false,
                  "one",
                  List.of(new ConflictView.OtherWrite("orders", "8", "1-d"))),
              new ConflictView.Side("2-c", null, OTHER_NODE, null, CLOCK, true, "two", List.of())),
          CLOCK);
  private static final ConflictView ROOTLESS =
      new ConflictView(
          "con_2",
          "orders",
          "b",
          ConflictState.RESOLVED,
          "keep",
          "",
          "1-a",
          null,
          List.of(),
          CLOCK,
          List.of("/a", TEXT));
  private static final ConflictView COMPUTED =
      new ConflictView(
          "con_3",
          "orders",
          "c",
          ConflictState.RESOLVED,
          "function",
          "",
          "1-a",
          null,
          List.of(),
          CLOCK,
          List.of(),
          new ConflictView.Resolver(TEXT, "1-a", ConflictView.Turn.LAST, TEXT),
          new ConflictView.Ending("1-a", NODE, null, CLOCK, TEXT));

  private DocumentsCases() {}

  static List<ContractCase<Documents>> all() {
    var cases = new ArrayList<ContractCase<Documents>>();
    cases.addAll(spaces());
    cases.addAll(writes());
    cases.addAll(reads());
    cases.addAll(receipts());
    cases.addAll(conflicts());
    cases.addAll(divisions());
    cases.addAll(refusals());
    return cases;
  }

  private static List<ContractCase<Documents>> spaces() {
    var definition = new CollectionDefinition(Policy.MERGE, COLLECTION.fields());
    var called = CollectionDefinition.resolvedBy("pick");
    return List.of(
        ContractCase.of(
            "openSpace", Reply.of(new SpaceOpened(SPACE, true)), to -> to.openSpace(TEXT), TEXT),
        ContractCase.of("spaces", List.of(SPACE), Documents::spaces),
        ContractCase.of("spaces", List.of(), Documents::spaces),
        ContractCase.of(
            "declareCollection",
            Reply.of(new CollectionDeclared(COLLECTION, false)),
            to -> to.declareCollection("shop", TEXT, definition),
            "shop",
            TEXT,
            definition),
        ContractCase.of(
            "declareCollection",
            Reply.of(new CollectionDeclared(COLLECTION, true)),
            to -> to.declareCollection("shop", TEXT, called),
            "shop",
            TEXT,
            called),
        ContractCase.of(
            "collections",
            Reply.of(List.of(COLLECTION, CollectionSummary.undeclared("b"))),
            to -> to.collections("shop"),
            "shop"),
        ContractCase.of(
            "digest",
            Reply.of(new SpaceDigest("00ff", Long.MAX_VALUE, 0, -1)),
            to -> to.digest("shop"),
            "shop"));
  }

  private static List<ContractCase<Documents>> writes() {
    var patch = new PatchBody(PatchBody.Notation.FIELDS, BODY);
    var full =
        new IntentRequest(
            "shop",
            "int_1",
            TEXT,
            Priority.URGENT,
            List.of(
                new OperationRequest(
                    OperationKind.PUT,
                    "orders",
                    TEXT,
                    BODY,
                    null,
                    Condition.ANY,
                    null,
                    new NumberRequest("/no", TEXT)),
                new OperationRequest(
                    OperationKind.PATCH,
                    "orders",
                    "b",
                    null,
                    patch,
                    new Condition(Condition.Kind.BASE, List.of("1-a", "1-b"))),
                new OperationRequest(
                    OperationKind.DELETE,
                    "orders",
                    "c",
                    null,
                    null,
                    new Condition(Condition.Kind.MATCH, List.of("3-c")))),
            "17");
    var bare = new IntentRequest("shop", null, null, Priority.BULK, List.of());
    return List.of(
        ContractCase.of(
            "record", Reply.of(new Recorded(RECEIPT, false, true)), to -> to.record(full), full),
        ContractCase.of(
            "record", Reply.of(new Recorded(RECEIPT, true, false)), to -> to.record(bare), bare),
        resolve(new Resolution(BODY, null, false, TEXT)),
        resolve(new Resolution(null, "2-b", false, null)),
        resolve(new Resolution(null, null, true, null)));
  }

  private static ContractCase<Documents> resolve(Resolution resolution) {
    return ContractCase.of(
        "resolve",
        Reply.of(new Recorded(RECEIPT, false, false)),
        to -> to.resolve("shop", "con_1", resolution),
        "shop",
        "con_1",
        resolution);
  }

  private static List<ContractCase<Documents>> reads() {
    return List.of(
        document(new DocumentView(TEXT, "1-a", BODY, false, 2)),
        document(new DocumentView("a", "1-a", LARGE_BODY, false, 0)),
        document(new DocumentView("a", "2-d", null, true, 0)),
        ContractCase.of(
            "history",
            Reply.of(
                new DocumentHistory(
                    List.of(
                        version(OperationKind.PATCH, List.of("1-a", "1-b"), TEXT),
                        version(OperationKind.PUT, List.of(), null)),
                    Long.MAX_VALUE)),
            to -> to.history("shop", "orders", TEXT, Long.MAX_VALUE, 1),
            "shop",
            "orders",
            TEXT,
            Long.MAX_VALUE,
            1),
        ContractCase.of(
            "history",
            Reply.of(new DocumentHistory(List.of(), null)),
            to -> to.history("shop", "orders", TEXT, 0, Integer.MAX_VALUE),
            "shop",
            "orders",
            TEXT,
            0L,
            Integer.MAX_VALUE),
        ContractCase.of(
            "list",
            Reply.of(
                new DocumentPage(
                    List.of(
                        new DocumentPage.Row(TEXT, "1-a", BODY),
                        new DocumentPage.Row("b", "1-b", LARGE_BODY)),
                    TEXT)),
            to -> to.list("shop", "orders", "", Integer.MAX_VALUE),
            "shop",
            "orders",
            "",
            Integer.MAX_VALUE),
        ContractCase.of(
            "list",
            Reply.of(new DocumentPage(List.of(), null)),
            to -> to.list("shop", "orders", TEXT, 1),
            "shop",
            "orders",
            TEXT,
            1),
        ContractCase.of(
            "changes",
            Reply.of(new ChangePage(List.of(Samples.change(1), Samples.change(2)), Long.MAX_VALUE)),
            to -> to.changes("shop", Long.MIN_VALUE, -1),
            "shop",
            Long.MIN_VALUE,
            -1),
        ContractCase.ofStream(
            "follow",
            LongStream.range(0, 1_000).mapToObj(Samples::change).toList(),
            to -> to.follow("shop", 7),
            "shop",
            7L),
        ContractCase.ofStream("follow", List.of(), to -> to.follow(TEXT, 0), TEXT, 0L));
  }

  private static ContractCase<Documents> document(DocumentView view) {
    return ContractCase.of(
        "document",
        Reply.of(view),
        to -> to.document("shop", "orders", TEXT),
        "shop",
        "orders",
        TEXT);
  }

  private static DocumentHistory.Version version(
      OperationKind kind, List<String> parents, @Nullable String actor) {
    return new DocumentHistory.Version(
        "3-c", parents, 3, CLOCK, NODE, actor, "int_3", kind, false, true, false);
  }

  private static List<ContractCase<Documents>> receipts() {
    var patience = Duration.ofSeconds(3, 5);
    return List.of(
        ContractCase.of("receipt", Reply.of(RECEIPT), to -> to.receipt("shop", TEXT), "shop", TEXT),
        ContractCase.of(
            "awaitReceipt",
            Reply.of(RECEIPT),
            to -> to.awaitReceipt("shop", "int_1", ReceiptState.EVERYWHERE, patience),
            "shop",
            "int_1",
            ReceiptState.EVERYWHERE,
            patience));
  }

  private static List<ContractCase<Documents>> conflicts() {
    return Arrays.asList(
        ContractCase.of(
            "conflicts",
            Reply.of(new ConflictList(List.of(CONFLICT, ROOTLESS), Long.MAX_VALUE)),
            to -> to.conflicts("shop", ConflictState.RESOLVED, Long.MAX_VALUE, 1),
            "shop",
            ConflictState.RESOLVED,
            Long.MAX_VALUE,
            1),
        ContractCase.of(
            "conflicts",
            Reply.of(new ConflictList(List.of(), null)),
            to -> to.conflicts("shop", ConflictState.OPEN, 0, Integer.MAX_VALUE),
            "shop",
            ConflictState.OPEN,
            0L,
            Integer.MAX_VALUE),
        ContractCase.of(
            "undo",
            Reply.of(new Recorded(RECEIPT, false, false)),
            to -> to.undo("shop", "con_1", TEXT),
            "shop",
            "con_1",
            TEXT),
        ContractCase.of(
            "undo",
            Reply.of(new Recorded(RECEIPT, true, false)),
            to -> to.undo("shop", "con_1", null),
            "shop",
            "con_1",
            null),
        ContractCase.ofStream(
            "followConflicts",
            List.of(
                new ConflictChange(8, "con_0", "con_1", null),
                new ConflictChange(9, "con_1", null, CONFLICT),
                new ConflictChange(Long.MAX_VALUE, "con_2", null, null)),
            to -> to.followConflicts("shop", 7),
            "shop",
            7L),
        ContractCase.of(
            "undecided",
            Reply.of(new ConflictPage(List.of(COMPUTED, CONFLICT), Long.MAX_VALUE)),
            to -> to.undecided("shop", 7, 8),
            "shop",
            7L,
            8),
        ContractCase.of(
            "conflict", Reply.of(CONFLICT), to -> to.conflict("shop", "con_1"), "shop", "con_1"));
  }

  private static List<ContractCase<Documents>> divisions() {
    var holder = new Holder(NODE, Samples.INCARNATION, Holder.State.STRANDED);
    var amount = new BigDecimal("12345678901234567890.000000001");
    var sequence =
        new SequenceView(
            TEXT,
            TEXT,
            6,
            holder,
            Long.MAX_VALUE,
            List.of(new SequenceView.Range(holder, 1, 2)),
            List.of(new SequenceView.Numbers(3, 4)),
            List.of(new SequenceView.Numbers(5, 5)));
    var move = new ShareMove(TEXT, OTHER_NODE, amount, TEXT, null);
    var allotment = new SequenceView.Allotment(null, 7, null, TEXT);
    var definition = new SequenceDefinition(TEXT, 6);
    return List.of(
        ContractCase.of(
            "shares",
            Reply.of(
                new DocumentShares(
                    List.of(
                        new DocumentShares.Divided(
                            TEXT,
                            amount,
                            BigDecimal.ZERO,
                            List.of(new DocumentShares.Share(holder, amount)))))),
            to -> to.shares("shop", "stock", TEXT),
            "shop",
            "stock",
            TEXT),
        ContractCase.of(
            "moveShare",
            Reply.of(new Recorded(RECEIPT, false, false)),
            to -> to.moveShare("shop", "stock", TEXT, move),
            "shop",
            "stock",
            TEXT,
            move),
        ContractCase.of(
            "declareSequence",
            Reply.of(new SequenceView.Declared(sequence, true)),
            to -> to.declareSequence("shop", TEXT, definition),
            "shop",
            TEXT,
            definition),
        ContractCase.of(
            "sequence", Reply.of(sequence), to -> to.sequence("shop", TEXT), "shop", TEXT),
        ContractCase.of(
            "allotNumbers",
            Reply.of(new Recorded(RECEIPT, false, false)),
            to -> to.allotNumbers("shop", TEXT, allotment),
            "shop",
            TEXT,
            allotment));
  }

  private static List<ContractCase<Documents>> refusals() {
    var cases = new ArrayList<ContractCase<Documents>>();
    cases.add(
        ContractCase.of("openSpace", Reply.refused(PROBLEM), to -> to.openSpace("shop"), "shop"));
    cases.add(ContractCase.of("digest", new Refused(PROBLEM), to -> to.digest("shop"), "shop"));
    cases.add(
        ContractCase.ofFailingStream(
            "follow", new Refused(PROBLEM), to -> to.follow("shop", 1), "shop", 1L));
    for (var code : ProblemCode.values()) {
      cases.add(
          ContractCase.of(
              "receipt",
              Reply.refused(Problem.of(code, "")),
              to -> to.receipt("shop", "int_1"),
              "shop",
              "int_1"));
    }
    return cases;
  }
}
