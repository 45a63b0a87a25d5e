package com.softadastra.system;

import static com.softadastra.system.TestNode.SOON;
import static com.softadastra.system.TestNode.SPACE;
import static com.softadastra.system.TestNode.awaitSame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.softadastra.node.client.Answer;
import java.nio.file.Path;
import java.util.HashSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Three nodes that spend of one amount and number documents of one sequence while they are cut off
 * from each other, one of them restored from a copy of its directory.
 */
class HoldingsIT {
  private static final String AT = "/api/v1/spaces/" + SPACE;
  private static final String TEA = AT + "/documents/stock/tea";
  private static final String INVOICES = AT + "/sequences/invoices";

  @TempDir Path directory;

  private Nodes nodes;
  private TestNode a;
  private TestNode b;
  private TestNode c;

  @BeforeEach
  void meet() throws Exception {
    nodes = new Nodes(directory);
    a = nodes.create("a");
    b = nodes.create("b");
    c = nodes.create("c");
    Nodes.start(a, b, c);
    a.openSpace();
    b.join(a.invite("writer"));
    c.join(a.invite("writer"));
    a.awaitLinkTo(b.id(), "connected");
    a.awaitLinkTo(c.id(), "connected");
  }

  @AfterEach
  void clear() {
    nodes.close();
  }

  private static JsonNode json(String text, Object... values) {
    return JsonMapper.shared().readTree(text.formatted(values));
  }

  private static Answer spend(TestNode node, int amount) {
    return node.record(
        json(
            """
            {"operations": [{"op": "patch", "collection": "stock", "id": "tea",
              "patch": {"increment": {"stock": %d}}}]}
            """,
            -amount));
  }

  private static Answer number(TestNode node, String id) {
    return node.record(
        json(
            """
            {"operations": [{"op": "put", "collection": "orders", "id": "%s", "body": {},
              "number": {"field": "no", "sequence": "invoices"}}]}
            """,
            id));
  }

  private static void refused(Answer answer, String code) {
    assertThat(answer.status()).isEqualTo(409);
    assertThat(answer.body().path("code").asString()).isEqualTo(code);
  }

  private static void give(TestNode from, TestNode to, int amount, int numbers) {
    from.client()
        .post(
            TEA + "/shares",
            json("{\"field\": \"stock\", \"to\": \"%s\", \"amount\": %d}", to.id(), amount))
        .orThrow();
    from.client()
        .post(INVOICES + "/ranges", json("{\"node\": \"%s\", \"count\": %d}", to.id(), numbers))
        .orThrow();
  }

  private static int stock(TestNode node) {
    return node.client().get(TEA).orThrow().path("stock").asInt();
  }

  @Test
  void neverBelowZeroAndNeverANumberTwice() throws Exception {
    a.client()
        .put(
            AT + "/collections/stock",
            json("{\"policy\": \"merge\", \"fields\": {\"stock\": {\"type\": \"escrow\"}}}"))
        .orThrow();
    a.client().put(TEA, json("{\"stock\": 30}")).orThrow();
    a.client().put(INVOICES, json("{\"prefix\": \"R-\", \"width\": 4}")).orThrow();
    refused(number(a, "early"), "range-exhausted");
    awaitSame(SOON, a, b, c);
    give(a, a, 1, 3);
    give(a, b, 10, 3);
    give(a, c, 5, 3);
    awaitSame(SOON, a, b, c);

    String idOfB = b.id();
    String incarnation = b.incarnation();
    b.process().stop();
    var backup = directory.resolve("backup");
    Directories.copy(b.process().data(), backup);
    Nodes.start(b);
    spend(b, 2).orThrow();
    number(b, "b-1").orThrow();
    awaitSame(SOON, a, b, c);
    b.process().stop();
    Directories.delete(b.process().data());
    Directories.copy(backup, b.process().data());
    Nodes.start(b);
    a.awaitLinkTo(idOfB, "connected");
    await("b is another life").atMost(SOON).until(() -> !b.incarnation().equals(incarnation));
    awaitSame(SOON, a, b, c);
    // what the first life left is out of reach, and shown so
    refused(spend(b, 1), "share-exhausted");
    refused(number(b, "b-2"), "range-exhausted");
    var stranded = b.client().get(TEA + "/shares").orThrow().path("shares").get(0).path("held");
    int left = 0;
    for (var share : stranded) {
      if (share.path("holder").path("state").asString().equals("stranded")) {
        assertThat(share.path("holder").path("incarnation").asString()).isEqualTo(incarnation);
        left += share.path("amount").asInt();
      }
    }
    assertThat(left).isEqualTo(8);
    give(a, b, 4, 2);
    awaitSame(SOON, a, b, c);

    for (var other : new TestNode[] {b, c}) {
      a.switchLink(other.id(), "off");
      a.awaitLinkTo(other.id(), "off");
    }
    spend(b, 3).orThrow();
    refused(spend(b, 2), "share-exhausted");
    spend(c, 5).orThrow();
    refused(spend(c, 1), "share-exhausted");
    spend(a, 11).orThrow();
    refused(spend(a, 1), "share-exhausted");
    for (var node : new TestNode[] {a, b, c}) {
      var name = node.process().name();
      number(node, name + "-x").orThrow();
      number(node, name + "-y").orThrow();
      assertThat(stock(node)).isNotNegative();
    }
    refused(number(b, "b-z"), "range-exhausted");
    for (var other : new TestNode[] {b, c}) {
      a.switchLink(other.id(), "on");
    }
    awaitSame(SOON, a, b, c);

    for (var node : new TestNode[] {a, b, c}) {
      assertThat(stock(node)).isEqualTo(30 - 2 - 3 - 5 - 11);
      var numbers = new HashSet<String>();
      for (var order : node.client().get(AT + "/documents/orders").orThrow().path("documents")) {
        var number = order.path("body").path("no").asString();
        assertThat(numbers.add(number)).as(number).isTrue();
        assertThat(number).matches("R-[0-9]{4}");
      }
      assertThat(numbers).hasSize(7);
      assertThat(node.client().get("/api/v1/outbox/dead-letters").orThrow().toString())
          .doesNotContain("did not hold");
    }
  }
}
