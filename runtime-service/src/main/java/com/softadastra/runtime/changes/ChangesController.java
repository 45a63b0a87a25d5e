package com.softadastra.runtime.changes;

import com.softadastra.contracts.documents.ChangePage;
import com.softadastra.contracts.documents.Documents;
import com.softadastra.runtime.documents.Names;
import com.softadastra.runtime.documents.Query;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** The changes of a space: a page, or the live feed where {@code Accept} asks for events. */
@RestController
final class ChangesController {

  private final Documents documents;
  private final ChangeFeeds feeds;

  ChangesController(Documents documents, ChangeFeeds feeds) {
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
    long since = query.number("since", 0, 0, Long.MAX_VALUE);
    int limit = query.pageSize();
    if (!wantsEvents(request)) {
      return ResponseEntity.ok()
          .contentType(MediaType.APPLICATION_JSON)
          .body(documents.changes(space, since, limit).orThrow());
    }
    String last = request.getHeader("Last-Event-ID");
    if (last != null && !last.isEmpty()) {
      since = Query.number("Last-Event-ID", last, 0, Long.MAX_VALUE);
    }
    feeds.serve(space, since, request, response);
    return null;
  }

  /** Events where they are named and JSON is not named before them; never for {@code *}. */
  private static boolean wantsEvents(HttpServletRequest request) {
    try {
      var accepted =
          MediaType.parseMediaTypes(Collections.list(request.getHeaders("Accept"))).stream()
              .filter(type -> type.getQualityValue() > 0)
              .filter(type -> isExactly(type, MediaType.TEXT_EVENT_STREAM) || isJson(type))
              .toList();
      return preferred(accepted);
    } catch (InvalidMediaTypeException _) {
      return false;
    }
  }

  private static boolean preferred(List<MediaType> accepted) {
    return accepted.stream()
        .reduce((best, next) -> next.getQualityValue() > best.getQualityValue() ? next : best)
        .filter(best -> isExactly(best, MediaType.TEXT_EVENT_STREAM))
        .isPresent();
  }

  private static boolean isJson(MediaType type) {
    return isExactly(type, MediaType.APPLICATION_JSON);
  }

  private static boolean isExactly(MediaType type, MediaType other) {
    return type.equalsTypeAndSubtype(other);
  }
}
