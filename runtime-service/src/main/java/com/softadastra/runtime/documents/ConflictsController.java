package com.softadastra.runtime.documents;

import com.softadastra.contracts.documents.ConflictChange;
import com.softadastra.contracts.documents.ConflictList;
import com.softadastra.contracts.documents.ConflictState;
import com.softadastra.contracts.documents.ConflictView;
import com.softadastra.contracts.documents.Documents;
import com.softadastra.contracts.documents.Receipt;
import com.softadastra.contracts.documents.Resolution;
import com.softadastra.contracts.http.Fields;
import com.softadastra.contracts.http.JsonBody;
import com.softadastra.contracts.http.MediaTypes;
import com.softadastra.contracts.json.Json;
import com.softadastra.runtime.feeds.Feeds;
import com.softadastra.runtime.resolvers.ResolverLoop;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Conflicts and how they end. */
@RestController
@RequestMapping("/api/v1/spaces/{space}/conflicts")
final class ConflictsController {
  private final Documents documents;
  private final Writes writes;
  private final Limits limits;
  private final Feeds feeds;
  private final ResolverLoop resolvers;

  ConflictsController(
      Documents documents, Writes writes, Limits limits, Feeds feeds, ResolverLoop resolvers) {
    this.documents = documents;
    this.writes = writes;
    this.limits = limits;
    this.feeds = feeds;
    this.resolvers = resolvers;
  }

  /**
   * Open ones unless {@code state} says otherwise, a page of them; or all changes of conflicts,
   * live, where {@code Accept} asks for events. Null where the feed has written the answer.
   */
  @GetMapping
  @Nullable ResponseEntity<ConflictList> conflicts(
      @PathVariable String space, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Names.space(space);
    var query = new Query(request);
    if (Feeds.wanted(request)) {
      long since = query.resumedAfter();
      documents.changes(space, 0, 1).orThrow();
      feeds.serve(
          new Feeds.Feed<>(
              "conflict", documents.followConflicts(space, since), ConflictChange::change),
          request,
          response);
      return null;
    }
    var state =
        switch (query.text("state")) {
          case "", "open" -> ConflictState.OPEN;
          case "resolved" -> ConflictState.RESOLVED;
          case "undone" -> ConflictState.UNDONE;
          default -> throw Names.refused("state", "must be open, resolved or undone");
        };
    var page = documents.conflicts(space, state, query.after(), query.longPageSize()).orThrow();
    var told = page.conflicts().stream().map(conflict -> resolvers.told(space, conflict)).toList();
    return SpacesController.json(HttpStatus.OK, new ConflictList(told, page.next()));
  }

  @GetMapping("/{id}")
  ResponseEntity<ConflictView> conflict(@PathVariable String space, @PathVariable String id) {
    var conflict = documents.conflict(Names.space(space), id).orThrow();
    return SpacesController.json(HttpStatus.OK, resolvers.told(space, conflict));
  }

  @PostMapping("/{id}/resolution")
  ResponseEntity<Receipt> resolve(
      @PathVariable String space, @PathVariable String id, HttpServletRequest request)
      throws IOException {
    Names.space(space);
    MediaTypes.requireJson(request);
    var headers = new Headers(request);
    var wait = headers.await();
    var actor = headers.actor().orElse(null);
    var resolution = resolution(JsonBody.object(request, limits.request()), actor, limits);
    var written = writes.write(wait, () -> documents.resolve(space, id, resolution).orThrow());
    return written.answer(HttpStatus.OK).body(written.receipt());
  }

  static Resolution resolution(Json.Obj body, @Nullable String actor, Limits limits) {
    var fields = Fields.of(body, "body", "version", "delete");
    var document = fields.optionalObject("body");
    var version = fields.optionalString("version");
    boolean delete = fields.optionalFlag("delete");
    int named = (document.isPresent() ? 1 : 0) + (version.isPresent() ? 1 : 0) + (delete ? 1 : 0);
    if (named != 1) {
      throw Names.refused("body", "exactly one of body, version and delete: true is taken");
    }
    return new Resolution(
        document.map(object -> limits.within(object, "body")).orElse(null),
        version.orElse(null),
        delete,
        actor);
  }

  /** A body, which has no meaning here, is not read. */
  @DeleteMapping("/{id}/resolution")
  ResponseEntity<Receipt> undo(
      @PathVariable String space, @PathVariable String id, HttpServletRequest request) {
    Names.space(space);
    var headers = new Headers(request);
    var wait = headers.await();
    var actor = headers.actor().orElse(null);
    var written = writes.write(wait, () -> documents.undo(space, id, actor).orThrow());
    return written.answer(HttpStatus.OK).body(written.receipt());
  }
}
