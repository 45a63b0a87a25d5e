package com.softadastra.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.softadastra.contracts.http.RawHttp;
import com.softadastra.disk.Campaign;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.FileSystemUtils;
import tools.jackson.databind.json.JsonMapper;

/**
 * The edge as its own process, killed between its 202 and the delivery, and in the middle of it.
 */
class KilledForwardsIT {
  private static final int REQUESTS = 20;
  private static final Duration ROUND = Duration.ofMinutes(5);

  @TempDir Path directory;

  @Test
  void whatWasAcceptedIsDeliveredInOrderUnderItsKey() throws Exception {
    var campaign = new Campaign();
    int rounds = 0;
    do {
      var data = Files.createDirectory(directory.resolve("round-" + rounds++));
      assertTimeoutPreemptively(ROUND, () -> deliver(data));
      FileSystemUtils.deleteRecursively(data);
    } while (campaign.goesOn());
    Campaign.note(
        "KilledForwardsIT",
        "%d rounds of %d kept requests and two kills: delivered in order, each under its key"
            .formatted(rounds, REQUESTS));
  }

  private static void deliver(Path data) throws Exception {
    try (var origin = new TestOrigin()) {
      origin.stop();
      var ids = new ArrayList<String>();
      try (var process =
          new EdgeProcess(data, origin.port, "--softadastra.edge.forward.longest-wait=50ms")) {
        await()
            .atMost(Duration.ofSeconds(120))
            .ignoreExceptions()
            .until(() -> post(process.port, "0", ids));
        for (int i = 1; i < REQUESTS; i++) {
          assertThat(post(process.port, "" + i, ids)).isTrue();
        }
        process.kill();

        // the sixth is taken and never answered
        origin.answers((request, out) -> {
          if (request.body().equals("5")) {
            new CountDownLatch(1).await();
          }
          out.write(TestOrigin.answer(200, "", ""));
        });
        origin.startAgain();
        process.start();
        await()
            .atMost(Duration.ofSeconds(120))
            .until(() -> !origin.seen.isEmpty() && origin.seen.getLast().body().equals("5"));
        process.kill();
      }
      origin.answers(200, "", "");
      try (var edge = new EdgeServer(data, origin.port)) {
        for (String id : ids) {
          await()
              .atMost(Duration.ofSeconds(30))
              .until(() ->
                  JsonMapper.shared()
                      .readTree(edge.get("/api/v1/forwards/" + id).text())
                      .get("state")
                      .asString()
                      .equals("done"));
        }
      }
      assertOnceInOrder(origin.seen, ids);
    }
  }

  /** What was under way when a process was killed comes again, under the same key. */
  private static void assertOnceInOrder(List<TestOrigin.Seen> seen, List<String> ids) {
    var keys = new HashSet<String>();
    var first = new ArrayList<String>();
    for (var request : seen) {
      String key = request.values("Idempotency-Key").getFirst();
      if (keys.add(key)) {
        first.add(request.body());
      }
      assertThat(ids.get(Integer.parseInt(request.body()))).isEqualTo(key);
    }
    assertThat(first)
        .hasSize(REQUESTS)
        .isSortedAccordingTo((a, b) -> Integer.compare(Integer.parseInt(a), Integer.parseInt(b)));
  }

  private static boolean post(int port, String body, List<String> ids) throws IOException {
    var answer =
        RawHttp.send(
            port,
            EdgeServer.request("POST", "/cache/shop/orders", body)
                .getBytes(StandardCharsets.ISO_8859_1));
    if (answer.status() == 202) {
      ids.add(JsonMapper.shared().readTree(answer.text()).get("id").asString());
    }
    return answer.status() == 202;
  }
}
