package com.softadastra.sync.relay;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.mail.MailLinks;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.engine.space.Membership;
import com.softadastra.sync.envelope.Envelopes;
import com.softadastra.sync.peer.CustodyMark;
import com.softadastra.sync.peer.Exchanges;
import com.softadastra.sync.peer.FullJitter;
import com.softadastra.sync.peer.Lane;
import com.softadastra.sync.peer.PeerDirectory;
import com.softadastra.sync.peer.Routes;
import com.softadastra.sync.storage.Recording;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * A lane to each relay of this node's spaces. What members lack that can't be reached is brought
 * there, and what is there for this node is fetched. A relay needs not to be paired with: the
 * membership names it, and its addresses.
 *
 * <p>Any thread may use it.
 */
public final class Relays implements Routes {
  private final Recording recording;
  private final Envelopes envelopes;
  private final Exchanges exchanges;
  private final PeerDirectory peers;
  private final CustodyBook custody;
  private final NodeId self;
  private final MailLinks links;
  private final Exchanges.LaneSettings settings;
  private final Surroundings surroundings;
  private final Map<NodeId, Lane> lanes = new ConcurrentSkipListMap<>();
  private final Map<NodeId, MailChannel> channels = new ConcurrentSkipListMap<>();
  private final Map<NodeId, Unopened> unopened = new ConcurrentSkipListMap<>();
  private final Grace grace;
  private final Set<NodeId> introduced = ConcurrentHashMap.newKeySet();
  private volatile boolean started;

  public Relays(
      Recording recording,
      Envelopes envelopes,
      Exchanges exchanges,
      PeerDirectory peers,
      CustodyBook custody,
      NodeId self,
      MailLinks links,
      Exchanges.LaneSettings settings,
      Surroundings surroundings) {
    this.recording = recording;
    this.envelopes = envelopes;
    this.exchanges = exchanges;
    this.peers = peers;
    this.custody = custody;
    this.self = self;
    this.links = links;
    this.settings = settings;
    this.surroundings = surroundings;
    this.grace = new Grace(custody, surroundings.schedule(), this::lost);
    exchanges.onChange(this::follow);
    recording.onForced(() -> channels.values().forEach(MailChannel::signal));
  }

  /** Starts a lane to every relay. */
  public void start() {
    started = true;
    follow();
  }

  /** Ends all lanes. */
  public void stop() {
    started = false;
    lanes.values().forEach(Lane::stop);
    lanes.clear();
    channels.values().forEach(channel -> channel.close("stopping", true));
  }

  /** Opens and ends lanes, as memberships and the operator's switches stand now. */
  private synchronized void follow() {
    if (!started) {
      return;
    }
    var relays = new TreeMap<NodeId, Membership.Relay>();
    recording.views().values().stream()
        .filter(view -> view.membership().member(self).isPresent())
        .flatMap(view -> view.membership().relays().stream())
        .forEach(relay -> relays.put(relay.node(), relay));
    relays.remove(self);
    relays.values().forEach(this::follow);
    lanes.forEach((node, lane) -> {
      if (!relays.containsKey(node)) {
        end(node, lane, "no relay any more");
      }
    });
    custody.forgetDismissed();
    channels.values().forEach(MailChannel::signal);
  }

  private void follow(Membership.Relay relay) {
    var node = relay.node();
    var peer = peers.find(node);
    if (peer.isEmpty()) {
      introduce(relay);
      return;
    }
    var lane = lanes.get(node);
    if (!peer.get().linkOn()) {
      if (lane != null) {
        end(node, lane, "switched off");
      }
    } else if (lane == null) {
      open(node);
    }
  }

  /** So that it is listed, and can be switched off. */
  private void introduce(Membership.Relay relay) {
    if (introduced.add(relay.node())) {
      var _ =
          recording
              .administer(() ->
                  peers.pair(
                      relay.node(),
                      relay.name(),
                      relay.addresses(),
                      surroundings.clock().instant()))
              .whenComplete((_, failure) -> {
                introduced.remove(relay.node());
                if (failure == null) {
                  // not on the thread that records, which others may wait for in there
                  surroundings.schedule().execute(this::follow);
                }
              });
    }
  }

  private void open(NodeId relay) {
    var lane =
        new Lane(
            relay,
            Lane.Status.NEW,
            new FullJitter(settings.base(), settings.cap(), surroundings.random()),
            surroundings,
            outcome -> call(relay, outcome));
    if (lanes.putIfAbsent(relay, lane) == null) {
      lane.start();
    }
  }

  private void end(NodeId relay, Lane lane, String why) {
    if (lanes.remove(relay, lane)) {
      lane.stop();
      unopened.remove(relay);
      var channel = channels.get(relay);
      if (channel != null) {
        channel.close(why, true);
      }
    }
  }

  private void call(NodeId relay, Lane.Outcome outcome) {
    var channel =
        new MailChannel(
            relay,
            recording,
            envelopes,
            custody,
            grace,
            this::isFor,
            unopened.computeIfAbsent(relay, Unopened::new),
            surroundings,
            outcome::connected);
    channels.put(relay, channel);
    channel.onEnd((why, onPurpose) -> {
      channels.remove(relay, channel);
      outcome.ended(why, onPurpose);
    });
    if (!lanes.containsKey(relay)) {
      channel.close("the lane has ended", true);
      return;
    }
    channel.open(frames -> links.mail(relay, addresses(relay), frames));
  }

  private void lost(CustodyMark.Way way) {
    var channel = channels.get(way.relay());
    if (channel == null) {
      var _ = custody.lost(way);
    } else {
      channel.lost(way, "it was fetched, and the member doesn't say that it has it");
    }
  }

  /** Where the members say that it is first: it may have been moved since they were paired. */
  private List<String> addresses(NodeId relay) {
    var addresses = new LinkedHashSet<String>();
    recording
        .views()
        .values()
        .forEach(view ->
            view.membership().relay(relay).ifPresent(it -> addresses.addAll(it.addresses())));
    peers.find(relay).ifPresent(peer -> addresses.addAll(peer.addresses()));
    return List.copyOf(addresses);
  }

  /** Whether what a member lacks goes by relays: it isn't there, and not just about to be. */
  private boolean isFor(NodeId member) {
    return !member.equals(self) && !exchanges.connected(member) && !exchanges.isBeingCalled(member);
  }

  // ---- what others ask

  @Override
  public @Nullable Standing relay(NodeId node) {
    var lane = lanes.get(node);
    var channel = channels.get(node);
    var left = unopened.get(node);
    return lane == null
        ? null
        : new Standing(
            channel != null && channel.isWelcome(),
            lane.status(),
            left == null ? null : left.problem());
  }

  /** How many envelopes for this node are at relays that it could not take in. */
  public int unopened() {
    return unopened.values().stream().mapToInt(Unopened::count).sum();
  }

  @Override
  public List<NodeId> keepingFor(NodeId member) {
    return custody.keepingFor(member);
  }

  @Override
  public List<NodeId> inReach(NodeId member) {
    var reach = new ArrayList<NodeId>();
    channels.forEach((relay, channel) -> {
      if (channel.reaches(member)) {
        reach.add(relay);
      }
    });
    return reach;
  }
}
