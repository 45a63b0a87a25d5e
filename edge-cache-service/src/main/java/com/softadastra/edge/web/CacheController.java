package com.softadastra.edge.web;

import com.softadastra.edge.cache.HttpCache;
import com.softadastra.edge.cache.Purge;
import com.softadastra.edge.origin.TargetPath;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The operator's calls to the cache. */
@RestController
class CacheController {
  private final HttpCache cache;
  private final NamedOrigins origins;

  CacheController(HttpCache cache, NamedOrigins origins) {
    this.cache = cache;
    this.origins = origins;
  }

  /**
   * @param purged how many responses were removed
   */
  record Purged(int purged) {}

  /**
   * Removes all of an origin, or what is at a path, or has a tag.
   *
   * @param path and query; with {@code *} at the end all that begin so
   */
  @DeleteMapping("/api/v1/cache/{origin}")
  Purged purge(
      @PathVariable String origin,
      @RequestParam @Nullable String path,
      @RequestParam @Nullable String tag) {
    var named = origins.named(origin).origin();
    var target = Optional.ofNullable(path).map(CacheController::target);
    return new Purged(cache.purge(new Purge(named, target, Optional.ofNullable(tag))));
  }

  private static String target(String path) {
    int mark = path.indexOf('?');
    String absolute = path.startsWith("/") ? path : "/" + path;
    return mark < 0
        ? TargetPath.of(absolute, null)
        : TargetPath.of(absolute.substring(0, absolute.indexOf('?')), path.substring(mark + 1));
  }
}
