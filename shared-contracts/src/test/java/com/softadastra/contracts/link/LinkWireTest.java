package com.softadastra.contracts.link;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Reply;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.DeliveryState;
import com.softadastra.contracts.documents.Documents;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.documents.Receipt;
import com.softadastra.contracts.documents.ReceiptState;
import com.softadastra.contracts.documents.Recorded;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.contracts.suite.Awaiting;
import com.softadastra.contracts.suite.Probe;
import com.softadastra.contracts.suite.RecordingDocuments;
import com.softadastra.contracts.suite.RecordingWebReads;
import com.softadastra.contracts.suite.Samples;
import com.softadastra.contracts.web.FieldLine;
import com.softadastra.contracts.web.ResponsePart;
import com.softadastra.contracts.web.WebReads;
import com.softadastra.contracts.web.WebRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/**
 * Every byte that a first call puts on the line, each way. Where this changes, services of
 * different versions may no longer understand each other: then the protocol needs another version.
 */
class LinkWireTest {
  private static final IntentRequest INTENT =
      new IntentRequest(
          "shop",
          null,
          "Zoë",
          Priority.URGENT,
          List.of(
              new OperationRequest(
                  OperationKind.PUT,
                  "orders",
                  "o1",
                  new JsonText("{\"n\":1.50}"),
                  null,
                  new Condition(Condition.Kind.MATCH, List.of("1-a")))));

  private static final Reply<Recorded> ANSWER =
      Reply.of(
          new Recorded(
              new Receipt(
                  "int_1",
                  "shop",
                  70_000,
                  ReceiptState.IN_CUSTODY,
                  Samples.CLOCK,
                  List.of(new Receipt.OperationReceipt("orders", "o1", "2-b", true)),
                  List.of(
                      new Receipt.Delivery(
                          Samples.NODE,
                          "till",
                          DeliveryState.IN_FLIGHT,
                          null,
                          null,
                          2,
                          "off",
                          null))),
              false,
              true));

  /** Length, then SETUP: keepalive every 5 s for 15 s, types of the payloads, secret, version. */
  private static final String SETUP =
      """
      000043000000000500000100000000138800003a980a746578742f706c61696e
      106170706c69636174696f6e2f63626f72000000736f6674616461737472612d
      6c696e6b2f31
      """;

  /** Length, then REQUEST_RESPONSE with the route and the arguments. */
  private static final String REQUEST =
      """
      0000b9000000011100000010446f63756d656e74732e7265636f726481bf6573
      706163656473686f70626964f6656163746f72645a6fc3ab687072696f726974
      7966757267656e746a6f7065726174696f6e7381bf626f70637075746a636f6c
      6c656374696f6e666f7264657273626964626f3164626f64796a7b226e223a31
      2e35307d657061746368f669636f6e646974696f6ebf646b696e64654d415443
      486876657273696f6e738163312d61ffff687265706c61636573f6ff
      """;

  /** Length, then PAYLOAD, next and complete. */
  private static final String REPLY =
      """
      000151000000012860bf6576616c7565bf6772656365697074bf66696e74656e
      7465696e745f316573706163656473686f7068706f736974696f6e1a00011170
      6573746174656a696e2d637573746f64796a7265636f726465644174781e3230
      32362d31312d32325431303a31353a33302e3132333435363738395a6a6f7065
      726174696f6e7381bf6a636f6c6c656374696f6e666f7264657273626964626f
      316776657273696f6e63322d6268636f6e666c696374f5ff6a64656c69766572
      69657381bf646e6f64657834616866616165323632303175766e346367373134
      386b6f723030766d75396d66706a726330317072363873767272666b69683330
      646e616d656474696c6c65737461746569696e2d666c69676874626174f66376
      6961f668617474656d70747302656572726f72636f66666461734f66f6ffff68
      7265706c61796564f46763726561746564f5ffff
      """;

  private static final WebRequest READ =
      new WebRequest(
          "GET",
          "/cache/docs/a%20b",
          "q=1",
          List.of(new FieldLine("Host", "localhost"), new FieldLine("Range", "bytes=0-1")),
          "HTTP/1.1",
          "http",
          "127.0.0.1");

  private static final ResponsePart.Head HEAD =
      new ResponsePart.Head(206, List.of(new FieldLine("ETag", "\"a\"")), 2);

  /** Length, then REQUEST_STREAM with the route and the arguments, for 32 elements. */
  private static final String READING =
      """
      0000b90000000119000000002000000d57656252656164732e7265616481bf66
      6d6574686f64634745546470617468712f63616368652f646f63732f61253230
      6265717565727963713d31666669656c647382bf646e616d6564486f73746576
      616c7565696c6f63616c686f7374ffbf646e616d656552616e67656576616c75
      656962797465733d302d31ff6870726f746f636f6c68485454502f312e316673
      6368656d65646874747066636c69656e74693132372e302e302e31ff
      """;

  /** Lengths and PAYLOADs, next: the head, a piece, an empty one; and complete. */
  private static final String PARTS =
      """
      00003e000000012820bf6468656164bf6673746174757318ce666669656c6473
      81bf646e616d6564455461676576616c756563226122ff666c656e67746802ff
      ff000013000000012820bf67636f6e74656e74420102ff000011000000012820
      bf67636f6e74656e7440ff000006000000012840
      """;

  @Test
  void clientWritesAndReadsTheseBytes() throws Exception {
    var sent = bytes(SETUP + REQUEST);
    try (var listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var client =
            LinkClient.to(LinkAddress.loopback(listening.getLocalPort()), LinkSecret.none())) {
      var remote = client.proxy(Documents.class);
      var answer = CompletableFuture.supplyAsync(() -> remote.record(INTENT));
      try (var connection = listening.accept()) {
        assertThat(hex(read(connection, sent.length))).isEqualTo(hex(sent));
        connection.getOutputStream().write(bytes(REPLY));
        assertThat(answer.get(20, TimeUnit.SECONDS)).isEqualTo(ANSWER);
      }
    }
  }

  @Test
  void serverReadsAndWritesTheseBytes() throws Exception {
    var documents = new RecordingDocuments();
    documents.willAnswer(ANSWER);
    var expected = bytes(REPLY);
    try (var server =
            LinkServer.bind(LinkAddress.loopback(0), LinkSecret.none())
                .serve(Documents.class, documents);
        var connection = new Socket("127.0.0.1", server.address().port())) {
      connection.getOutputStream().write(bytes(SETUP + REQUEST));
      assertThat(hex(read(connection, expected.length))).isEqualTo(hex(expected));
      assertThat(documents.calls().getFirst().arguments()).containsExactly(INTENT);
    }
  }

  @Test
  void clientWritesAndReadsTheseBytesOfAStream() throws Exception {
    var sent = bytes(SETUP + READING);
    try (var listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var client =
            LinkClient.to(LinkAddress.loopback(listening.getLocalPort()), LinkSecret.none())) {
      var answer = Probe.on(client.proxy(WebReads.class).read(READ));
      try (var connection = listening.accept()) {
        assertThat(hex(read(connection, sent.length))).isEqualTo(hex(sent));
        connection.getOutputStream().write(bytes(PARTS));
        assertThat(answer.take().head()).isEqualTo(HEAD);
        assertThat(answer.take().content()).containsExactly(1, 2);
        assertThat(answer.take().content()).isEmpty();
        assertThat(answer.awaitEnd()).isNull();
      }
    }
  }

  @Test
  void serverReadsAndWritesTheseBytesOfAStream() throws Exception {
    var reads = new RecordingWebReads();
    reads.willAnswer(
        Flux.just(
            ResponsePart.of(HEAD),
            ResponsePart.of(new byte[] {1, 2}),
            ResponsePart.of(new byte[0])));
    var expected = bytes(PARTS);
    try (var server =
            LinkServer.bind(LinkAddress.loopback(0), LinkSecret.none())
                .serve(WebReads.class, reads);
        var connection = new Socket("127.0.0.1", server.address().port())) {
      connection.getOutputStream().write(bytes(SETUP + READING));
      assertThat(hex(read(connection, expected.length))).isEqualTo(hex(expected));
      assertThat(reads.calls().getFirst().arguments()).containsExactly(READ);
    }
  }

  private static byte[] read(Socket from, int length) throws IOException {
    from.setSoTimeout((int) Awaiting.DEADLINE.toMillis());
    return from.getInputStream().readNBytes(length);
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes).replaceAll("(.{64})", "$1\n");
  }
}
