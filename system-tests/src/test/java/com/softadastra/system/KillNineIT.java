package com.softadastra.system;

import static com.softadastra.node.client.NodeClient.segment;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.disk.Campaign;
import com.softadastra.node.client.Answer;
import com.softadastra.node.client.NodeClient;
import com.softadastra.node.client.NodeUnreachable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What a node has acknowledged survives its process, whenever that ends. */
class KillNineIT {
  private static final int KILLS = Integer.getInteger("softadastra.kills", 20);
  private static final int WRITERS = 6;
  private static final int READ_AFTER_KILL = 100;

  /** Of the storage alone, once the JVM is there. What is seen of it is in the note. */
  private static final Duration OPENING = Duration.ofSeconds(30);

  /** How long a write may take to be acknowledged: a restart or two, and then some. */
  private static final Duration ANSWER = Nodes.START.plusMinutes(1);

  private final Map<String, JsonNode> acknowledged = new ConcurrentHashMap<>();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();

  private volatile boolean stopping;

  @Test
  void everyAcknowledgedWriteIsThereAfterEveryKill(@TempDir Path directory) throws Exception {
    long seed = Long.getLong("softadastra.seed", System.nanoTime());
    System.out.println("KillNineIT: -Dsoftadastra.kills=" + KILLS + " -Dsoftadastra.seed=" + seed);
    var random = new Random(seed);
    try (var nodes = new Nodes(directory)) {
      var node = nodes.create("killed");
      Nodes.start(node);
      node.openSpace();
      var writers = new ArrayList<Thread>();
      for (int i = 0; i < WRITERS; i++) {
        var writer = new Writer(node, i, seed + i);
        writers.add(Thread.ofVirtual().start(writer));
      }
      var ready = new Times();
      var opening = new Times();
      var checked = new HashMap<String, JsonNode>();
      var campaign = new Campaign();
      int kills = 0;
      while (kills < KILLS || campaign.goesOn()) {
        kills++;
        Thread.sleep(100 + random.nextInt(1200));
        node.process().kill();
        node.process().start();
        if (kills % 10 == 0) {
          // Also while it recovers.
          Thread.sleep(500 + random.nextInt(4000));
          node.process().kill();
          node.process().start();
        }
        ready.add(node.process().awaitReady(Nodes.START));
        var opened = opening(node);
        opening.add(opened);
        assertThat(opened).as("opening the storage after kill %d", kills).isLessThan(OPENING);
        // Some of what was acknowledged since the last look; the end looks at everything.
        var news = new HashMap<>(acknowledged);
        news.keySet().removeAll(checked.keySet());
        for (var document : news.entrySet().stream().limit(READ_AFTER_KILL).toList()) {
          assertThat(read(node, document.getKey()))
              .as("%s after kill %d", document.getKey(), kills)
              .isEqualTo(document.getValue());
        }
        checked.putAll(news);
        assertThat(failure.get()).isNull();
      }
      stopping = true;
      for (var writer : writers) {
        assertThat(writer.join(ANSWER)).as("a writer came to its end").isTrue();
      }
      assertThat(failure.get()).isNull();
      assertThat(node.documents()).containsAllEntriesOf(acknowledged);
      Campaign.note(
          "KillNineIT",
          "seed %d, %d kills, %,d acknowledged documents all there; storage open after %s; ready again after %s, with the start of the JVM"
              .formatted(seed, kills, acknowledged.size(), opening, ready));
    }
  }

  /** What the node says of its storage. */
  private static Duration opening(TestNode node) {
    var wal = node.client().get("/actuator/wal").orThrow();
    return Duration.ofMillis(wal.required("openingMillis").asLong());
  }

  private static final class Times {
    private final List<Duration> all = new ArrayList<>();

    void add(Duration time) {
      all.add(time);
    }

    @Override
    public String toString() {
      return "%.2f s, at most %.2f s"
          .formatted(
              all.stream().mapToLong(Duration::toMillis).average().orElse(0) / 1000,
              all.stream().mapToLong(Duration::toMillis).max().orElse(0) / 1000.0);
    }
  }

  private static JsonNode read(TestNode node, String id) throws InterruptedException {
    try {
      return node.client()
          .get("/api/v1/spaces/" + TestNode.SPACE + "/documents/notes/" + segment(id))
          .body();
    } catch (NodeUnreachable gone) {
      // nobody has killed it: what it said last and how it ended tell why it is gone
      var process = (OneProcess) node.layers();
      throw new AssertionError(end(process) + "; the node said " + process.output(), gone);
    }
  }

  private static String end(OneProcess process) throws InterruptedException {
    try {
      return "it ended with " + process.exitStatus();
    } catch (IllegalStateException stillRuns) {
      return stillRuns.getMessage();
    }
  }

  /** Writes documents of its own, never the same twice, until it is told to stop. */
  private final class Writer implements Runnable {
    private final TestNode node;
    private final int number;
    private final Random random;

    Writer(TestNode node, int number, long seed) {
      this.node = node;
      this.number = number;
      this.random = new Random(seed);
    }

    @Override
    public void run() {
      try {
        for (int count = 0; !stopping; count++) {
          if (count % 4 == 3) {
            intent(count);
          } else {
            document(count);
          }
        }
      } catch (Throwable e) {
        failure.compareAndSet(null, e);
      }
    }

    private void document(int count) throws InterruptedException {
      String id = "w" + number + "-" + count;
      var body = body(id);
      acknowledge(() ->
          node.client()
              .call(
                  "PUT",
                  "/api/v1/spaces/" + TestNode.SPACE + "/documents/notes/" + id,
                  body,
                  "Idempotency-Key",
                  "key-" + id));
      acknowledged.put(id, body);
    }

    /** Three documents at once. */
    private void intent(int count) throws InterruptedException {
      var intent = NodeClient.object().put("id", "w" + number + "-" + count);
      var operations = intent.putArray("operations");
      var bodies = new HashMap<String, JsonNode>();
      for (int i = 0; i < 3; i++) {
        String id = "w" + number + "-" + count + "/" + i;
        bodies.put(id, body(id));
        operations
            .addObject()
            .put("op", "put")
            .put("collection", "notes")
            .put("id", id)
            .set("body", bodies.get(id));
      }
      acknowledge(() -> node.record(intent));
      acknowledged.putAll(bodies);
    }

    /** The same request again until it is answered: its key makes that harmless. */
    private void acknowledge(Supplier<Answer> write) throws InterruptedException {
      for (long begun = System.nanoTime(); System.nanoTime() - begun < ANSWER.toNanos(); ) {
        try {
          var answer = write.get();
          if (answer.isSuccess()) {
            return;
          }
          assertThat(answer.isRetryable()).as(answer.problem()).isTrue();
        } catch (NodeUnreachable _) {
          // It is dead or not yet back.
        }
        Thread.sleep(50);
      }
      throw new AssertionError("a write was not acknowledged within " + ANSWER);
    }

    private JsonNode body(String id) {
      var text = new StringBuilder();
      for (int i = random.nextInt(400); i > 0; i--) {
        text.append((char) (' ' + random.nextInt(90)));
      }
      return NodeClient.object()
          .put("id", id)
          .put("text", text.toString())
          .put("n", random.nextLong());
    }
  }
}
