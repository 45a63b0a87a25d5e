package com.softadastra.edge;

import static com.softadastra.edge.mailbox.Envelopes.ANN;
import static com.softadastra.edge.mailbox.Envelopes.BOB;
import static com.softadastra.edge.mailbox.Envelopes.CAT;
import static com.softadastra.edge.mailbox.Envelopes.arrived;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.documents.Priority;
import com.softadastra.edge.mailbox.MailboxStore;
import com.softadastra.edge.mailbox.MailboxStore.Put;
import com.softadastra.engine.log.Signatures.NodeKey;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The edge as a process runs it, as an operator sees its mailboxes. */
class MailboxWebIT {
  @TempDir private static Path data;
  private static ConfigurableApplicationContext edge;
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  @BeforeAll
  static void start() {
    edge =
        EdgeApplication.application()
            .run("--server.port=0", "--softadastra.link.port=0", "--softadastra.data=" + data);
    put(BOB, 1);
    put(BOB, 2);
    put(CAT, 3);
  }

  @AfterAll
  static void stop() {
    edge.close();
  }

  private static void put(NodeKey to, long number) {
    // on this machine's clock, by which the edge looks for what is expired as soon as it is up
    var expires = Instant.now().plus(Duration.ofDays(1));
    var forced = new CompletableFuture<Put>();
    edge.getBean(MailboxStore.class)
        .put(arrived(ANN, to, number, Priority.NORMAL, expires, 100), forced);
    forced.join();
  }

  private static HttpResponse<String> get(String path) throws Exception {
    int port = ((ServletWebServerApplicationContext) edge).getWebServer().getPort();
    var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build();
    return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private static JsonNode json(String path) throws Exception {
    var answer = get(path);
    assertThat(answer.statusCode()).isEqualTo(200);
    return JsonMapper.shared().readTree(answer.body());
  }

  @Test
  void showsWhatIsKeptForEachNode() throws Exception {
    var mailboxes = json("/api/v1/mailboxes").get("mailboxes");

    assertThat(mailboxes).hasSize(2);
    var bobs =
        mailboxes
            .valueStream()
            .filter(each -> each.get("node").asString().equals(BOB.nodeId().toString()))
            .findFirst()
            .orElseThrow();
    assertThat(bobs.get("envelopes").asLong()).isEqualTo(2);
    assertThat(bobs.get("bytes").asLong()).isEqualTo(200);
    assertThat(bobs.get("oldest").asString()).isEqualTo("2026-01-01T00:00:01Z");
    assertThat(bobs.get("connected").asBoolean()).isFalse();
    var receipts = bobs.get("custodyReceipts");
    assertThat(receipts).hasSize(2);
    assertThat(receipts.get(0).get("keptAt").asString()).isEqualTo("2026-01-01T00:00:02Z");
    assertThat(receipts.get(0).get("from").asString()).isEqualTo(ANN.nodeId().toString());
    assertThat(HexFormat.of().parseHex(receipts.get(0).get("signature").asString())).hasSize(64);
  }

  @Test
  void goesOnAfterANode() throws Exception {
    var all = json("/api/v1/mailboxes").get("mailboxes");
    var first = all.get(0).get("node").asString();

    var rest = json("/api/v1/mailboxes?after=" + first).get("mailboxes");

    assertThat(rest).hasSize(1);
    assertThat(rest.get(0)).isEqualTo(all.get(1));
    assertThat(get("/api/v1/mailboxes?after=nobody").statusCode()).isEqualTo(400);
  }

  @Test
  void dashboardsAndMetricsHaveTheTotals() throws Exception {
    var totals = json("/actuator/edge").get("mailboxes");
    assertThat(totals.get("envelopes").asLong()).isEqualTo(3);
    assertThat(totals.get("bytes").asLong()).isEqualTo(300);
    assertThat(totals.get("bodies").asLong()).isZero();
    assertThat(totals.get("connections").asInt()).isZero();

    assertThat(get("/actuator/prometheus").body())
        .contains("softadastra_mailbox_envelopes 3.0")
        .contains("softadastra_mailbox_bodies 0.0")
        .contains("softadastra_mailbox_size_bytes 300.0")
        .contains("softadastra_mailbox_kept_total 0.0");
  }
}
