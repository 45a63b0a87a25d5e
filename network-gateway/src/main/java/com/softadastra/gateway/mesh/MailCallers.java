package com.softadastra.gateway.mesh;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.mail.Mailboxes;
import com.softadastra.contracts.peering.PeerView;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Flux;

/**
 * The nodes that have a connection for their mail with this one. The sync engine doesn't know of
 * them: it has no session with who fetches its mail here and shares no space. Any thread may ask.
 */
public final class MailCallers {
  private final InstantSource clock;
  private final Map<NodeId, Integer> connections = new ConcurrentHashMap<>();

  public MailCallers(InstantSource clock) {
    this.clock = clock;
  }

  /** The same mailboxes; who calls them is known here until its connection has ended. */
  public Mailboxes noted(Mailboxes mailboxes) {
    return (member, frames) ->
        Flux.using(
            () -> connections.merge(member, 1, Integer::sum),
            _ -> mailboxes.accept(member, frames),
            _ -> connections.computeIfPresent(member, (_, of) -> of == 1 ? null : of - 1));
  }

  /**
   * A peer as the sync engine sees it, but in reach where it is connected for its mail. Why the
   * sync engine doesn't reach it by itself, and when it tries again, stays as it is.
   */
  public PeerView seen(PeerView peer) {
    if (peer.state() != PeerView.State.UNREACHABLE || !connections.containsKey(peer.node())) {
      return peer;
    }
    return new PeerView(
        peer.node(),
        peer.name(),
        PeerView.State.CONNECTED,
        PeerView.Route.DIRECT,
        List.of(),
        peer.lag(),
        peer.clockOffset(),
        clock.instant(),
        peer.nextAttempt(),
        peer.lastError());
  }
}
