package com.softadastra.edge.read;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.LayerUnreachable;
import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.link.LinkAddress;
import com.softadastra.contracts.link.LinkClient;
import com.softadastra.contracts.link.LinkSecret;
import com.softadastra.contracts.link.LinkServer;
import com.softadastra.contracts.suite.Awaiting;
import com.softadastra.contracts.suite.CuttableProxy;
import com.softadastra.contracts.suite.Probe;
import com.softadastra.contracts.suite.Samples;
import com.softadastra.contracts.web.FieldLine;
import com.softadastra.contracts.web.ResponsePart;
import com.softadastra.contracts.web.WebReads;
import com.softadastra.contracts.web.WebRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** How an answer is written to whoever pulls it, as an object and over a link. */
@Timeout(60)
class ReadsByLinkTest {
  /** How many parts may be on their way to who hasn't asked for them. */
  private static final int MOST_AHEAD = 64;

  private static final ResponsePart.Head HEAD = new ResponsePart.Head(200, List.of(), -1);

  enum Way {
    OBJECT,
    LINK
  }

  private interface Writing {
    void to(Recipient recipient) throws IOException;
  }

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final CountDownLatch ended = new CountDownLatch(1);

  @AfterEach
  void close() throws Exception {
    while (!open.isEmpty()) {
      open.pop().close();
    }
  }

  private ReadsByLink answering(Writing writing) {
    return new ReadsByLink(
        List.of(
            new Resources() {
              @Override
              public String path() {
                return "/a/";
              }

              @Override
              public void answer(WebRequest request, Recipient to) throws IOException {
                try {
                  writing.to(to);
                } finally {
                  ended.countDown();
                }
              }
            }));
  }

  private LinkServer served(WebReads reads) {
    var server = LinkServer.bind(LinkAddress.loopback(0), LinkSecret.none());
    open.push(server);
    return server.serve(WebReads.class, reads);
  }

  private WebReads at(int port) {
    var client = LinkClient.to(LinkAddress.loopback(port), LinkSecret.none());
    open.push(client);
    return client.proxy(WebReads.class);
  }

  private WebReads reach(Way way, Writing writing) {
    var reads = answering(writing);
    return way == Way.OBJECT ? reads : at(served(reads).address().port());
  }

  private static WebRequest request(String method, String path) {
    return new WebRequest(method, path, null, List.of(), "HTTP/1.1", "http", "127.0.0.1");
  }

  private static Probe<ResponsePart> probe(WebReads reads) {
    return Probe.on(reads.read(request("GET", "/a/b")));
  }

  @ParameterizedTest
  @EnumSource
  void writesNoMoreThanIsAskedFor(Way way) {
    var written = new AtomicLong();
    var probe =
        probe(
            reach(
                way,
                to -> {
                  var out = to.begin(HEAD);
                  while (true) {
                    out.write((int) written.getAndIncrement());
                  }
                }));
    assertThat(probe.take().head()).isEqualTo(HEAD);
    for (int taken = 0; taken < 1_000; taken++) {
      assertThat(probe.take().content()).containsExactly(taken);
      // and the one that waits
      assertThat(written).hasValueLessThanOrEqualTo(taken + 2 + MOST_AHEAD);
    }
    probe.cancel();
    Awaiting.until(ended, "the end of the writing");
  }

  @Test
  void whoeverIsCutOffIsNotWrittenToAnyMore() {
    var server =
        served(
            answering(to -> {
              var out = to.begin(HEAD);
              while (true) {
                out.write(1);
              }
            }));
    var proxy = new CuttableProxy(server.address().port());
    open.push(proxy);
    var probe = probe(at(proxy.port()));
    probe.take();
    proxy.cut();
    assertThat(probe.awaitEnd()).isInstanceOf(LayerUnreachable.class);
    Awaiting.until(ended, "the end of the writing");
  }

  @ParameterizedTest
  @EnumSource
  void writesPiecesAndSaysWhereTheyGoOnAtOnce(Way way) {
    byte[] bytes = Samples.bytes(100_000, 3);
    var reads =
        reach(
            way,
            to -> {
              var out = to.begin(HEAD);
              out.write(bytes, 10, 90_000);
              out.flush();
              out.write(bytes, 0, 0);
              out.write(7);
            });
    var parts =
        reads.read(request("GET", "/a/b")).collectList().block(Awaiting.DEADLINE).stream().toList();
    assertThat(parts.getFirst().head()).isEqualTo(HEAD);
    var content = new ByteArrayOutputStream();
    for (var part : parts.subList(1, parts.size() - 2)) {
      assertThat(part.content()).hasSizeBetween(1, 8 << 10);
      content.writeBytes(part.content());
    }
    assertThat(content.toByteArray()).isEqualTo(Arrays.copyOfRange(bytes, 10, 90_010));
    assertThat(parts.get(parts.size() - 2).content()).isEmpty();
    assertThat(parts.getLast().content()).containsExactly(7);
  }

  @ParameterizedTest
  @EnumSource
  void tellsThatAnAnswerCannotBeFinished(Way way) {
    var probe =
        probe(
            reach(
                way,
                to -> {
                  to.begin(HEAD).write(1);
                  throw new Refused(Samples.PROBLEM);
                }));
    assertThat(probe.take().head()).isEqualTo(HEAD);
    assertThat(probe.take().content()).containsExactly(1);
    assertThat(probe.awaitEnd())
        .isInstanceOfSatisfying(
            Refused.class, it -> assertThat(it.problem()).isEqualTo(Samples.PROBLEM));
  }

  /** As at the edge's own port, where a mistake is answered with 500. */
  @ParameterizedTest
  @EnumSource
  void tellsOfAMistakeThatItIsOne(Way way) {
    for (var mistake : List.of(new IllegalStateException("x"), new StackOverflowError())) {
      var probe =
          probe(
              reach(
                  way,
                  _ -> {
                    if (mistake instanceof Error error) {
                      throw error;
                    }
                    throw (RuntimeException) mistake;
                  }));
      assertThat(probe.awaitEnd())
          .isInstanceOfSatisfying(
              Refused.class,
              it -> {
                assertThat(it.problem().code()).isEqualTo(ProblemCode.INTERNAL_ERROR);
                assertThat(it.problem().facts()).containsKey("reference");
              });
    }
  }

  @ParameterizedTest
  @EnumSource
  void givesNoContentForHead(Way way) {
    var answers =
        List.<Writing>of(
            to -> to.refuse(Problem.of(ProblemCode.BUSY, Samples.TEXT)),
            to -> to.begin(new ResponsePart.Head(200, List.of(), 3)).write(new byte[3]));
    for (var answer : answers) {
      var parts =
          reach(way, answer).read(request("HEAD", "/a/b")).collectList().block(Awaiting.DEADLINE);
      assertThat(parts).hasSize(1);
      assertThat(parts.getFirst().head().length()).isPositive();
    }
  }

  @ParameterizedTest
  @EnumSource
  void answersWithAProblemAndWhatBelongsToIt(Way way) {
    var reads =
        reach(
            way,
            to ->
                to.refuse(
                    Problem.of(ProblemCode.BUSY, Samples.TEXT), new FieldLine("X-More", "yes")));
    var parts = reads.read(request("GET", "/a/b")).collectList().block(Awaiting.DEADLINE);
    assertThat(parts).hasSize(2);
    var head = parts.getFirst().head();
    assertThat(head.status()).isEqualTo(503);
    assertThat(head.fields())
        .containsExactly(
            new FieldLine("Content-Type", "application/problem+json"),
            new FieldLine("Cache-Control", "no-store"),
            new FieldLine("Retry-After", "1"),
            new FieldLine("X-More", "yes"));
    assertThat(parts.getLast().content()).hasSize((int) head.length());
  }

  @ParameterizedTest
  @CsvSource({
    "POST,/a/b,method-not-allowed",
    "get,/a/b,method-not-allowed",
    "GET,/a,not-found",
    "GET,/b/a/,not-found",
    "HEAD,/%61/b,not-found"
  })
  void refusesWhatIsNotReadHere(String method, String path, String code) {
    for (var way : Way.values()) {
      var reads = reach(way, to -> to.begin(HEAD));
      assertThat(Probe.on(reads.read(request(method, path))).awaitEnd())
          .isInstanceOfSatisfying(
              Refused.class, it -> assertThat(it.problem().code().slug()).isEqualTo(code));
    }
    assertThat(ended.getCount()).isEqualTo(1);
  }
}
