package com.softadastra.edge.cache;

import com.softadastra.edge.policy.CacheStatus.Forward;
import com.softadastra.edge.policy.RequestHead;
import com.softadastra.edge.store.Stored;
import java.util.Optional;

/**
 * A request and what was found for it.
 *
 * @param stored that matches it, fresh or not
 * @param why it goes on to the origin, if it does
 */
record Lookup(ClientRequest request, RequestHead head, Optional<Stored> stored, Forward why) {
  /** Of a request that the store can't answer. */
  static Lookup passedBy(ClientRequest request) {
    return new Lookup(request, request.head(), Optional.empty(), Forward.BYPASS);
  }

  Lookup withoutStored() {
    return new Lookup(request, head, Optional.empty(), why);
  }

  boolean isGet() {
    return request.method().equals("GET");
  }
}
