package com.softadastra.runtime.documents;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.documents.DocumentShares;
import com.softadastra.contracts.documents.Documents;
import com.softadastra.contracts.documents.Receipt;
import com.softadastra.contracts.documents.ShareMove;
import com.softadastra.contracts.http.Fields;
import com.softadastra.contracts.http.JsonBody;
import com.softadastra.contracts.http.MediaTypes;
import com.softadastra.contracts.json.Json;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Optional;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Amounts that are divided among replicas. */
@RestController
@RequestMapping("/api/v1/spaces/{space}/documents/{collection}/{id}/shares")
final class SharesController {
  private static final int MOST_DIGITS = 38;
  private static final int MOST_DECIMALS = 18;

  private final Documents documents;
  private final Writes writes;
  private final Limits limits;

  SharesController(Documents documents, Writes writes, Limits limits) {
    this.documents = documents;
    this.writes = writes;
    this.limits = limits;
  }

  @GetMapping
  ResponseEntity<DocumentShares> shares(
      @PathVariable String space, @PathVariable String collection, @PathVariable String id) {
    address(space, collection, id);
    return SpacesController.json(HttpStatus.OK, documents.shares(space, collection, id).orThrow());
  }

  /** Moves a part of this node's share. */
  @PostMapping
  ResponseEntity<Receipt> move(
      @PathVariable String space,
      @PathVariable String collection,
      @PathVariable String id,
      HttpServletRequest request)
      throws IOException {
    address(space, collection, id);
    MediaTypes.requireJson(request);
    var headers = new Headers(request);
    var wait = headers.await();
    var fields = Fields.of(JsonBody.object(request, limits.request()), "field", "to", "amount");
    var move =
        new ShareMove(
            fields.string("field"),
            node("to", fields),
            amount(fields),
            headers.idempotencyKey().orElse(null),
            headers.actor().orElse(null));
    var written =
        writes.write(wait, () -> documents.moveShare(space, collection, id, move).orThrow());
    return written.answer(HttpStatus.OK).body(written.receipt());
  }

  private static void address(String space, String collection, String id) {
    Names.space(space);
    Names.collection(collection);
    Names.id("id", id);
  }

  static NodeId node(String name, Fields fields) {
    try {
      return NodeId.parse(fields.string(name));
    } catch (IllegalArgumentException _) {
      throw fields.wrong(name, "must be a node's id");
    }
  }

  static BigDecimal amount(Fields fields) {
    return fields
        .value("amount")
        .flatMap(SharesController::decimal)
        .filter(amount ->
            amount.signum() > 0
                && amount.precision() <= MOST_DIGITS
                && Math.abs((long) amount.scale()) <= MOST_DECIMALS)
        .orElseThrow(() ->
            fields.wrong(
                "amount",
                "must be a number above 0 of at most %d digits, %d of them behind the point"
                    .formatted(MOST_DIGITS, MOST_DECIMALS)));
  }

  private static Optional<BigDecimal> decimal(Json json) {
    if (!(json instanceof Json.Num(var text)) || text.length() > 2 * MOST_DIGITS) {
      return Optional.empty();
    }
    try {
      return Optional.of(new BigDecimal(text));
    } catch (NumberFormatException _) {
      // JSON bounds no exponent
      return Optional.empty();
    }
  }
}
