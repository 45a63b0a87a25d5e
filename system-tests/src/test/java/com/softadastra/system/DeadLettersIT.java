package com.softadastra.system;

import static com.softadastra.system.TestNode.SOON;
import static com.softadastra.system.TestNode.SPACE;
import static com.softadastra.system.TestNode.awaitSame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.softadastra.node.client.Answer;
import java.nio.file.Path;
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

  /** Two people use one id apart, so one of the two intents has no effect. */
  private JsonNode letter(String id) {
    a.switchLink(b.id(), "off");
    a.awaitLinkTo(b.id(), "off");
    for (var node : new TestNode[] {a, b}) {
      record(
              node,
              """
              {"id": "%s", "operations": [{"op": "put", "collection": "orders", "id": "%s",
                "body": {"by": "%s"}}]}
              """
                  .formatted(id, node == a ? "of-a" : "of-b", node.id()))
          .orThrow();
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
    var written =
        b.client().get("/api/v1/spaces/" + SPACE + "/documents/orders/" + document).orThrow();
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
