package com.softadastra.system;

import static com.softadastra.system.TestNode.SOON;
import static com.softadastra.system.TestNode.awaitSame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.softadastra.node.client.NodeClient;
import com.softadastra.node.client.RequestRefused;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A member that is away is retired, and comes back. */
class RetirementIT {
  @TempDir Path directory;

  private Nodes nodes;

  @AfterEach
  void clear() {
    nodes.close();
  }

  private static JsonNode retire(TestNode by, String node) {
    return by.client().post(by.at() + "/members/" + node + "/retirement", null).orThrow();
  }

  private static JsonNode member(TestNode asked, String node) {
    for (var member : asked.client().get(asked.at() + "/members").orThrow()) {
      if (member.path("node").asString().equals(node)) {
        return member;
      }
    }
    throw new AssertionError("no member " + node);
  }

  @Test
  void nobodyWaitsForARetiredMemberAndNothingOfItIsLostWhenItReturns() throws Exception {
    nodes = new Nodes(directory);
    var a = nodes.create("a");
    var b = nodes.create("b");
    var c = nodes.create("c");
    Nodes.start(a, b, c);
    a.openSpace();
    b.join(a.invite("writer"));
    c.join(a.invite("writer"));
    a.write("order", "one");
    awaitSame(SOON, a, b, c);
    String idOfC = c.id();
    c.switchLink(a.id(), "off");
    String deleted =
        a.client().delete(a.at() + "/documents/notes/order").orThrow().path("intent").asString();
    a.awaitReceipt(deleted, "delivered");
    c.write("order", "changed meanwhile");
    c.write("own", "by c");
    await("what b has is known").atMost(SOON).until(() -> a.atRisk() == 0);
    assertThat(a.receipt(deleted).path("state").asString()).isEqualTo("delivered");

    var retired = retire(a, idOfC);
    assertThat(retired.path("state").asString()).isEqualTo("retired");
    assertThat(retired.path("role").asString()).isEqualTo("writer");
    assertThat(retire(a, idOfC)).as("once more").isEqualTo(retired);
    assertThatThrownBy(() -> retire(a, a.id()))
        .isInstanceOf(RequestRefused.class)
        .hasMessageContaining("not-allowed");
    assertThatThrownBy(() -> retire(b, idOfC))
        .isInstanceOf(RequestRefused.class)
        .hasMessageContaining("not-allowed");

    a.awaitReceipt(deleted, "everywhere");
    assertThat(a.receipt(deleted).path("deliveries")).hasSize(1);
    assertThat(a.peer(idOfC).path("lag").path("entries").asInt(-1)).isZero();
    b.awaitReceipt(b.write("more", "by b").path("intent").asString(), "everywhere");
    assertThat(member(b, idOfC).path("state").asString()).isEqualTo("retired");

    c.switchLink(a.id(), "on");
    awaitSame(SOON, a, b, c);
    for (var node : new TestNode[] {a, b, c}) {
      assertThat(node.text("own")).isEqualTo("by c");
      assertThat(node.text("more")).isEqualTo("by b");
      assertThat(node.text("order")).isEqualTo("changed meanwhile");
      assertThat(node.openConflicts()).hasSize(1);
    }

    var again =
        a.client()
            .put(a.at() + "/members/" + idOfC, NodeClient.object().put("role", "writer"))
            .orThrow();
    assertThat(again.path("state").asString()).isEqualTo("active");
    await("c counts at b")
        .atMost(SOON)
        .until(() -> member(b, idOfC).path("state").asString().equals("active"));
    a.awaitReceipt(deleted, "everywhere");
    c.switchLink(a.id(), "off");
    String waiting = a.write("last", "by a").path("intent").asString();
    a.awaitReceipt(waiting, "delivered");
    assertThat(a.receipt(waiting).path("deliveries")).hasSize(2);
    c.switchLink(a.id(), "on");
    a.awaitReceipt(waiting, "everywhere");
    awaitSame(SOON, a, b, c);
  }
}
