package com.softadastra.edge.forward;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Hash;
import com.softadastra.disk.ModelDisk;
import com.softadastra.edge.database.EdgeDatabase;
import com.softadastra.edge.origin.Origin;
import com.softadastra.edge.origin.OriginClient;
import com.softadastra.edge.origin.OriginFailure.Kind;
import com.softadastra.edge.origin.OriginLimits;
import com.softadastra.edge.policy.Headers;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardFileSystem;
import com.softadastra.guard.GuardSettings;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever fails, an attempt ends: its lane would end with it. */
@Timeout(60)
class OriginCourierTest {
  private static final FailStop THROWING =
      (file, cause) -> {
        throw new IllegalStateException(file, cause);
      };
  private static final ForwardLimits LIMITS =
      new ForwardLimits(
          1000,
          10,
          100_000,
          10,
          100_000,
          0,
          1000,
          10,
          100_000,
          Duration.ofDays(7),
          8,
          4,
          Duration.ofSeconds(30),
          3,
          3);

  private ModelDisk disk;
  private EdgeDatabase database;
  private ForwardBook book;
  private HttpServer server;
  private OriginClient origin;
  private Waiting waiting;
  private Forwards.Changed changed = (_, _, _, _) -> {};

  @BeforeEach
  void open() throws IOException {
    disk = ModelDisk.register("courier");
    database =
        EdgeDatabase.open(
            "courier:/db",
            GuardFileSystem.register(
                EdgeDatabase.GUARD, GuardSettings.production().withFailStop(THROWING)),
            THROWING,
            _ -> {});
    book = new ForwardBook(database, LIMITS, () -> Long.MAX_VALUE);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", exchange -> exchange.sendResponseHeaders(204, -1));
    server.start();
    var url = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    var patience = Duration.ofSeconds(10);
    origin =
        new OriginClient(
            new Origin("shop", url, true), new OriginLimits(2, patience, patience, patience, 8192));
    keep();
  }

  private void keep() {
    String site = origin.origin().site();
    var request =
        new Kept(
            UUID.randomUUID(),
            "shop",
            site,
            "",
            "k",
            "POST",
            "/orders",
            Headers.of("Idempotency-Key", "k"),
            new byte[10],
            Instant.EPOCH);
    var forced = new CompletableFuture<ForwardTables.Put>();
    book.put(request, forced);
    long number = ((ForwardTables.Put.New) forced.join()).forward().number();
    waiting = new Waiting(number, "shop", site, Hash.ZERO, 0, 0, 0);
  }

  @AfterEach
  void close() throws IOException {
    origin.close();
    server.stop(0);
    database.close();
    disk.close();
  }

  private Attempt attempt() throws Exception {
    var ended = new CompletableFuture<Attempt>();
    new OriginCourier(
            Map.of("shop", origin),
            book,
            (method, target, status, headers) -> changed.by(method, target, status, headers),
            LIMITS.answerBody())
        .send(waiting, ended::complete);
    return ended.get(30, TimeUnit.SECONDS);
  }

  @Test
  void theAnswerIsTold() throws Exception {
    assertThat(attempt())
        .isInstanceOfSatisfying(
            Attempt.Answered.class, answered -> assertThat(answered.status()).isEqualTo(204));
  }

  /** The origin has acted, as far as anybody knows. */
  @Test
  void anErrorInTheMiddleEndsTheAttemptAsUnanswered() throws Exception {
    changed =
        (_, _, _, _) -> {
          throw new StackOverflowError("too deep");
        };
    assertThat(attempt())
        .isInstanceOfSatisfying(
            Attempt.Unanswered.class,
            unanswered -> {
              assertThat(unanswered.kind()).isEqualTo(Kind.NO_ANSWER);
              assertThat(unanswered.why()).contains("too deep");
            });
  }

  @Test
  void whatIsNotForgottenIsAnsweredAllTheSame() throws Exception {
    changed =
        (_, _, _, _) -> {
          throw new IllegalStateException("the cache");
        };
    assertThat(attempt()).isInstanceOf(Attempt.Answered.class);
  }

  @Test
  void whatCannotBeReadNowIsNotSent() throws Exception {
    database.call(statements -> statements.change("alter table forward_request rename to away"));
    assertThat(attempt()).isInstanceOf(Attempt.Unsent.class);
  }

  @Test
  void whatIsDamagedIsUnreadable() throws Exception {
    database.call(
        statements -> statements.change("update forward_request set fields = ?", new byte[] {-1}));
    assertThat(attempt()).isInstanceOf(Attempt.Unreadable.class);
  }
}
