package com.softadastra.sync.peer;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Reply;
import com.softadastra.contracts.peering.InvitationIssued;
import com.softadastra.contracts.peering.InvitationRequest;
import com.softadastra.contracts.peering.MemberChange;
import com.softadastra.contracts.peering.MemberView;
import com.softadastra.contracts.peering.NodeInfo;
import com.softadastra.contracts.peering.PeerLinks;
import com.softadastra.contracts.peering.PeerView;
import com.softadastra.contracts.peering.Peering;
import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.space.Membership;
import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.identity.NodeCertificates;
import com.softadastra.sync.identity.NodeKeys;
import com.softadastra.sync.outbox.Outbox;
import com.softadastra.sync.storage.Recording;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/** The sync engine as the gateway sees it. */
public final class PeeringService implements Peering {
  private static final String ACTIVE = "active";
  private static final String RETIRED = "retired";

  private final Recording recording;
  private final NodeKey key;
  private final String name;
  private final String version;
  private final SpaceNames spaces;
  private final PeerDirectory peers;
  private final Pairing pairing;
  private final Exchanges exchanges;
  private final Routes routes;
  private final Outbox outbox;
  private final Supplier<PeerLinks> links;
  private final InstantSource clock;

  PeeringService(
      Recording recording,
      NodeKey key,
      String name,
      String version,
      SpaceNames spaces,
      PeerDirectory peers,
      Pairing pairing,
      Exchanges exchanges,
      Routes routes,
      Outbox outbox,
      Supplier<PeerLinks> links,
      InstantSource clock) {
    this.recording = recording;
    this.key = key;
    this.name = name;
    this.version = version;
    this.spaces = spaces;
    this.peers = peers;
    this.pairing = pairing;
    this.exchanges = exchanges;
    this.routes = routes;
    this.outbox = outbox;
    this.links = links;
    this.clock = clock;
  }

  @Override
  public NodeInfo node() {
    return new NodeInfo(
        key.nodeId(),
        name,
        recording.incarnation(),
        links.get().addresses(),
        version,
        clock.instant());
  }

  @Override
  public List<byte[]> certify(byte[] publicKey) {
    return NodeCertificates.certify(NodeKeys.pair(key), publicKey);
  }

  @Override
  public Reply<InvitationIssued> invite(InvitationRequest request) {
    return Reply.from(() -> pairing.invite(request));
  }

  @Override
  public Reply<PeerView> join(String invitation, @Nullable String as) {
    return Reply.from(() -> view(peers.get(pairing.join(invitation, as))));
  }

  @Override
  public byte[] acceptPairing(NodeId joiner, byte[] request) {
    return pairing.accept(joiner, request);
  }

  @Override
  public List<PeerView> peers() {
    return peers.all().stream().map(this::view).toList();
  }

  @Override
  public Reply<PeerView> switchLink(NodeId peer, boolean on) {
    return Reply.from(() -> {
      try {
        return view(exchanges.switchLink(peer, on).toCompletableFuture().get());
      } catch (ExecutionException e) {
        throw e.getCause() instanceof RuntimeException cause
            ? cause
            : new IllegalStateException(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      }
    });
  }

  @Override
  public Reply<List<MemberView>> members(String space) {
    return Reply.from(() -> {
      var membership = spaces.view(space).membership();
      return Stream.of(
              membership.members().stream().map(member -> member(space, member)),
              membership.relays().stream().map(relay -> relay(relay, ACTIVE)),
              membership.dismissed().stream().map(relay -> relay(relay, RETIRED)))
          .flatMap(views -> views)
          .toList();
    });
  }

  @Override
  public Reply<MemberView> changeMember(String space, NodeId node, MemberChange change) {
    return Reply.from(() -> {
      pairing.change(space, node, change);
      return member(space, spaces.view(space).membership().member(node).orElseThrow());
    });
  }

  @Override
  public Reply<MemberView> retireMember(String space, NodeId node) {
    return Reply.from(() -> {
      pairing.retire(space, node);
      return members(space).orThrow().stream()
          .filter(member -> member.node().equals(node))
          .findFirst()
          .orElseThrow();
    });
  }

  @Override
  public Flux<byte[]> accept(NodeId peer, Flux<byte[]> frames) {
    return exchanges.accept(peer, frames);
  }

  private PeerView view(PeerDirectory.Peer peer) {
    var node = peer.node();
    var relay = routes.relay(node);
    boolean connected = exchanges.connected(node) || (relay != null && relay.connected());
    var inReach = routes.inReach(node);
    var keeping = routes.keepingFor(node);
    var state =
        !peer.linkOn()
            ? PeerView.State.OFF
            : connected || !inReach.isEmpty()
                ? PeerView.State.CONNECTED
                : PeerView.State.UNREACHABLE;
    var route =
        connected
            ? PeerView.Route.DIRECT
            : !inReach.isEmpty()
                ? PeerView.Route.RELAYED
                : !keeping.isEmpty() ? PeerView.Route.EDGE : PeerView.Route.NONE;
    var lane = exchanges.lane(node).or(() -> Optional.ofNullable(relay).map(Routes.Standing::lane));
    var offset = peer.clockOffsetMillis();
    return new PeerView(
        node,
        peer.name(),
        state,
        route,
        connected ? List.of() : !inReach.isEmpty() ? inReach : keeping,
        outbox.lag(node),
        offset == null ? null : Duration.ofMillis(offset),
        connected ? clock.instant() : peer.lastSeen(),
        connected ? null : lane.map(Lane.Status::nextAttempt).orElse(null),
        connected ? problem(node, relay) : lane.map(Lane.Status::lastError).orElse(null));
  }

  private @Nullable String problem(NodeId node, Routes.@Nullable Standing relay) {
    var refusal = exchanges.refusal(node);
    return refusal != null || relay == null ? refusal : relay.problem();
  }

  /** Is listed with the members, and counts as none. */
  private static MemberView relay(Membership.Relay relay, String state) {
    return new MemberView(
        relay.node(), relay.name(), Role.RELAY, List.of(), state, Map.of(), null, 0);
  }

  private MemberView member(String space, Membership.Member member) {
    var id = spaces.id(space);
    var vector = new TreeMap<String, Long>();
    Instant lastSeen = null;
    if (member.node().equals(key.nodeId())) {
      spaces
          .view(space)
          .chains()
          .forEach((replica, head) ->
              vector.put(replica.node() + "/" + replica.incarnation(), head.sequence()));
      lastSeen = clock.instant();
    } else {
      var known = recording.ledger().by(id, member.node());
      if (known.isPresent()) {
        known
            .get()
            .statement()
            .vector()
            .forEach((replica, sequence) ->
                vector.put(replica.node() + "/" + replica.incarnation(), sequence));
        lastSeen = Instant.ofEpochMilli(known.get().statement().clock());
      }
    }
    return new MemberView(
        member.node(),
        member.name(),
        member.role(),
        member.labels(),
        member.retired() ? RETIRED : ACTIVE,
        Map.copyOf(vector),
        lastSeen,
        member.number());
  }
}
