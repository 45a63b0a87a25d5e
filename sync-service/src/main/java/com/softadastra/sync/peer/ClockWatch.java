package com.softadastra.sync.peer;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.space.Membership;
import com.softadastra.sync.storage.Recording;
import com.softadastra.sync.storage.SpaceView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares clocks with those of members that this node meets. Where most of the active ones go
 * otherwise, this node is suspect, else whoever does; it is written down in each space once, until
 * it has changed. Of a member's lives that have written nothing it says so of a few, and of others
 * when they write: who comes as another one each time does not make all others write each time.
 *
 * <p>Any thread may use it.
 */
final class ClockWatch {
  private static final Logger LOG = LoggerFactory.getLogger(ClockWatch.class);

  /** Of a member's lives that have written nothing so many are written down since the start. */
  static final int SAID_AT_ONCE = 4;

  /** And so many of the others wait until they write, the last ones. */
  private static final int SILENT_LIVES = 16;

  private final Recording recording;
  private final NodeId self;
  private final long toleranceMillis;

  /** Of those met since the start, whether their clock is another. */
  private final Map<NodeId, Boolean> apart = new ConcurrentHashMap<>();

  /** What was written down, or found to be. */
  private final Map<Subject, Boolean> told = new ConcurrentHashMap<>();

  /** What peers said last of themselves, by space. */
  private final Map<SpaceId, Map<NodeId, Writes>> peers = new ConcurrentHashMap<>();

  /** Lives of a member, or of this node, of which it is said when they write. */
  private final Map<Member, List<Replica>> silent = new ConcurrentHashMap<>();

  private final Map<Member, Integer> saidAtOnce = new ConcurrentHashMap<>();

  private record Member(SpaceId space, NodeId node) {}

  private record Subject(SpaceId space, Replica replica) {}

  /**
   * What a peer had written when it was met.
   *
   * @param here how much of that this node had
   */
  private record Writes(Replica replica, long sequence, long here) {}

  /**
   * @param tolerance from which on clocks are apart; they are together again below half of it
   */
  ClockWatch(Recording recording, NodeId self, Duration tolerance) {
    this.recording = recording;
    this.self = self;
    this.toleranceMillis = tolerance.toMillis();
  }

  /** A peer has told its time. */
  void met(NodeId peer, long offsetMillis) {
    long offset = Math.abs(offsetMillis);
    apart.merge(
        peer,
        offset > toleranceMillis,
        (before, now) -> before ? offset > toleranceMillis / 2 : now);
  }

  /**
   * A peer has told how much it has.
   *
   * @param replica as which it writes
   * @param sequence of the last that it wrote, 0 for none
   */
  void told(SpaceView view, Replica replica, long sequence) {
    var membership = view.membership();
    if (membership.member(self).filter(member -> member.role() != Role.READER).isEmpty()
        || !apart.containsKey(replica.node())) {
      return;
    }
    long met = 0;
    long others = 0;
    // one that was retired is no witness: its clock may be what was wrong with it
    for (var member : membership.active()) {
      var is = apart.get(member.node());
      met += is == null ? 0 : 1;
      others += is != null && is ? 1 : 0;
    }
    var known = peers.computeIfAbsent(membership.space(), _ -> new ConcurrentHashMap<>());
    known.put(replica.node(), new Writes(replica, sequence, chain(view, replica)));
    boolean suspect = 2 * others > met;
    long own = chain(view, view.self());
    find(
        view, view.self(), suspect, own, suspect ? passedOn(membership, view.self()) + 1 : own + 1);
    if (!suspect) {
      known.forEach((peer, writes) -> {
        boolean other = apart.getOrDefault(peer, false);
        long wrote = Math.max(writes.sequence(), chain(view, writes.replica()));
        // what it wrote and this node had not yet it wrote by the clock that it told
        long from = (other ? writes.here() : writes.sequence()) + 1;
        find(view, writes.replica(), other, wrote, from);
      });
    }
  }

  private void find(SpaceView view, Replica replica, boolean suspect, long wrote, long from) {
    var space = view.membership().space();
    boolean waits = suspect && wrote == 0 && !isSaidAtOnce(new Subject(space, replica));
    boolean waited = keep(space, replica, waits);
    if (!waits) {
      say(view, replica, suspect, waited && suspect ? 1 : from);
    }
  }

  private synchronized boolean isSaidAtOnce(Subject subject) {
    var member = new Member(subject.space(), subject.replica().node());
    return Boolean.TRUE.equals(told.get(subject))
        || saidAtOnce.merge(member, 1, Integer::sum) <= SAID_AT_ONCE;
  }

  /** Keeps whether a life is one that waits. @return whether it was */
  private boolean keep(SpaceId space, Replica replica, boolean is) {
    var before = new AtomicBoolean();
    silent.compute(
        new Member(space, replica.node()),
        (_, known) -> {
          var lives = new ArrayList<Replica>(known == null ? List.of() : known);
          before.set(lives.remove(replica));
          if (is) {
            lives.add(replica);
          }
          int gone = Math.max(0, lives.size() - SILENT_LIVES);
          return lives.isEmpty() ? null : List.copyOf(lives.subList(gone, lives.size()));
        });
    return before.get();
  }

  /** Whether one that waits has written since. */
  boolean isDue() {
    return silent.entrySet().stream()
        .anyMatch(each ->
            each.getValue().stream().anyMatch(replica -> wrote(each.getKey().space(), replica)));
  }

  private boolean wrote(SpaceId space, Replica replica) {
    return recording.view(space).filter(view -> chain(view, replica) > 0).isPresent();
  }

  /** Says it of those: from their first entry on. */
  void catchUp() {
    silent.forEach((member, lives) ->
        lives.stream()
            .filter(replica -> wrote(member.space(), replica))
            .forEach(replica ->
                recording.view(member.space()).ifPresent(view -> find(view, replica, true, 1, 1))));
  }

  private static long chain(SpaceView view, Replica replica) {
    var head = view.chains().get(replica);
    return head == null ? 0 : head.sequence();
  }

  /** How much of a replica others have: whoever had met it then found its clock right. */
  private long passedOn(Membership membership, Replica replica) {
    return membership.members().stream()
        .filter(member -> !member.node().equals(self))
        .flatMap(member -> recording.ledger().by(membership.space(), member.node()).stream())
        .mapToLong(known -> known.statement().vector().getOrDefault(replica, 0L))
        .max()
        .orElse(0);
  }

  private synchronized void say(SpaceView view, Replica replica, boolean suspect, long from) {
    var subject = new Subject(view.membership().space(), replica);
    if (Boolean.valueOf(suspect).equals(told.put(subject, suspect))) {
      return;
    }
    var _ =
        recording
            .suspect(subject.space(), replica, suspect, from)
            .whenComplete((written, failure) -> {
              if (failure != null) {
                told.remove(subject);
              } else if (written) {
                LOG.warn(
                    "the clock of {} {} from its entry {} on",
                    replica.node(),
                    suspect ? "is suspect" : "is no longer suspect",
                    from);
              }
            });
  }
}
