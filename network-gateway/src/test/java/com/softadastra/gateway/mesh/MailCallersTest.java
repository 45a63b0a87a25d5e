package com.softadastra.gateway.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.mail.Mailboxes;
import com.softadastra.contracts.peering.PeerView;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

class MailCallersTest {
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");

  private final NodeId member = new NodeId(Hash.sha256(new byte[] {1}));
  private final NodeId other = new NodeId(Hash.sha256(new byte[] {2}));
  private final MailCallers callers = new MailCallers(() -> NOW);

  private static PeerView peer(NodeId node, PeerView.State state) {
    return new PeerView(
        node,
        "depot",
        state,
        PeerView.Route.NONE,
        List.of(),
        new PeerView.Lag(0, 0, Duration.ZERO),
        null,
        null,
        NOW.plusSeconds(30),
        "has no session");
  }

  private PeerView seen(NodeId node) {
    return callers.seen(peer(node, PeerView.State.UNREACHABLE));
  }

  private Disposable call(Mailboxes mailboxes, NodeId node) {
    return callers.noted(mailboxes).accept(node, Flux.never()).subscribe(_ -> {}, _ -> {});
  }

  @Test
  void whoIsConnectedForItsMailIsInReach() {
    var connection = call((_, frames) -> frames, member);
    var seen = seen(member);
    assertThat(seen.state()).isEqualTo(PeerView.State.CONNECTED);
    assertThat(seen.route()).isEqualTo(PeerView.Route.DIRECT);
    assertThat(seen.lastSeen()).isEqualTo(NOW);
    assertThat(seen.lastError()).isEqualTo("has no session");
    assertThat(seen(other)).isEqualTo(peer(other, PeerView.State.UNREACHABLE));
    assertThat(callers.seen(peer(member, PeerView.State.OFF)).state())
        .isEqualTo(PeerView.State.OFF);
    // a later connection takes the place of an earlier one, which ends afterwards
    var next = call((_, frames) -> frames, member);
    connection.dispose();
    assertThat(seen(member).state()).isEqualTo(PeerView.State.CONNECTED);
    next.dispose();
    assertThat(seen(member).state()).isEqualTo(PeerView.State.UNREACHABLE);
  }

  @Test
  void whoIsRefusedIsNot() {
    call((_, _) -> Flux.error(new IllegalStateException("not welcome")), member);
    assertThat(seen(member).state()).isEqualTo(PeerView.State.UNREACHABLE);
    call(
        (_, _) -> {
          throw new IllegalStateException("no edge");
        },
        member);
    assertThat(seen(member).state()).isEqualTo(PeerView.State.UNREACHABLE);
  }
}
