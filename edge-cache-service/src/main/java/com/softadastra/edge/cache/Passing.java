package com.softadastra.edge.cache;

import com.softadastra.edge.origin.OriginFailure;
import com.softadastra.edge.origin.OriginFailure.Kind;
import com.softadastra.edge.policy.CacheStatus;
import com.softadastra.edge.policy.CacheStatus.Forward;
import com.softadastra.edge.policy.ConnectionFields;
import com.softadastra.edge.policy.Invalidation;
import java.util.Optional;

/** Passes on what is no read, and forgets what it changed (RFC 9111, 4.4). */
final class Passing {
  private final Fetching fetching;
  private final ForwardStore forwards;

  Passing(Fetching fetching, ForwardStore forwards) {
    this.fetching = fetching;
    this.forwards = forwards;
  }

  Answer pass(ClientRequest request) {
    boolean changes = !Invalidation.isSafe(request.method());
    if (changes) {
      var instead = forwards.instead(request);
      if (instead.isPresent()) {
        return instead.get();
      }
    }
    var held = changes ? forwards.body(request) : Optional.<ForwardStore.Held>empty();
    try {
      return pass(request, held.map(ForwardStore.Held::bytes), changes);
    } finally {
      held.ifPresent(ForwardStore.Held::close);
    }
  }

  private Answer pass(ClientRequest request, Optional<byte[]> body, boolean changes) {
    try {
      return send(body.map(request::withBody).orElse(request));
    } catch (OriginFailure failure) {
      var problem = Fetching.noAnswer(failure, Forward.METHOD);
      if (!changes || failure.kind() == Kind.BUSY) {
        throw problem;
      }
      boolean mayHelp = failure.kind() == Kind.NO_ANSWER && body.isPresent();
      if (failure.kind() == Kind.NOT_CONNECTED || mayHelp) {
        return forwards.keep(request, body, problem);
      }
      throw problem.with("outcome", "uncertain");
    }
  }

  private Answer send(ClientRequest request) {
    var response =
        request
            .origin()
            .send(
                request.method(),
                request.target(),
                request.headers().without(ForwardStore.ORDER),
                request.body(),
                request.length());
    var headers = ConnectionFields.without(response.headers());
    fetching.changed(
        request.method(),
        request.origin().origin().at(request.target()),
        response.status(),
        headers);
    return Answer.whole(
        response.status(),
        headers.without("Content-Length"),
        new PassedBody(response),
        CacheStatus.forwarded(Forward.METHOD, response.status()));
  }
}
