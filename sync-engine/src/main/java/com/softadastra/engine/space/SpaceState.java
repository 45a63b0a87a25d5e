package com.softadastra.engine.space;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.log.Cause;
import com.softadastra.engine.log.LoggedEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;

/**
 * What a node knows of a space beyond its documents: the membership and how far each chain has
 * come. Owned by the one thread that records; others get {@link #chains()} as a copy.
 */
public final class SpaceState {
  /** More branches than this of one author's chain are not taken. */
  public static final int MOST_BRANCHES = 64;

  /** Of how many entries it is known without a look at the log that they are there. */
  private static final int RECENT = 2048;

  private static final Incarnation LEAST = Incarnation.of(new byte[Incarnation.BYTES]);

  private Membership membership;
  private Replica self;
  private final TreeMap<Replica, ChainHead> chains;
  private final HoldingsCache holdings = new HoldingsCache();
  private Urgency urgency = Urgency.NONE;
  private final Map<Hash, Dot> recent =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Hash, Dot> eldest) {
          return size() > RECENT;
        }
      };

  public SpaceState(Membership membership, Replica self, Map<Replica, ChainHead> chains) {
    this.membership = membership;
    this.self = self;
    this.chains = new TreeMap<>(chains);
  }

  public SpaceId id() {
    return membership.space();
  }

  HoldingsCache holdings() {
    return holdings;
  }

  public Membership membership() {
    return membership;
  }

  public void membership(Membership later) {
    membership = later;
  }

  public Replica self() {
    return self;
  }

  /** From now on entries are written as that replica. */
  public void reborn(Replica replica) {
    self = replica;
  }

  public ChainHead chain(Replica name) {
    return chains.getOrDefault(name, ChainHead.empty(name));
  }

  public Map<Replica, ChainHead> chains() {
    return Map.copyOf(chains);
  }

  /** Up to where the log has what goes before others' entries, or is not to wait for them. */
  public Urgency urgency() {
    return urgency;
  }

  /** Takes over how urgent what the log has is, as the storage has it. */
  public void recovered(Urgency was) {
    urgency = was;
  }

  /** Takes over an entry that the storage has beyond what it says of chains. */
  public void recovered(LoggedEntry logged) {
    chains.put(
        logged.chain(),
        chain(logged.chain())
            .endingAt(logged.entry().sequence(), logged.hash(), logged.position()));
    urgency = urgency.with(logged);
  }

  /** Takes over how far a chain has come, as the storage has it. */
  public void recovered(Replica name, ChainHead head) {
    chains.put(name, head);
  }

  /** An author's chain and all branches of it. */
  private Map<Replica, ChainHead> family(Replica author) {
    var family = new HashMap<Replica, ChainHead>();
    ofNode(author)
        .forEach((name, head) -> {
          if (head.author().equals(author)) {
            family.put(name, head);
          }
        });
    return family;
  }

  private NavigableMap<Replica, ChainHead> ofNode(Replica replica) {
    var first = new Replica(replica.node(), LEAST);
    var rest = chains.tailMap(first, true);
    for (var name : rest.keySet()) {
      if (!name.node().equals(replica.node())) {
        return rest.headMap(name, false);
      }
    }
    return rest;
  }

  private boolean forked(Replica name) {
    for (var head : ofNode(name).values()) {
      if (name.equals(head.parent())) {
        return true;
      }
    }
    return false;
  }

  private Hash hash(Replica name, ChainHead head, long sequence, Reads reads) {
    return sequence == head.sequence()
        ? head.hash()
        : reads.find(id(), name, sequence).orElseThrow().hash();
  }

  /** Where a genuine entry belongs. */
  Place place(ReceivedEntry received, Reads reads) {
    if (recent.containsKey(received.hash())) {
      return new Place.Known();
    }
    var entry = received.entry();
    var author = entry.author();
    long after = entry.sequence() - 1;
    var own = chain(author);
    if (!own.author().equals(author)) {
      return new Place.Nowhere("its author has the name of a branch");
    }
    boolean follows = own.sequence() == after && own.hash().equals(entry.previous());
    if (follows && !forked(author)) {
      return new Place.End(author);
    }
    var family = family(author);
    for (var chain : family.entrySet()) {
      var head = chain.getValue();
      if (head.holds(entry.sequence())
          && hash(chain.getKey(), head, entry.sequence(), reads).equals(received.hash())) {
        return new Place.Known();
      }
    }
    if (after == 0) {
      return entry.previous().equals(Hash.ZERO)
          ? fork(author, own, 0, family)
          : new Place.Nowhere("its first entry names one before it");
    }
    for (var chain : family.entrySet()) {
      var name = chain.getKey();
      var head = chain.getValue();
      if (head.holds(after) && hash(name, head, after, reads).equals(entry.previous())) {
        return head.sequence() == after && !forked(name)
            ? new Place.End(name)
            : fork(name, head, after, family);
      }
    }
    return new Place.Nowhere("the entry before " + entry.sequence() + " is missing");
  }

  private static Place fork(
      Replica name, ChainHead head, long after, Map<Replica, ChainHead> family) {
    long more = head.sequence() > after ? 2 : 1;
    return family.values().stream().filter(ChainHead::branch).count() + more > MOST_BRANCHES
        ? new Place.Nowhere("it would have more than " + MOST_BRANCHES + " branches")
        : new Place.Fork(name, after);
  }

  /** Whether the entry that a cause names is here, on whatever chain. */
  boolean met(Cause cause, Reads reads) {
    var known = recent.get(cause.hash());
    if (known != null) {
      return known.equals(cause.dot());
    }
    long sequence = cause.dot().sequence();
    var own = chain(cause.dot().replica());
    if (own.author().equals(cause.dot().replica())
        && own.holds(sequence)
        && hash(cause.dot().replica(), own, sequence, reads).equals(cause.hash())) {
      return true;
    }
    return family(cause.dot().replica()).entrySet().stream()
        .anyMatch(chain ->
            chain.getValue().holds(sequence)
                && hash(chain.getKey(), chain.getValue(), sequence, reads).equals(cause.hash()));
  }

  /** Adds an entry at the end of its chain. */
  void append(LoggedEntry logged) {
    var sequence = logged.entry().sequence();
    chains.put(
        logged.chain(), chain(logged.chain()).endingAt(sequence, logged.hash(), logged.position()));
    recent.put(logged.hash(), new Dot(logged.entry().author(), sequence));
    urgency = urgency.with(logged);
  }

  /** Begins a branch with its first entry. */
  void branch(LoggedEntry first, Replica parent) {
    long after = first.entry().sequence() - 1;
    chains.put(
        first.chain(),
        new ChainHead(first.entry().author(), parent, after, after, Hash.ZERO, first.position()));
    append(first);
  }

  /**
   * Ends a chain at an inner entry; what follows there is a branch from now on.
   *
   * @param last how the chain ends
   */
  void split(Replica name, ChainHead last, Replica branch) {
    var whole = Objects.requireNonNull(chains.get(name));
    // what was a branch of the whole forks off where that ended
    family(whole.author())
        .forEach((child, head) -> {
          if (name.equals(head.parent())) {
            chains.put(child, head.of(branch));
          }
        });
    chains.put(
        branch,
        new ChainHead(
            whole.author(),
            name,
            last.sequence(),
            whole.sequence(),
            whole.hash(),
            whole.position()));
    chains.put(name, last);
  }

  /** What this replica has seen of others since its own last entry, in the order of replicas. */
  List<Cause> causes() {
    long last = chain(self).position();
    var causes = new ArrayList<Cause>();
    chains.forEach((replica, head) -> {
      // nothing on a branch has effect, so nothing can follow from it
      boolean counts = !head.branch() && head.sequence() > 0;
      if (counts && head.position() > last && !replica.equals(self)) {
        causes.add(new Cause(new Dot(replica, head.sequence()), head.hash()));
      }
    });
    return causes;
  }
}
