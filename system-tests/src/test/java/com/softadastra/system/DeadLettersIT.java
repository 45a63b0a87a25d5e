package com.softadastra.system;

import static com.softadastra.system.TestNode.SOON;
import static com.softadastra.system.TestNode.SPACE;
import static com.softadastra.system.TestNode.awaitSame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.softadastra.node.client.Answer;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Writes that came to have no effect, found and settled at two nodes. */
class DeadLettersIT {
  private static final String LETTERS = "/api/v1/outbox/dead-letters";

  @TempDir Path directory;

  private Nodes nodes;
  private TestNode a;
  private TestNode b;

  @BeforeEach
  void meet() throws Exception {
    nodes = new Nodes(directory);
    a = nodes.create("a");
    b = nodes.create("b");
    Nodes.start(a, b);
    a.openSpace();
    b.join(a.invite("writer"));
    a.awaitLinkTo(b.id(), "connected");
    awaitSame(SOON, a, b);
  }

  @AfterEach
  void clear() {
    nodes.close();
  }

  private static Answer record(TestNode node, String intent) {
    return node.record(JsonMapper.shared().readTree(intent));
  }

  private static JsonNode letters(TestNode node, boolean settled) {
    return node.client().get(LETTERS + "?settled=" + settled).orThrow().path("deadLetters");
  }

  private static String document(String id) {
    return "/api/v1/spaces/" + SPACE + "/documents/orders/" + id;
  }

  /** The document that only this node writes. */
  private String of(TestNode node) {
    return node == a ? "of-a" : "of-b";
  }

  private JsonNode letter(String id) {
    return letter(id, _ -> {});
  }

  /**
   * Two people use one id apart, so one of the two intents has no effect.
   *
   * @param more is done at each before they meet again
   */
  private JsonNode letter(String id, Consumer<TestNode> more) {
    a.switchLink(b.id(), "off");
    a.awaitLinkTo(b.id(), "off");
    for (var node : new TestNode[] {a, b}) {
      record(
              node,
              """
              {"id": "%s", "operations": [{"op": "put", "collection": "orders", "id": "%s",
                "body": {"by": "%s"}}]}
              """
                  .formatted(id, of(node), node.id()))
          .orThrow();
      more.accept(node);
    }
    a.switchLink(b.id(), "on");
    awaitSame(SOON, a, b);
    assertThat(letters(a, false)).hasSize(1);
    assertThat(letters(b, false)).hasSize(1);
    return letters(a, false).get(0);
  }

  @Test
  void whatOneNodeDropsIsOffTheListOfAll() {
    var letter = letter("invoice-7");
    assertThat(letter.path("intent").asString()).isEqualTo("invoice-7");
    assertThat(letter.path("held").asBoolean()).isFalse();
    assertThat(letter.path("documents").get(0).path("collection").asString()).isEqualTo("orders");
    var retried = a.client().post(LETTERS + "/" + letter.path("id").asString() + "/retry", null);
    assertThat(retried.status()).isEqualTo(422);

    a.client().delete(LETTERS + "/" + letter.path("id").asString()).orThrow();
    assertThat(letters(a, false)).isEmpty();
    await("b hears of it").atMost(SOON).until(() -> letters(b, false).isEmpty());
    var settled = letters(b, true).get(0).path("settled");
    assertThat(settled.path("settlement").asString()).isEqualTo("DROPPED");
    assertThat(settled.path("node").asString()).isEqualTo(a.id());
    awaitSame(SOON, a, b);
    assertThat(a.openConflicts()).isEmpty();
  }

  @Test
  void whatWasMadeOnItIsShownBehindItAndHasEffect() {
    var letter =
        letter(
            "invoice-9",
            node ->
                node.client()
                    .put(document(of(node)), JsonMapper.shared().readTree("{\"paid\": true}"))
                    .orThrow());
    var loser = letter.path("node").asString().equals(a.id()) ? a : b;
    for (var node : new TestNode[] {a, b}) {
      String id = letters(node, false).get(0).path("id").asString();
      var behind = node.client().get(LETTERS + "/" + id).orThrow().path("behind");
      assertThat(behind).hasSize(1);
      assertThat(behind.get(0).path("id").asString()).isEqualTo(of(loser));
      assertThat(behind.get(0).path("node").asString()).isEqualTo(loser.id());
      assertThat(behind.get(0).path("effective").asBoolean()).isTrue();
      var shown = node.client().get(document(of(loser))).orThrow();
      assertThat(shown.path("paid").asBoolean()).isTrue();
    }
  }

  @Test
  void anotherIntentTakesItsPlace() {
    var letter = letter("invoice-8");
    String document = letter.path("documents").get(0).path("id").asString();
    var edited =
        """
        {"id": "invoice-8b", "replaces": "%s", "operations": [{"op": "put", "collection": "orders",
          "id": "%s", "body": {"by": "correction"}}]}
        """
            .formatted(letter.path("id").asString(), document);
    var receipt = record(a, edited);
    assertThat(receipt.status()).isEqualTo(201);
    assertThat(receipt.body().path("operations")).hasSize(1);
    assertThat(record(a, edited).body().path("intent")).isEqualTo(receipt.body().path("intent"));
    assertThat(letters(a, false)).isEmpty();
    await("b hears of it").atMost(SOON).until(() -> letters(b, false).isEmpty());
    assertThat(letters(b, true).get(0).path("settled").path("intent").asString())
        .isEqualTo("invoice-8b");
    var written = b.client().get(document(document)).orThrow();
    assertThat(written.path("by").asString()).isEqualTo("correction");
    var unknown =
        record(
            a,
            """
            {"replaces": "1", "operations": [{"op": "delete", "collection": "orders", "id": "x"}]}
            """);
    assertThat(unknown.status()).isEqualTo(400);
    awaitSame(SOON, a, b);
  }
}
