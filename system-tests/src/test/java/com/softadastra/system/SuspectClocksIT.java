package com.softadastra.system;

import static com.softadastra.system.TestNode.SOON;
import static com.softadastra.system.TestNode.awaitSame;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.system.clocks.FastClock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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
 * Three nodes, of which one has a clock that is an hour fast. They are the same for all methods,
 * which have a space each.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SuspectClocksIT {
  private Nodes nodes;
  private TestNode a;
  private TestNode fast;
  private TestNode c;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    nodes = new Nodes(directory);
    a = nodes.create("a");
    fast = nodes.createWith(Extension.jar(directory, FastClock.class), "fast");
    c = nodes.create("c");
    Nodes.start(a, fast, c);
  }

  @BeforeEach
  void meet(TestInfo test) {
    String space = test.getTestMethod().orElseThrow().getName().toLowerCase(Locale.ROOT);
    a = a.in(space);
    fast = fast.in(space);
    c = c.in(space);
    a.openSpace();
    fast.join(a.invite("writer"));
    c.join(a.invite("writer"));
    a.awaitLinkTo(fast.id(), "connected");
    a.awaitLinkTo(c.id(), "connected");
    a.client().put(a.at() + "/collections/prices", json("{\"policy\": \"latest\"}")).orThrow();
  }

  @AfterAll
  void clear() {
    nodes.close();
  }

  private List<TestNode> all() {
    return List.of(a, fast, c);
  }

  private static JsonNode json(String text) {
    return JsonMapper.shared().readTree(text);
  }

  private static void put(TestNode node, String price) {
    node.client()
        .put(node.at() + "/documents/prices/tea", json("{\"price\": " + price + "}"))
        .orThrow();
  }

  private static JsonNode conflicts(TestNode node, String state) {
    return node.client().get(node.at() + "/conflicts?state=" + state).orThrow().path("conflicts");
  }

  private void assertPrice(int price) {
    for (var node : all()) {
      var tea = node.client().get(node.at() + "/documents/prices/tea").orThrow();
      assertThat(tea.path("price").asInt()).isEqualTo(price);
    }
  }

  /** Another node and then a write while they are cut off. */
  private void writeApart(TestNode other) {
    put(a, "1");
    awaitSame(SOON, a, fast, c);
    a.switchLink(other.id(), "off");
    a.awaitLinkTo(other.id(), "off");
    put(other, "2");
    put(a, "3");
    a.switchLink(other.id(), "on");
    awaitSame(SOON, a, fast, c);
  }

  /** The one with the fast clock wins, though the other has written last. */
  private String written() {
    writeApart(fast);
    assertPrice(2);
    for (var node : all()) {
      assertThat(conflicts(node, "open")).hasSize(1);
      var conflict = conflicts(node, "open").get(0);
      assertThat(conflict.path("policy").asString()).isEqualTo("latest");
      assertThat(conflict.path("reason").asString()).contains("suspect");
      assertThat(conflict.path("sides")).hasSize(2);
    }
    return conflicts(c, "open").get(0).path("id").asString();
  }

  @Test
  void whatItDecidedIsOpenAtEveryNodeUntilSomebodyDecides() {
    var conflict = written();
    assertThat(Duration.parse(a.peer(fast.id()).path("clockOffset").asString()))
        .isCloseTo(FastClock.AHEAD, Duration.ofMinutes(1));

    c.client()
        .post(c.at() + "/conflicts/" + conflict + "/resolution", json("{\"body\": {\"price\": 3}}"))
        .orThrow();
    awaitSame(SOON, a, fast, c);
    assertPrice(3);
    for (var node : all()) {
      assertThat(conflicts(node, "open")).isEmpty();
      assertThat(conflicts(node, "resolved").get(0).path("id").asString()).isEqualTo(conflict);
    }
  }

  @Test
  void whatItWonCanBeTakenBack() {
    var conflict = written();
    c.client().delete(c.at() + "/conflicts/" + conflict + "/resolution").orThrow();
    awaitSame(SOON, a, fast, c);
    assertPrice(3);
    for (var node : all()) {
      assertThat(conflicts(node, "open")).isEmpty();
      assertThat(conflicts(node, "undone").get(0).path("id").asString()).isEqualTo(conflict);
    }
  }

  @Test
  void whereNobodyDisagreesTheLaterWriteCounts() {
    writeApart(c);
    assertPrice(3);
    for (var node : all()) {
      assertThat(conflicts(node, "open")).isEmpty();
      assertThat(conflicts(node, "resolved")).hasSize(1);
    }
  }
}
