package com.softadastra.runtime.documents;

import com.softadastra.contracts.documents.Documents;
import com.softadastra.contracts.documents.Receipt;
import com.softadastra.contracts.documents.SequenceDefinition;
import com.softadastra.contracts.documents.SequenceView;
import com.softadastra.contracts.http.Fields;
import com.softadastra.contracts.http.JsonBody;
import com.softadastra.contracts.http.MediaTypes;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Sequences of numbers that no two documents share. */
@RestController
@RequestMapping("/api/v1/spaces/{space}/sequences/{sequence}")
final class SequencesController {
  private static final long MOST_AT_ONCE = 1_000_000_000L;

  private final Documents documents;
  private final Writes writes;
  private final Limits limits;

  SequencesController(Documents documents, Writes writes, Limits limits) {
    this.documents = documents;
    this.writes = writes;
    this.limits = limits;
  }

  record RangeList(List<SequenceView.Range> ranges) {}

  @PutMapping
  ResponseEntity<SequenceView> declare(
      @PathVariable String space, @PathVariable String sequence, HttpServletRequest request)
      throws IOException {
    address(space, sequence);
    MediaTypes.requireJson(request);
    var fields = Fields.of(JsonBody.object(request, limits.request()), "prefix", "width");
    var prefix = fields.optionalString("prefix").orElse("");
    if (prefix.length() > SequenceDefinition.MOST_PREFIX) {
      throw fields.wrong(
          "prefix", "must have at most " + SequenceDefinition.MOST_PREFIX + " characters");
    }
    int width = (int) fields.optionalInteger("width", 1, SequenceDefinition.MOST_WIDTH).orElse(1);
    var declared =
        documents.declareSequence(space, sequence, new SequenceDefinition(prefix, width)).orThrow();
    return SpacesController.json(
        declared.created() ? HttpStatus.CREATED : HttpStatus.OK, declared.sequence());
  }

  @GetMapping
  ResponseEntity<SequenceView> sequence(@PathVariable String space, @PathVariable String sequence) {
    address(space, sequence);
    return SpacesController.json(HttpStatus.OK, documents.sequence(space, sequence).orThrow());
  }

  @GetMapping("/ranges")
  ResponseEntity<RangeList> ranges(@PathVariable String space, @PathVariable String sequence) {
    address(space, sequence);
    return SpacesController.json(
        HttpStatus.OK, new RangeList(documents.sequence(space, sequence).orThrow().ranges()));
  }

  /** Gives numbers to a node; to this one where none is named. */
  @PostMapping("/ranges")
  ResponseEntity<Receipt> allot(
      @PathVariable String space, @PathVariable String sequence, HttpServletRequest request)
      throws IOException {
    address(space, sequence);
    MediaTypes.requireJson(request);
    var headers = new Headers(request);
    var wait = headers.await();
    var fields = Fields.of(JsonBody.object(request, limits.request()), "node", "count");
    long count =
        fields
            .optionalInteger("count", 1, MOST_AT_ONCE)
            .orElseThrow(() -> fields.wrong("count", "is missing"));
    var allotment =
        new SequenceView.Allotment(
            fields.has("node") ? SharesController.node("node", fields) : null,
            count,
            headers.idempotencyKey().orElse(null),
            headers.actor().orElse(null));
    var written =
        writes.write(wait, () -> documents.allotNumbers(space, sequence, allotment).orThrow());
    return written.answer(HttpStatus.CREATED).body(written.receipt());
  }

  private static void address(String space, String sequence) {
    Names.space(space);
    Names.name("sequence", sequence);
  }
}
