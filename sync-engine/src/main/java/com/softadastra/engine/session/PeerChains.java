package com.softadastra.engine.session;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.engine.space.ReceivedEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a peer has of a space, in terms of this node's chains. The peer may name chains otherwise,
 * because it knows other forks, so entries are told by their hashes: whoever has an entry has all
 * before it.
 */
final class PeerChains {
  private final SpaceId space;
  private final SessionHost host;

  /** The ends of its chains, by the names that the peer gives them. */
  private final Map<Replica, Point> told = new LinkedHashMap<>();

  /** The last that came from it, by the chain that it was of then. */
  private final Map<Replica, Point> received = new LinkedHashMap<>();

  /** The last that went to it, by the chain that it was of then. */
  private final Map<Replica, Point> sent = new LinkedHashMap<>();

  /** The ends of batches that came from it and may not be stored yet. */
  private final Map<Hash, Point> pending = new LinkedHashMap<>();

  private final Map<Replica, Long> has = new HashMap<>();
  private long branches = -1;

  /** The chains as they were looked at last. */
  private Map<Replica, ChainHead> reviewed = Map.of();

  /**
   * An entry, by its author or by a chain that it is of.
   *
   * @param hash of the entry
   */
  record Point(Replica name, long sequence, Hash hash) {}

  PeerChains(SpaceId space, SessionHost host) {
    this.space = space;
    this.host = host;
  }

  /** Takes over a summary in place of all that was known. */
  void summarised(List<Frame.Summary.Known> chains) {
    told.clear();
    received.clear();
    sent.clear();
    for (var known : chains) {
      if (known.sequence() > 0) {
        told.put(known.replica(), new Point(known.replica(), known.sequence(), known.hash()));
      }
    }
    branches = -1;
  }

  /**
   * Takes over how one of the peer's chains has come about.
   *
   * @param points of that chain and those that it is a branch of, the last first
   */
  void traced(Replica name, List<Frame.Trace.Point> points) {
    sent.values().removeIf(point -> point.name().node().equals(name.node()));
    told.remove(name);
    var mine = host.chains(space);
    points.stream()
        .map(point -> new Point(name, point.sequence(), point.hash()))
        .filter(point -> locate(point, mine) != null)
        .findFirst()
        // under more names than there are chains it has nothing to tell
        .filter(_ -> told.size() < mine.size() + Frame.MANY)
        .ifPresent(common -> told.put(name, common));
    branches = -1;
  }

  /** The peer has sent entries, which are not stored yet, but will be at once. */
  void received(List<ReceivedEntry> batch) {
    var ends = new LinkedHashMap<Hash, Point>();
    for (var entry : batch) {
      ends.remove(entry.entry().previous());
      ends.put(entry.hash(), point(entry.entry(), entry.hash()));
    }
    pending.putAll(ends);
  }

  /** What was received until now is stored or refused. */
  void settled() {
    moveStored();
    pending.clear();
  }

  void sent(LoggedEntry logged) {
    sent.put(logged.chain(), point(logged.entry(), logged.hash()));
    has.put(logged.chain(), logged.entry().sequence());
  }

  boolean has(LoggedEntry logged) {
    return has.getOrDefault(logged.chain(), 0L) >= logged.entry().sequence();
  }

  /** Whether the peer has an entry of a chain, as far as is known. */
  boolean has(Replica chain, long sequence) {
    return has.getOrDefault(chain, 0L) >= sequence;
  }

  /** Whether the peer has everything that is here now, as far as is known. */
  boolean hasAll() {
    return host.chains(space).entrySet().stream()
        .allMatch(chain -> has(chain.getKey(), chain.getValue().sequence()));
  }

  /** What is missing is looked for anew with the next {@link #review}. */
  void lookAgain() {
    branches = -1;
  }

  private static Point point(Entry entry, Hash hash) {
    return new Point(entry.author(), entry.sequence(), hash);
  }

  private void moveStored() {
    if (pending.isEmpty()) {
      return;
    }
    var mine = host.chains(space);
    pending
        .values()
        .removeIf(point -> {
          var chain = locate(point, mine);
          if (chain == null) {
            return false;
          }
          received.merge(chain, point, (a, b) -> b.sequence() > a.sequence() ? b : a);
          had(chain, point.sequence(), mine);
          return true;
        });
  }

  /**
   * Looks anew where chains have forked since.
   *
   * @param position up to where the peer had all, or was sent it
   * @return the position up to where it has all now; the same where nothing has changed
   */
  long review(long position) {
    moveStored();
    var mine = host.chains(space);
    if (mine == reviewed && branches >= 0) {
      return position;
    }
    reviewed = mine;
    long now = branches(mine);
    if (now == branches) {
      return position;
    }
    branches = now;
    has.clear();
    for (var point : told.values()) {
      var chain = locate(point, mine);
      var named = mine.get(point.name());
      if (chain != null) {
        had(chain, point.sequence(), mine);
      } else if (named != null) {
        // it is ahead of this node; or it is on another branch, and a trace will tell
        had(point.name(), named.sequence(), mine);
      }
    }
    for (var ends : List.of(received, sent)) {
      for (var point : ends.values()) {
        var chain = locate(point, mine);
        if (chain != null) {
          had(chain, point.sequence(), mine);
        }
      }
    }
    long from = position;
    for (var chain : mine.entrySet()) {
      var head = chain.getValue();
      long next = Math.max(has.getOrDefault(chain.getKey(), 0L), head.after()) + 1;
      if (next <= head.sequence()) {
        var missing = host.position(space, chain.getKey(), next);
        if (missing.isEmpty()) {
          branches = -1;
        }
        from = Math.min(from, missing.orElse(1L) - 1);
      }
    }
    return from;
  }

  private static long branches(Map<Replica, ChainHead> chains) {
    return chains.values().stream().filter(ChainHead::branch).count();
  }

  /** Of how many chains the peer has told. */
  int told() {
    return told.size();
  }

  /**
   * The chains on which the peer, by its summary, has gone on otherwise than this node: it has
   * another entry at a sequence that this node has.
   */
  List<Replica> divided() {
    var mine = host.chains(space);
    var divided = new ArrayList<Replica>();
    for (var point : told.values()) {
      var named = mine.get(point.name());
      if (named != null && point.sequence() <= named.sequence() && locate(point, mine) == null) {
        divided.add(point.name());
      }
    }
    return divided;
  }

  /** Whether the peer, by its summary, has entries under this name that this node doesn't have. */
  boolean knowsMore(Replica name) {
    var point = told.get(name);
    return point != null && locate(point, host.chains(space)) == null;
  }

  /** Whether an entry is stored here under its author's name. */
  boolean isStored(ReceivedEntry received) {
    var author = received.entry().author();
    var chain = host.chains(space).get(author);
    return chain != null && is(point(received.entry(), received.hash()), author, chain);
  }

  /** Whether an entry is here. */
  boolean known(Point point) {
    return locate(point, host.chains(space)) != null;
  }

  private void had(Replica chain, long sequence, Map<Replica, ChainHead> mine) {
    has.merge(chain, sequence, Math::max);
    var head = mine.get(chain);
    while (head != null && head.parent() != null) {
      has.merge(head.parent(), head.after(), Math::max);
      head = mine.get(head.parent());
    }
  }

  /** The chain of this node that has an entry; null where none has. */
  @Nullable Replica locate(Point point) {
    return locate(point, host.chains(space));
  }

  private @Nullable Replica locate(Point point, Map<Replica, ChainHead> mine) {
    var named = mine.get(point.name());
    if (named != null && is(point, point.name(), named)) {
      return point.name();
    }
    for (var chain : mine.entrySet()) {
      boolean kin =
          named == null
              ? chain.getKey().node().equals(point.name().node())
              : chain.getValue().author().equals(named.author());
      if (kin && is(point, chain.getKey(), chain.getValue())) {
        return chain.getKey();
      }
    }
    return null;
  }

  private boolean is(Point point, Replica chain, ChainHead head) {
    if (!head.holds(point.sequence())) {
      return false;
    }
    return head.sequence() == point.sequence()
        ? head.hash().equals(point.hash())
        : host.has(space, chain, point.sequence(), point.hash());
  }

  /**
   * How a chain of this node has come about: its entries at distances 0, 1, 2, 4, … from its end,
   * and the first of all.
   */
  Frame trace(Replica name) {
    var mine = host.chains(space);
    var points = new ArrayList<Frame.Trace.Point>();
    var head = mine.get(name);
    long end = head == null ? 0 : head.sequence();
    for (long distance = 0; distance < end; distance = distance == 0 ? 1 : distance * 2) {
      hash(name, end - distance, mine).ifPresent(points::add);
    }
    if (points.isEmpty() || points.getLast().sequence() > 1) {
      hash(name, 1, mine).ifPresent(points::add);
    }
    return new Frame.Trace(space, name, points);
  }

  private Optional<Frame.Trace.Point> hash(
      Replica name, long sequence, Map<Replica, ChainHead> mine) {
    var chain = name;
    var head = mine.get(name);
    while (head != null && head.after() >= sequence && head.parent() != null) {
      chain = head.parent();
      head = mine.get(chain);
    }
    return head == null || !head.holds(sequence)
        ? Optional.empty()
        : host.hash(space, chain, sequence).map(h -> new Frame.Trace.Point(sequence, h));
  }

  /** Of an author the chains that end without a fork; the author where nothing of it is known. */
  List<Replica> ends(Replica author) {
    var family = new TreeMap<Replica, ChainHead>();
    host.chains(space)
        .forEach((name, head) -> {
          if (head.author().equals(author)) {
            family.put(name, head);
          }
        });
    var ends =
        family.keySet().stream()
            .filter(name -> family.values().stream().noneMatch(head -> name.equals(head.parent())))
            .toList();
    return ends.isEmpty() ? List.of(author) : ends;
  }
}
