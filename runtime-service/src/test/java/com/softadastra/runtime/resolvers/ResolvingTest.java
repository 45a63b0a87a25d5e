package com.softadastra.runtime.resolvers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.LayerUnreachable;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.Reply;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.ConflictPage;
import com.softadastra.contracts.documents.ConflictState;
import com.softadastra.contracts.documents.ConflictView;
import com.softadastra.contracts.documents.ConflictView.Turn;
import com.softadastra.contracts.documents.Documents;
import com.softadastra.contracts.documents.Receipt;
import com.softadastra.contracts.documents.ReceiptState;
import com.softadastra.contracts.documents.Recorded;
import com.softadastra.contracts.documents.Resolution;
import com.softadastra.contracts.documents.SpaceSummary;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.runtime.resolvers.Resolver.Verdict;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ResolvingTest {
  private static final Duration WAIT = Duration.ofSeconds(10);
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final Verdict THREE = new Verdict.Becomes(new JsonText("{\"n\": 3}"));

  private final Engine engine = new Engine();
  private final List<Resolver.Dispute> asked = new ArrayList<>();
  private Function<Resolver.Dispute, Verdict> function = _ -> THREE;
  private final Resolving resolving = resolving(100, Duration.ofMinutes(1));
  private long now = System.nanoTime();

  private Resolving resolving(int most, Duration within) {
    var pick =
        new Resolver() {
          @Override
          public String name() {
            return "pick";
          }

          @Override
          public Verdict resolve(Dispute dispute) {
            asked.add(dispute);
            return function.apply(dispute);
          }
        };
    return new Resolving(
        engine.documents(),
        Map.of("pick", pick),
        new ResolverProperties(Duration.ofSeconds(1), WAIT, PATIENCE, within),
        most,
        () -> 0.5);
  }

  /** The sync engine, as far as it is asked. */
  private static final class Engine {
    private final Map<String, ConflictView> open = new LinkedHashMap<>();
    private final Map<String, Long> changes = new LinkedHashMap<>();
    private final Map<String, Resolution> recorded = new LinkedHashMap<>();
    private long change;
    private RuntimeException failure;
    private int shown;

    void open(String id, String version, Turn turn) {
      open(id, version, turn, "pick");
    }

    void open(String id, String version, Turn turn, String function) {
      var sides =
          List.of(side("v1", new JsonText("{\"n\":1}")), side("v2", new JsonText("{\"n\":2}")));
      open.put(
          id,
          new ConflictView(
              id,
              "orders",
              "one",
              ConflictState.OPEN,
              "function",
              "",
              "v1",
              new ConflictView.Ancestor("v0", new JsonText("{}")),
              sides,
              Instant.EPOCH,
              List.of(),
              new ConflictView.Resolver(function, version, turn, null),
              null));
      changes.put(id, ++change);
    }

    /** It is another's turn, without a change of the conflict. */
    void turn(String id, Turn turn) {
      long before = changes.get(id);
      var resolver = open.get(id).resolver();
      open(id, resolver.version(), turn, resolver.name());
      changes.put(id, before);
    }

    private static ConflictView.Side side(String version, JsonText body) {
      var node = new NodeId(Hash.sha256(version.getBytes(StandardCharsets.UTF_8)));
      return new ConflictView.Side(
          version, body, node, null, Instant.EPOCH, false, "i" + version, List.of());
    }

    private ConflictPage undecided(long since, int limit) {
      var page =
          open.values().stream()
              .filter(conflict -> changes.get(conflict.id()) > since)
              .limit(limit)
              .toList();
      long next = page.stream().mapToLong(c -> changes.get(c.id())).max().orElse(since);
      return new ConflictPage(page, next);
    }

    private Reply<ConflictView> conflict(String id) {
      shown++;
      return Reply.from(() -> {
        if (!open.containsKey(id)) {
          throw new Refused(ProblemCode.CONFLICT_UNKNOWN, id);
        }
        return open.get(id);
      });
    }

    private Reply<Recorded> resolve(String id, Resolution resolution) {
      return Reply.from(() -> {
        if (failure != null) {
          throw failure;
        }
        if (!open.get(id).resolver().version().equals(resolution.by().on())) {
          throw new Refused(ProblemCode.VERSION_MISMATCH, "another version");
        }
        recorded.put(id, resolution);
        open.remove(id);
        var receipt =
            new Receipt("i", "shop", 1, ReceiptState.RECORDED, Instant.EPOCH, List.of(), List.of());
        return new Recorded(receipt, false, false);
      });
    }

    Documents documents() {
      return (Documents)
          Proxy.newProxyInstance(
              Documents.class.getClassLoader(),
              new Class<?>[] {Documents.class},
              (_, method, arguments) ->
                  switch (method.getName()) {
                    case "spaces" ->
                        List.of(new SpaceSummary("shop", new SpaceId(Hash.sha256(new byte[0])), 2));
                    case "undecided" ->
                        Reply.of(undecided((long) arguments[1], (int) arguments[2]));
                    case "conflict" -> conflict((String) arguments[1]);
                    case "resolve" -> resolve((String) arguments[1], (Resolution) arguments[2]);
                    default -> throw new AssertionError(method);
                  });
    }
  }

  private void look(Duration later) {
    now += later.toNanos();
    resolving.look(now);
  }

  private String problem(String id) {
    return resolving.told("shop", engine.open.get(id)).resolver().problem();
  }

  @Test
  void whoseTurnItIsDecidesAtOnce() {
    engine.open("c1", "d1", Turn.FIRST);
    look(Duration.ZERO);
    assertThat(engine.recorded)
        .containsEntry(
            "c1",
            new Resolution(
                new JsonText("{\"n\":3}"),
                null,
                false,
                null,
                new Resolution.Function("pick", "d1")));
    var dispute = asked.getFirst();
    assertThat(dispute.space()).isEqualTo("shop");
    assertThat(dispute.collection()).isEqualTo("orders");
    assertThat(dispute.document()).isEqualTo("one");
    assertThat(dispute.sides()).extracting(ConflictView.Side::version).containsExactly("v1", "v2");
    assertThat(dispute.ancestor().version()).isEqualTo("v0");
    look(PATIENCE);
    assertThat(asked).hasSize(1);
  }

  @Test
  void aDeletionIsRecordedAsOne() {
    function = _ -> new Verdict.Deleted();
    engine.open("c1", "d1", Turn.FIRST);
    look(Duration.ZERO);
    assertThat(engine.recorded.get("c1").delete()).isTrue();
  }

  @Test
  void anAuthorWaitsAndLongerWhereAnotherIsToDecide() {
    engine.open("c1", "d1", Turn.NEXT);
    engine.open("c2", "d2", Turn.LAST);
    engine.open("c3", "d3", Turn.OTHERS);
    look(Duration.ZERO);
    look(WAIT);
    assertThat(asked).isEmpty();
    look(WAIT.dividedBy(2));
    assertThat(engine.recorded).containsOnlyKeys("c1");
    look(PATIENCE.minus(WAIT));
    assertThat(engine.recorded).containsOnlyKeys("c1");
    look(WAIT);
    assertThat(engine.recorded).containsOnlyKeys("c1", "c2");
    look(PATIENCE.multipliedBy(3));
    assertThat(engine.recorded).containsOnlyKeys("c1", "c2");
  }

  @Test
  void whoHasDecidedMeanwhileIsNotDecidedAgainst() {
    engine.open("c1", "d1", Turn.NEXT);
    look(Duration.ZERO);
    engine.open.remove("c1");
    look(PATIENCE);
    assertThat(asked).isEmpty();
  }

  @Test
  void whereAnotherHasTheLabelByNowItIsWaitedFor() {
    engine.open("c1", "d1", Turn.NEXT);
    look(Duration.ZERO);
    engine.turn("c1", Turn.LAST);
    look(WAIT.multipliedBy(2));
    assertThat(asked).isEmpty();
    look(PATIENCE.plus(WAIT.multipliedBy(2)));
    assertThat(engine.recorded).containsOnlyKeys("c1");
  }

  @Test
  void whoGetsTheLabelLaterDecidesThen() {
    engine.open("c1", "d1", Turn.OTHERS);
    look(Duration.ZERO);
    engine.turn("c1", Turn.FIRST);
    look(PATIENCE.plusSeconds(1));
    assertThat(engine.recorded).containsOnlyKeys("c1");
  }

  @Test
  void whatFailsIsToldAndNotTriedAgainForTheSameSides() {
    function =
        _ -> {
          throw new IllegalStateException("no such customer");
        };
    engine.open("c1", "d1", Turn.FIRST);
    for (int i = 0; i < 5; i++) {
      look(PATIENCE.plusSeconds(1));
    }
    assertThat(asked).hasSize(1);
    assertThat(problem("c1")).contains("no such customer");
    // another side has come
    engine.open("c1", "d2", Turn.FIRST);
    assertThat(problem("c1")).isNull();
    function = _ -> THREE;
    look(Duration.ZERO);
    assertThat(engine.recorded).containsOnlyKeys("c1");
  }

  @Test
  void whatIsNoAnswerIsTold() {
    function = _ -> null;
    engine.open("c1", "d1", Turn.FIRST);
    look(Duration.ZERO);
    assertThat(problem("c1")).isEqualTo("it answers nothing");
    function = _ -> new Verdict.Becomes(new JsonText("[1]"));
    engine.open("c2", "d1", Turn.FIRST);
    look(Duration.ZERO);
    assertThat(problem("c2")).isEqualTo("its body is no JSON object");
    function = _ -> new Verdict.LeftOpen("both are paid");
    engine.open("c3", "d1", Turn.FIRST);
    look(Duration.ZERO);
    assertThat(problem("c3")).isEqualTo("left to somebody: both are paid");
    assertThat(engine.recorded).isEmpty();
    look(PATIENCE.plusSeconds(1));
    assertThat(asked).hasSize(3);
  }

  @Test
  void whatTakesTooLongIsGivenUp() {
    var never = new CountDownLatch(1);
    function =
        _ -> {
          try {
            never.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return THREE;
        };
    engine.open("c1", "d1", Turn.FIRST);
    var impatient = resolving(100, Duration.ofMillis(1));
    impatient.look(now);
    assertThat(engine.recorded).isEmpty();
    assertThat(impatient.told("shop", engine.open.get("c1")).resolver().problem())
        .contains("doesn't answer");
  }

  @Test
  void aRefusedResultStaysAndOneThatMayBeTakenLaterIsMadeAgain() {
    engine.failure = new Refused(ProblemCode.DOCUMENT_TOO_LARGE, "of 3 bytes");
    engine.open("c1", "d1", Turn.FIRST);
    look(Duration.ZERO);
    assertThat(problem("c1")).contains("of 3 bytes");
    look(PATIENCE.plusSeconds(1));
    assertThat(asked).hasSize(1);

    engine.failure = new Refused(Problem.of(ProblemCode.NOT_RECORDING, "this node is stopping"));
    engine.open("c2", "d1", Turn.FIRST);
    look(Duration.ZERO);
    look(Duration.ofSeconds(1));
    assertThat(asked).hasSize(2);
    engine.failure = null;
    look(WAIT.multipliedBy(2));
    assertThat(engine.recorded).containsOnlyKeys("c2");
    assertThat(asked).hasSize(3);
  }

  @Test
  void whereTheEngineIsAwayItIsDoneLater() {
    engine.failure = new LayerUnreachable("sync", null);
    engine.open("c1", "d1", Turn.FIRST);
    assertThatThrownBy(() -> look(Duration.ZERO)).isInstanceOf(LayerUnreachable.class);
    engine.failure = null;
    look(WAIT.multipliedBy(2));
    assertThat(engine.recorded).containsOnlyKeys("c1");
  }

  @Test
  void whoDoesNotHaveTheFunctionSaysSo() {
    engine.open("c1", "d1", Turn.FIRST, "other");
    look(Duration.ZERO);
    assertThat(problem("c1")).isEqualTo("this node has no function other");
    int shown = engine.shown;
    look(Duration.ofSeconds(1));
    assertThat(engine.shown).isEqualTo(shown);
    assertThat(asked).isEmpty();
  }

  @Test
  void moreThanAreRememberedAreDecidedOneAfterTheOther() {
    var narrow = resolving(3, Duration.ofMinutes(1));
    IntStream.range(0, 10).forEach(i -> engine.open("c" + i, "d", Turn.FIRST));
    for (int i = 0; i < 4; i++) {
      narrow.look(now);
    }
    assertThat(engine.recorded).hasSize(10);
  }
}
