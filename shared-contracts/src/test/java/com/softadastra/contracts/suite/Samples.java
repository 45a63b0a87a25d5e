package com.softadastra.contracts.suite;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Change;
import com.softadastra.contracts.documents.DeliveryState;
import com.softadastra.contracts.documents.Receipt;
import com.softadastra.contracts.documents.ReceiptState;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.contracts.peering.PeerView;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Values that a careless encoding would damage. */
public final class Samples {
  public static final NodeId NODE = new NodeId(hash("node"));
  public static final NodeId OTHER_NODE = new NodeId(hash("other node"));
  public static final SpaceId SPACE_ID = new SpaceId(hash("space"));
  public static final Incarnation INCARNATION =
      Incarnation.of(new byte[] {-128, -1, 0, 1, 127, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15});

  /** To the nanosecond. */
  public static final Instant CLOCK = Instant.parse("2026-11-22T10:15:30.123456789Z");

  /** Beyond the basic plane, right to left, with marks that combine, with a quote and a NUL. */
  public static final String TEXT = "Zürich 東京 \uD83D\uDE9C שלום e\u0301 \"\\ \u0000 \u2028";

  /** Numbers that no double holds, in the text in which they were recorded. */
  public static final JsonText BODY =
      new JsonText(
          "{\"big\":123456789012345678901234567890123456789,\"exact\":0.1000000000000000000000001,"
              + "\"far\":1e400,\"text\":\"Zürich 東京 \uD83D\uDE9C\\n\",\"yes\":true,\"none\":null}");

  /** Longer than many frames. */
  public static final JsonText LARGE_BODY =
      new JsonText("{\"large\":\"" + "東京0123456789".repeat(100_000) + "\"}");

  public static final Problem PROBLEM =
      new Problem(
          ProblemCode.VERSION_MISMATCH,
          TEXT,
          List.of(new Problem.FieldError("/operations/0/id", TEXT), new Problem.FieldError("", "")),
          Map.of("version", "2-abc", "größe", TEXT));

  public static final Receipt RECEIPT =
      new Receipt(
          "int_01",
          TEXT,
          Long.MAX_VALUE,
          ReceiptState.IN_CUSTODY,
          CLOCK,
          List.of(
              new Receipt.OperationReceipt("orders", TEXT, "1-a", true),
              new Receipt.OperationReceipt("orders", "b", "2-b", false)),
          List.of(
              new Receipt.Delivery(
                  NODE, TEXT, DeliveryState.DELIVERED, CLOCK, OTHER_NODE, 3, TEXT, CLOCK),
              new Receipt.Delivery(
                  OTHER_NODE, "", DeliveryState.DEAD_LETTER, null, null, 0, null, null)));

  public static final PeerView PEER =
      new PeerView(
          NODE,
          TEXT,
          PeerView.State.CONNECTED,
          PeerView.Route.DIRECT,
          List.of(OTHER_NODE, NODE),
          new PeerView.Lag(
              Long.MAX_VALUE, 1L << 40, Duration.ofSeconds(86_400 * 365L, 999_999_999)),
          Duration.ofNanos(-1_500_000_001),
          Instant.MAX,
          Instant.MIN,
          TEXT);

  public static final PeerView SILENT_PEER =
      new PeerView(
          OTHER_NODE,
          "",
          PeerView.State.UNREACHABLE,
          PeerView.Route.NONE,
          List.of(),
          new PeerView.Lag(0, 0, Duration.ZERO),
          null,
          null,
          null,
          null);

  private Samples() {}

  public static Hash hash(String of) {
    return Hash.sha256(of.getBytes(StandardCharsets.UTF_8));
  }

  public static Change change(long position) {
    return new Change(
        position,
        "int_" + position,
        NODE,
        CLOCK.plusNanos(position),
        List.of(new Change.ChangedDocument("orders", TEXT, "1-a", position % 2 == 0)));
  }

  /** Every byte value, over and over, starting with this one. */
  public static byte[] bytes(int length, int first) {
    var bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (first + i);
    }
    return bytes;
  }
}
