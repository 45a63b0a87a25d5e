package com.softadastra.sync.relay;

import com.softadastra.contracts.Replica;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.space.ChainHead;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Puts members together who can be sent the same. What several are sent is what one lacks that has
 * only what all of them have, so one that has much more, or much less, is not with the others.
 */
final class Sharing {
  /** Entries that anyone is sent at most, though it has them. */
  static final int NEEDLESS = 256;

  private Sharing() {}

  /**
   * What a member has of a space.
   *
   * @param upTo what the log has up to this position is with the relay
   * @param said what the member said last
   */
  record Has(long upTo, Optional<Statement> said) {
    /** The sequence up to which it has a chain; all of its own, also where it is yet to say so. */
    private long of(Replica chain) {
      if (said.isEmpty()) {
        return 0;
      }
      return said.get().by().equals(chain)
          ? Long.MAX_VALUE
          : said.get().vector().getOrDefault(chain, 0L);
    }
  }

  /**
   * Members that are sent the same.
   *
   * @param after what the log has up to this position is with the relay, or with each of them
   */
  record Group<M>(List<M> members, long after) {
    Group {
      members = List.copyOf(members);
    }
  }

  /**
   * @param members who is to be told something, in any order
   * @param chains of the space
   * @return each of them once
   */
  static <M> List<Group<M>> groups(
      List<M> members, Function<M, Has> has, Map<Replica, ChainHead> chains) {
    long from = members.stream().map(has).mapToLong(Has::upTo).min().orElse(0);
    // in one order, so that a simulation does the same again
    var recent =
        new TreeMap<>(chains)
            .entrySet().stream().filter(chain -> chain.getValue().position() > from).toList();
    long last = recent.stream().mapToLong(chain -> chain.getValue().position()).max().orElse(from);
    var heads = recent.stream().map(Map.Entry::getValue).toList();
    var lists = new ArrayList<List<M>>();
    var spreads = new ArrayList<Spread>();
    for (var member : members) {
      var alone = Spread.of(has.apply(member), recent);
      int group = 0;
      while (group < lists.size()
          && !(lists.get(group).size() < MailFrame.SHARING
              && spreads.get(group).goesWith(alone, heads))) {
        group++;
      }
      if (group == lists.size()) {
        lists.add(new ArrayList<>(List.of(member)));
        spreads.add(alone);
      } else {
        lists.get(group).add(member);
        spreads.set(group, spreads.get(group).with(alone));
      }
    }
    var groups = new ArrayList<Group<M>>();
    for (int i = 0; i < lists.size(); i++) {
      var spread = spreads.get(i);
      groups.add(new Group<>(lists.get(i), spread.lackEntries ? spread.leastUpTo : last));
    }
    return groups;
  }

  /**
   * How far members are apart.
   *
   * @param lackEntries whether each of them lacks an entry; none does else
   * @param least sequence of each chain that one of them has
   * @param most the same
   */
  private record Spread(
      boolean lackEntries, long leastUpTo, long mostUpTo, long[] least, long[] most) {
    static Spread of(Has has, List<Map.Entry<Replica, ChainHead>> recent) {
      long[] sequences = new long[recent.size()];
      boolean lacksEntry = false;
      for (int i = 0; i < sequences.length; i++) {
        var head = recent.get(i).getValue();
        sequences[i] = Math.clamp(has.of(recent.get(i).getKey()), head.after(), head.sequence());
        lacksEntry |= head.position() > has.upTo() && sequences[i] < head.sequence();
      }
      return new Spread(lacksEntry, has.upTo(), has.upTo(), sequences, sequences);
    }

    /** Who lacks no entry is with others who lack none: it would answer to what it has. */
    boolean goesWith(Spread other, List<ChainHead> heads) {
      return lackEntries == other.lackEntries
          && (!lackEntries || with(other).needless(heads) <= NEEDLESS);
    }

    Spread with(Spread other) {
      long[] lower = new long[least.length];
      long[] upper = new long[most.length];
      for (int i = 0; i < lower.length; i++) {
        lower[i] = Math.min(least[i], other.least[i]);
        upper[i] = Math.max(most[i], other.most[i]);
      }
      return new Spread(
          lackEntries,
          Math.min(leastUpTo, other.leastUpTo),
          Math.max(mostUpTo, other.mostUpTo),
          lower,
          upper);
    }

    /**
     * How many entries one of them is sent at most that it has. Where in the log a chain's entries
     * are is known of the last alone, so it counts as many as there can be.
     */
    private long needless(List<ChainHead> heads) {
      long sent = 0;
      long ahead = 0;
      for (int i = 0; i < least.length; i++) {
        var head = heads.get(i);
        if (head.position() > leastUpTo) {
          long entries = head.position() - leastUpTo;
          sent += Math.min(entries, head.sequence() - least[i]);
          ahead += Math.min(entries, most[i] - least[i]);
        }
      }
      return Math.min(sent, mostUpTo - leastUpTo) + ahead;
    }
  }
}
