package com.softadastra.edge.cache;

import com.softadastra.edge.origin.OriginFailure;
import com.softadastra.edge.origin.OriginFailure.Kind;
import com.softadastra.edge.policy.CacheStatus;
import com.softadastra.edge.policy.CacheStatus.Forward;
import com.softadastra.edge.policy.ConnectionFields;
import com.softadastra.edge.policy.Invalidation;

/** Passes on what is no read, and forgets what it changed (RFC 9111, 4.4). */
final class Passing {
  private final Fetching fetching;
  private final ForwardStore forwards;

  Passing(Fetching fetching, ForwardStore forwards) {
    this.fetching = fetching;
    this.forwards = forwards;
  }

  Answer pass(ClientRequest request) {
    try {
      var response =
          request
              .origin()
              .send(
                  request.method(),
                  request.target(),
                  request.headers(),
                  request.body(),
                  request.length());
      var headers = ConnectionFields.without(response.headers());
      var uris =
          Invalidation.of(
              request.method(),
              request.origin().origin().at(request.target()),
              response.status(),
              headers);
      uris.forEach(uri -> fetching.invalidate(uri.toString()));
      return Answer.whole(
          response.status(),
          headers.without("Content-Length"),
          new PassedBody(response),
          CacheStatus.forwarded(Forward.METHOD, response.status()));
    } catch (OriginFailure failure) {
      var problem = Fetching.noAnswer(failure, Forward.METHOD);
      boolean changes = !Invalidation.isSafe(request.method());
      if (changes && failure.kind() == Kind.NOT_CONNECTED) {
        return forwards.keep(request, problem);
      }
      throw problem;
    }
  }
}
