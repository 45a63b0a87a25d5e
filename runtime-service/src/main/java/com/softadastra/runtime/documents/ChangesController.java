package com.softadastra.runtime.documents;

import com.softadastra.contracts.documents.Change;
import com.softadastra.contracts.documents.ChangePage;
import com.softadastra.contracts.documents.Documents;
import com.softadastra.runtime.feeds.Feeds;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** The changes of a space: a page, or the live feed where {@code Accept} asks for events. */
@RestController
final class ChangesController {

  private final Documents documents;
  private final Feeds feeds;

  ChangesController(Documents documents, Feeds feeds) {
    this.documents = documents;
    this.feeds = feeds;
  }

  /** Null where the feed has written the answer. */
  @GetMapping("/api/v1/spaces/{space}/changes")
  @Nullable ResponseEntity<ChangePage> changes(
      @PathVariable String space, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Names.space(space);
    var query = new Query(request);
    if (!Feeds.wanted(request)) {
      long since = query.since();
      int limit = query.pageSize();
      return ResponseEntity.ok()
          .contentType(MediaType.APPLICATION_JSON)
          .body(documents.changes(space, since, limit).orThrow());
    }
    query.pageSize();
    long since = query.resumedAfter();
    documents.changes(space, since, 1).orThrow();
    feeds.serve(
        new Feeds.Feed<>("change", documents.follow(space, since), Change::position),
        request,
        response);
    return null;
  }
}
