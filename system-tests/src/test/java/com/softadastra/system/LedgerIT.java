package com.softadastra.system;

import static com.softadastra.system.TestNode.SOON;
import static com.softadastra.system.TestNode.awaitSame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Who has what, asked of nodes that can reach nobody. */
class LedgerIT {
  @TempDir Path directory;

  private Nodes nodes;

  @AfterEach
  void clear() {
    nodes.close();
  }

  private static JsonNode delivery(TestNode asked, String intent, TestNode of) {
    for (var delivery : asked.receipt(intent).path("deliveries")) {
      if (delivery.path("node").asString().equals(of.id())) {
        return delivery;
      }
    }
    throw new AssertionError("no delivery to " + of.id());
  }

  private static Instant asOf(JsonNode delivery) {
    var asOf = delivery.path("asOf");
    return asOf.isNull() ? Instant.MIN : Instant.parse(asOf.asString());
  }

  @Test
  void anyNodeTellsWhoHasAnIntentThroughWhomAndAsOfWhen() throws Exception {
    nodes = new Nodes(directory);
    var began = Instant.now();
    var a = nodes.create("a");
    var b = nodes.create("b");
    var c = nodes.create("c");
    Nodes.start(a, b, c);
    a.openSpace();
    b.join(a.invite("admin"));
    c.join(b.invite("writer"));
    awaitSame(SOON, a, b, c);
    // a and c are not paired: they hear of each other through b
    var before = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    String intent = a.write("order", "one").path("intent").asString();
    a.awaitReceipt(intent, "everywhere");
    await("c knows that b has it")
        .atMost(SOON)
        .until(() -> delivery(c, intent, b).path("state").asString().equals("delivered"));
    String idOfA = a.id();
    a.process().stop();
    b.process().stop();

    assertThat(c.receipt(intent).path("state").asString()).isEqualTo("everywhere");
    for (var of : c.receipt(intent).path("deliveries")) {
      assertThat(of.path("state").asString()).isEqualTo("delivered");
      if (of.path("node").asString().equals(idOfA)) {
        assertThat(of.path("via").isNull()).as("heard of a through b").isFalse();
      }
      assertThat(Instant.parse(of.path("asOf").asString())).isBetween(before, Instant.now());
    }

    String alone = c.write("order", "two").path("intent").asString();
    var receipt = c.receipt(alone);
    assertThat(receipt.path("state").asString()).isEqualTo("recorded");
    for (var of : receipt.path("deliveries")) {
      assertThat(of.path("state").asString()).isEqualTo("queued");
      assertThat(Instant.parse(of.path("asOf").asString())).isBetween(began, before.plus(SOON));
    }
    assertThat(c.atRisk()).isEqualTo(1);
  }

  @Test
  void receiptsFallBackAfterARestoreUntilTheEntriesAreThereAgain() throws Exception {
    nodes = new Nodes(directory);
    var a = nodes.create("a");
    var b = nodes.create("b");
    var c = nodes.create("c");
    Nodes.start(a, b, c);
    a.openSpace();
    b.join(a.invite("writer"));
    c.join(a.invite("admin"));
    b.join(c.invite("writer"));
    awaitSame(SOON, a, b, c);
    String idOfB = b.id();
    b.process().stop();
    var backup = directory.resolve("backup");
    Directories.copy(b.process().data(), backup);
    Files.delete(backup.resolve("incarnation"));
    Nodes.start(b);
    c.switchLink(a.id(), "off");
    c.switchLink(idOfB, "off");
    String intent = a.write("order", "one").path("intent").asString();
    await("b has it")
        .atMost(SOON)
        .until(() -> delivery(a, intent, b).path("state").asString().equals("delivered"));

    a.switchLink(idOfB, "off");
    b.process().stop();
    Directories.delete(b.process().data());
    Directories.copy(backup, b.process().data());
    var restored = Instant.now();
    Nodes.start(b);
    c.switchLink(idOfB, "on");
    String note = b.write("note", "of another life").path("intent").asString();
    await("c hears what b has now")
        .atMost(SOON)
        .until(() -> c.text("note") != null && asOf(delivery(c, note, b)).isAfter(restored));
    c.switchLink(idOfB, "off");
    c.switchLink(a.id(), "on");
    await("a hears from c that b has it no more")
        .atMost(SOON)
        .until(() -> delivery(a, intent, b).path("state").asString().equals("queued"));
    assertThat(a.receipt(intent).path("state").asString()).isEqualTo("delivered");

    c.switchLink(idOfB, "on");
    a.switchLink(idOfB, "on");
    awaitSame(SOON, a, b, c);
    a.awaitReceipt(intent, "everywhere");
    assertThat(b.text("order")).isEqualTo("one");
    await("nothing is at risk").atMost(SOON).until(() -> a.atRisk() == 0);
  }
}
