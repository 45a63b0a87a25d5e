package com.softadastra.system;

import static com.softadastra.system.TestNode.SOON;
import static com.softadastra.system.TestNode.awaitSame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.softadastra.node.client.Answer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Who has what, asked of nodes that can reach nobody. */
class LedgerIT {
  /** Seconds that a caller waits for what will come; the client itself waits somewhat longer. */
  private static final int LONG = 50;

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

  /** Writes and waits until another member has it, for so many seconds. */
  private static Answer writeAndWait(TestNode node, String id, int seconds) {
    return node.client()
        .call(
            "PUT",
            node.at() + "/documents/notes/" + id,
            TestNode.body(id),
            "Prefer",
            "wait=" + seconds,
            "Softadastra-Level",
            "delivered");
  }

  @Test
  void whoWaitsForALevelIsAnsweredWhenItIsReachedOrTheTimeIsOver() throws Exception {
    nodes = new Nodes(directory, Nodes.Shape.THREE_PROCESSES);
    var a = nodes.create("a");
    var b = nodes.createSimple("b");
    Nodes.start(a, b);
    a.openSpace();
    b.join(a.invite("writer"));
    a.awaitLinkTo(b.id(), "connected");
    awaitSame(SOON, a, b);

    var met = writeAndWait(a, "met", LONG);
    assertThat(b.text("met")).isEqualTo("met");
    assertThat(met.status()).isEqualTo(201);
    assertThat(met.body().path("state").asString()).isEqualTo("everywhere");

    a.switchLink(b.id(), "off");
    a.awaitLinkTo(b.id(), "off");
    long begun = System.nanoTime();
    var apart = writeAndWait(a, "apart", 1);
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofSeconds(1));
    assertThat(apart.status()).isEqualTo(202);
    assertThat(apart.body().path("state").asString()).isEqualTo("recorded");
    assertThat(a.text("apart")).isEqualTo("apart");

    try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      var late = CompletableFuture.supplyAsync(() -> writeAndWait(a, "late", LONG), callers);
      a.awaitText("late", "late");
      assertThat(late).isNotDone();
      assertThat(b.text("late")).isNull();
      a.switchLink(b.id(), "on");
      var answer = late.get(LONG, TimeUnit.SECONDS);
      assertThat(b.text("late")).isEqualTo("late");
      assertThat(answer.status()).isEqualTo(201);
      assertThat(answer.body().path("state").asString()).isEqualTo("everywhere");
    }
  }
}
