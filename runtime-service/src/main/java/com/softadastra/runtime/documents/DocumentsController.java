package com.softadastra.runtime.documents;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.documents.DocumentHistory;
import com.softadastra.contracts.documents.DocumentPage;
import com.softadastra.contracts.documents.Documents;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.PatchBody;
import com.softadastra.contracts.documents.PatchBody.Notation;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.documents.Receipt;
import com.softadastra.contracts.http.JsonBody;
import com.softadastra.contracts.http.MediaTypes;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Documents one by one and in pages; each write is an intent of one operation. */
@RestController
@RequestMapping("/api/v1/spaces/{space}/documents/{collection}")
final class DocumentsController {

  private final Documents documents;
  private final Writes writes;
  private final Limits limits;

  DocumentsController(Documents documents, Writes writes, Limits limits) {
    this.documents = documents;
    this.writes = writes;
    this.limits = limits;
  }

  @PutMapping("/{id}")
  ResponseEntity<Receipt> put(
      @PathVariable String space,
      @PathVariable String collection,
      @PathVariable String id,
      HttpServletRequest request)
      throws IOException {
    var address = new Address(space, collection, id);
    MediaTypes.requireJson(request);
    var headers = new Headers(request);
    var wait = headers.await();
    var condition = headers.condition();
    var body = limits.within(JsonBody.object(request, limits.request()), "");
    var operation = new OperationRequest(OperationKind.PUT, collection, id, body, null, condition);
    var intent = address.intent(headers, operation);
    var written = writes.write(wait, () -> documents.record(intent).orThrow());
    return written
        .answerWithVersion(written.recorded().created() ? HttpStatus.CREATED : HttpStatus.OK)
        .body(written.receipt());
  }

  @PatchMapping("/{id}")
  ResponseEntity<Receipt> patch(
      @PathVariable String space,
      @PathVariable String collection,
      @PathVariable String id,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    var address = new Address(space, collection, id);
    var notation = Patches.notation(request, response);
    var headers = new Headers(request);
    var wait = headers.await();
    var condition = headers.condition();
    var object = JsonBody.object(request, limits.request());
    if (notation == Notation.FIELDS) {
      Patches.requireFields("", object);
    }
    var patch = new PatchBody(notation, limits.within(object, ""));
    var operation =
        new OperationRequest(OperationKind.PATCH, collection, id, null, patch, condition);
    var intent = address.intent(headers, operation);
    var written = writes.write(wait, () -> documents.record(intent).orThrow());
    return written.answerWithVersion(HttpStatus.OK).body(written.receipt());
  }

  /** A body, which has no meaning here, is not read. */
  @DeleteMapping("/{id}")
  ResponseEntity<Receipt> delete(
      @PathVariable String space,
      @PathVariable String collection,
      @PathVariable String id,
      HttpServletRequest request) {
    var address = new Address(space, collection, id);
    var headers = new Headers(request);
    var wait = headers.await();
    var operation =
        new OperationRequest(OperationKind.DELETE, collection, id, null, null, headers.condition());
    var intent = address.intent(headers, operation);
    var written = writes.write(wait, () -> documents.record(intent).orThrow());
    return written.answer(HttpStatus.OK).body(written.receipt());
  }

  /** The framework answers 304 where {@code If-None-Match} has the version. */
  @GetMapping("/{id}")
  ResponseEntity<byte[]> get(
      @PathVariable String space,
      @PathVariable String collection,
      @PathVariable String id,
      HttpServletResponse response) {
    new Address(space, collection, id);
    var document = documents.document(space, collection, id).orThrow();
    var body = document.body();
    if (document.deleted() || body == null) {
      response.setHeader("ETag", "\"" + document.version() + "\"");
      throw new Refused(
          Problem.of(ProblemCode.DOCUMENT_DELETED, "the document was deleted")
              .with("version", document.version()));
    }
    return ResponseEntity.ok()
        .contentType(MediaType.APPLICATION_JSON)
        .cacheControl(CacheControl.noCache())
        .eTag(document.version())
        .header("Softadastra-Conflicts", Integer.toString(document.conflicts()))
        .body(body.utf8());
  }

  @GetMapping("/{id}/history")
  ResponseEntity<DocumentHistory> history(
      @PathVariable String space,
      @PathVariable String collection,
      @PathVariable String id,
      HttpServletRequest request) {
    new Address(space, collection, id);
    var query = new Query(request);
    long after = query.after();
    int limit = query.longPageSize();
    return SpacesController.json(
        HttpStatus.OK, documents.history(space, collection, id, after, limit).orThrow());
  }

  @GetMapping
  ResponseEntity<DocumentPage> list(
      @PathVariable String space, @PathVariable String collection, HttpServletRequest request) {
    Names.space(space);
    Names.collection(collection);
    var query = new Query(request);
    int limit = query.pageSize();
    String after = query.text("after");
    return SpacesController.json(
        HttpStatus.OK, documents.list(space, collection, after, limit).orThrow());
  }

  /** Where a document is; checked before anything is asked for. */
  private record Address(String space, String collection, String id) {
    Address {
      Names.space(space);
      Names.collection(collection);
      Names.id("id", id);
    }

    IntentRequest intent(Headers headers, OperationRequest operation) {
      return new IntentRequest(
          space,
          headers.idempotencyKey().orElse(null),
          headers.actor().orElse(null),
          Priority.NORMAL,
          List.of(operation));
    }
  }
}
