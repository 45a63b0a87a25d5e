package com.softadastra.system;

import static com.softadastra.system.TestNode.SOON;
import static com.softadastra.system.TestNode.awaitSame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.softadastra.node.client.Answer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Writes held for want of room in their document, on the heap that is shipped. */
class HeldLettersIT {
  private static final String LETTERS = "/api/v1/outbox/dead-letters";
  private static final String LARGE_DOCUMENTS = "--softadastra.limits.document=7MB";

  /** Of which a document has two side by side, and no more. */
  private static final String LARGE = "x".repeat(6_000_000);

  @TempDir Path directory;

  private Nodes nodes;
  private TestNode a;
  private TestNode b;

  @BeforeEach
  void meet() throws Exception {
    nodes = new Nodes(directory);
    a = nodes.createAsShipped("a", LARGE_DOCUMENTS);
    b = nodes.createAsShipped("b", LARGE_DOCUMENTS);
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

  private static JsonNode letters(TestNode node, boolean settled) {
    return node.client().get(LETTERS + "?settled=" + settled).orThrow().path("deadLetters");
  }

  /** Writes a large body on a version that others are written on, too. */
  private static void writeBeside(TestNode node, String base, String intent) {
    var request =
        (ObjectNode)
            JsonMapper.shared()
                .readTree(
                    """
                    {"id": "%s", "operations": [{"op": "put", "collection": "notes", "id": "plan",
                      "base": "%s"}]}
                    """
                        .formatted(intent, base));
    ((ObjectNode) request.path("operations").get(0)).set("body", TestNode.body(LARGE));
    node.record(request).orThrow();
  }

  private static Answer retry(TestNode node, JsonNode letter) {
    return node.client().post(LETTERS + "/" + letter.path("id").asString() + "/retry", null);
  }

  /** The only dead letter, which is held. */
  private static JsonNode awaitHeld(TestNode node, String intent) {
    await("what is held at " + node.layers().name())
        .atMost(SOON)
        .untilAsserted(() -> assertThat(letters(node, false)).hasSize(1));
    var letter = letters(node, false).get(0);
    assertThat(letter.path("intent").asString()).isEqualTo(intent);
    assertThat(letter.path("held").asBoolean()).isTrue();
    return letter;
  }

  private static List<String> sides(TestNode node) {
    var intents = new ArrayList<String>();
    for (var conflict : node.openConflicts()) {
      conflict.path("sides").forEach(side -> intents.add(side.path("intent").asString()));
    }
    return intents;
  }

  @Test
  void whatIsHeldTakesEffectOnceItsDocumentHasRoomForIt() {
    var written = a.write("plan", "before");
    String base = written.path("operations").get(0).path("version").asString();
    awaitSame(SOON, a, b);
    a.switchLink(b.id(), "off");
    a.awaitLinkTo(b.id(), "off");
    writeBeside(a, base, "first-of-a");
    writeBeside(b, base, "first-of-b");
    writeBeside(b, base, "second-of-b");
    a.switchLink(b.id(), "on");
    var atA = awaitHeld(a, "second-of-b");
    var atB = awaitHeld(b, "first-of-a");
    assertThat(sides(a)).containsExactlyInAnyOrder("first-of-a", "first-of-b");
    assertThat(retry(a, atA).status()).isEqualTo(422);
    assertThat(letters(a, false)).hasSize(1);

    var resolution = JsonMapper.shared().createObjectNode().set("body", TestNode.body("of both"));
    String conflict = a.openConflicts().get(0).path("id").asString();
    String resolved =
        a.client()
            .post(a.at() + "/conflicts/" + conflict + "/resolution", resolution)
            .orThrow()
            .path("intent")
            .asString();
    assertThat(sides(a)).isEmpty();
    retry(a, atA).orThrow();
    assertThat(sides(a)).containsExactlyInAnyOrder(resolved, "second-of-b");

    await("b has room")
        .atMost(SOON)
        .untilAsserted(
            () -> assertThat(sides(b)).containsExactlyInAnyOrder(resolved, "second-of-b"));
    retry(b, atB).orThrow();
    awaitSame(SOON, a, b);
    for (var node : new TestNode[] {a, b}) {
      assertThat(sides(node)).containsExactlyInAnyOrder(resolved, "second-of-b");
      assertThat(letters(node, false)).isEmpty();
      assertThat(letters(node, true)).isEmpty();
    }
    assertThat(retry(a, atA).status()).isEqualTo(404);
  }
}
