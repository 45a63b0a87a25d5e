package com.softadastra.system;

import static com.softadastra.system.TestNode.SOON;
import static com.softadastra.system.TestNode.awaitSame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.softadastra.node.client.Answer;
import com.softadastra.system.functions.Longest;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Conflicts that a function of the application's own decides, which some of three nodes have; one
 * of these is three processes. They are the same for all methods, which have a space each.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FunctionsIT {
  private static final String[] QUICK = {
    "--softadastra.resolvers.every=100ms",
    "--softadastra.resolvers.delay=200ms",
    // longer than a busy machine keeps the one that goes first from deciding
    "--softadastra.resolvers.patience=10s"
  };

  private Nodes nodes;
  private TestNode a;
  private TestNode b;
  private TestNode c;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    nodes = new Nodes(directory);
    var jar = Extension.jar(directory, Longest.Configuration.class, Longest.class);
    a = nodes.createWith(jar, "a", QUICK);
    b = nodes.create("b", QUICK);
    c = nodes.createApartWith(jar, "c", QUICK);
    Nodes.start(a, b, c);
  }

  @BeforeEach
  void meet(TestInfo test) {
    String space = test.getTestMethod().orElseThrow().getName().toLowerCase(Locale.ROOT);
    a = a.in(space);
    b = b.in(space);
    c = c.in(space);
    a.openSpace();
    b.join(a.invite("writer"));
    c.join(a.invite("writer"));
    // a method that failed may have left them apart
    a.switchLink(b.id(), "on");
    a.awaitLinkTo(b.id(), "connected");
    a.awaitLinkTo(c.id(), "connected");
  }

  @AfterAll
  void clear() {
    nodes.close();
  }

  private static JsonNode json(String text) {
    return JsonMapper.shared().readTree(text);
  }

  private static void put(TestNode node, String document, String body) {
    node.client().put(node.at() + "/documents/" + document, json(body)).orThrow();
  }

  private static JsonNode get(TestNode node, String document) {
    return node.client().get(node.at() + "/documents/" + document).orThrow();
  }

  private static JsonNode conflicts(TestNode node, String state) {
    return node.client().get(node.at() + "/conflicts?state=" + state).orThrow().path("conflicts");
  }

  private static Answer undo(TestNode node, String conflict) {
    return node.client().delete(node.at() + "/conflicts/" + conflict + "/resolution");
  }

  private void apart(Runnable writes) {
    awaitSame(SOON, a, b, c);
    a.switchLink(b.id(), "off");
    a.awaitLinkTo(b.id(), "off");
    writes.run();
    a.switchLink(b.id(), "on");
  }

  private void label(TestNode member) {
    a.client()
        .put(a.at() + "/members/" + member.id(), json("{\"labels\": [\"resolver\"]}"))
        .orThrow();
  }

  private void declare() {
    a.client()
        .put(
            a.at() + "/collections/texts",
            json("{\"policy\": \"function\", \"resolver\": \"longest\"}"))
        .orThrow();
    var declared = a.client().get(a.at() + "/collections").orThrow().path("collections").get(0);
    assertThat(declared.path("policy").asString()).isEqualTo("function");
    assertThat(declared.path("resolver").asString()).isEqualTo("longest");
  }

  private void awaitDecided(String document, String text) {
    for (var node : new TestNode[] {a, b, c}) {
      await("at " + node.id())
          .atMost(SOON)
          .untilAsserted(() -> {
            assertThat(get(node, document).path("text").asString()).isEqualTo(text);
            assertThat(conflicts(node, "open")).isEmpty();
          });
    }
    awaitSame(SOON, a, b, c);
  }

  @Test
  void theNodeWithTheLabelDecidesAndAllSeeWhoItWas() {
    declare();
    label(c);
    put(a, "texts/one", "{\"text\": \"\"}");
    apart(() -> {
      put(a, "texts/one", "{\"text\": \"short\"}");
      put(b, "texts/one", "{\"text\": \"much longer\"}");
    });
    awaitDecided("texts/one", "much longer");
    for (var node : new TestNode[] {a, b, c}) {
      assertThat(conflicts(node, "resolved")).hasSize(1);
      var conflict = conflicts(node, "resolved").get(0);
      assertThat(conflict.path("policy").asString()).isEqualTo("function");
      assertThat(conflict.path("reason").asString()).contains("the function longest");
      assertThat(conflict.path("resolution").path("function").asString()).isEqualTo("longest");
      assertThat(conflict.path("resolution").path("node").asString()).isEqualTo(c.id());
      assertThat(conflict.path("sides")).hasSize(2);
    }

    // what it decided can be taken back like what somebody decides
    String conflict = conflicts(b, "resolved").get(0).path("id").asString();
    undo(b, conflict).orThrow();
    awaitDecided("texts/one", "short");
    for (var node : new TestNode[] {a, b, c}) {
      assertThat(conflicts(node, "undone").get(0).path("id").asString()).isEqualTo(conflict);
      assertThat(undo(node, conflict).status()).isEqualTo(409);
    }
  }

  @Test
  void whatItLeavesOpenOrFailsAtIsForPeople() {
    declare();
    label(c);
    put(a, "texts/one", "{\"text\": \"\"}");
    put(a, "texts/two", "{\"text\": \"\"}");
    apart(() -> {
      put(a, "texts/one", "{\"text\": \"kept\"}");
      b.client().delete(b.at() + "/documents/texts/one").orThrow();
      put(a, "texts/two", "{\"text\": 1}");
      put(b, "texts/two", "{\"text\": \"two\"}");
    });
    awaitSame(SOON, a, b, c);
    await("what the function says")
        .atMost(SOON)
        .untilAsserted(() ->
            assertThat(conflicts(c, "open"))
                .extracting(each -> each.path("resolver").path("problem").asString(""))
                .containsExactlyInAnyOrder(
                    "left to somebody: one has deleted it",
                    "it fails with java.lang.IllegalArgumentException: there is no text"));
    for (var conflict : conflicts(b, "open")) {
      var resolver = conflict.path("resolver");
      assertThat(resolver.path("name").asString()).isEqualTo("longest");
      assertThat(resolver.path("turn").asString()).isEqualTo("last");
      assertThat(resolver.path("problem").asString())
          .isEqualTo("this node has no function longest");
    }
    for (var conflict : conflicts(b, "open")) {
      b.client()
          .post(
              b.at() + "/conflicts/" + conflict.path("id").asString() + "/resolution",
              json("{\"body\": {\"text\": \"of a person\"}}"))
          .orThrow();
    }
    awaitDecided("texts/one", "of a person");
    awaitDecided("texts/two", "of a person");
    for (var conflict : conflicts(c, "resolved")) {
      assertThat(conflict.path("resolution").path("node").asString()).isEqualTo(b.id());
      assertThat(conflict.path("resolution").has("function")).isFalse();
    }
  }

  @Test
  void withoutTheOneThatHasTheLabelAnAuthorDecides() throws Exception {
    declare();
    label(c);
    put(a, "texts/one", "{\"text\": \"\"}");
    awaitSame(SOON, a, b, c);
    c.process().kill();
    a.switchLink(b.id(), "off");
    a.awaitLinkTo(b.id(), "off");
    put(a, "texts/one", "{\"text\": \"much longer\"}");
    put(b, "texts/one", "{\"text\": \"short\"}");
    a.switchLink(b.id(), "on");
    await("a, which is an author and has the function, has decided")
        .atMost(SOON)
        .untilAsserted(() -> {
          assertThat(conflicts(b, "resolved")).hasSize(1);
          assertThat(conflicts(b, "resolved").get(0).path("resolution").path("node").asString())
              .isEqualTo(a.id());
        });
    Nodes.start(c);
    awaitDecided("texts/one", "much longer");
  }
}
