package com.softadastra.runtime.documents;

import com.softadastra.contracts.documents.Documents;
import com.softadastra.contracts.documents.Receipt;
import com.softadastra.contracts.http.JsonBody;
import com.softadastra.contracts.http.MediaTypes;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Intents of several operations, and what became of any intent. */
@RestController
@RequestMapping("/api/v1/spaces/{space}/intents")
final class IntentsController {
  private final Documents documents;
  private final Writes writes;
  private final Limits limits;

  IntentsController(Documents documents, Writes writes, Limits limits) {
    this.documents = documents;
    this.writes = writes;
    this.limits = limits;
  }

  @PostMapping
  ResponseEntity<Receipt> post(@PathVariable String space, HttpServletRequest request)
      throws IOException {
    Names.space(space);
    MediaTypes.requireJson(request);
    var headers = new Headers(request);
    var wait = headers.await();
    var intent =
        new IntentEnvelope(space, headers, limits).read(JsonBody.object(request, limits.request()));
    var written = writes.write(wait, () -> documents.record(intent).orThrow());
    return written.answer(HttpStatus.CREATED).body(written.receipt());
  }

  @GetMapping("/{id}")
  ResponseEntity<Receipt> get(@PathVariable String space, @PathVariable String id) {
    return SpacesController.json(
        HttpStatus.OK, documents.receipt(Names.space(space), id).orThrow());
  }
}
