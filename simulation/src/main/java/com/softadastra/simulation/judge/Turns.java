package com.softadastra.simulation.judge;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.session.Frame;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What one end of a connection sends, and in which order: of spaces that wait, one with something
 * urgent that the peer lacks goes before one without anything urgent beyond what was sent of it.
 * Says nothing where it can't know what the peer lacks, or what it takes.
 */
final class Turns {
  /** So many batches of a space may be under way that the peer has not said it has taken. */
  private static final int CREDIT = 32;

  /** Each batch of that number goes to the space that has waited longest. */
  private static final int FAIR_EVERY = 8;

  private final Map<SpaceId, Way> ways = new HashMap<>();
  private long batches;
  private long frames;

  /** Up to which of the peer's frames this end has taken them in. */
  private long handled;

  /** What goes to the peer in one space. */
  private static final class Way {
    final Map<Replica, Long> summarised = new HashMap<>();
    final Set<Hash> there = new HashSet<>();

    /** When the peer's first summary came; its frames are taken in in their order. */
    long begins = Long.MAX_VALUE;

    boolean unclear;
    int batches;

    /** So many of the batches the peer has taken, as it says. */
    long taken;

    /** The last position in the sender's log of which an entry has gone. */
    long sent;
  }

  private Way way(SpaceId space) {
    return ways.computeIfAbsent(space, _ -> new Way());
  }

  /**
   * The peer's next frame has come.
   *
   * @param member whether this end knows the peer as a member of a space
   */
  void received(Frame frame, Predicate<SpaceId> member) {
    frames++;
    switch (frame) {
      case Frame.Summary(var space, var chains, _) -> {
        var way = way(space);
        if (member.test(space)) {
          way.begins = Math.min(way.begins, frames);
        }
        chains.forEach(chain -> way.summarised.put(chain.replica(), chain.sequence()));
      }
      case Frame.Entries(var space, var batch) ->
          batch.forEach(offered -> way(space).there.add(Hash.sha256(offered.bytes())));
      case Frame.Taken(var space, var batches) -> {
        var way = way(space);
        way.taken = Math.max(way.taken, batches);
      }
      case Frame.Refusal(var space, _, _) -> way(space).unclear = true;
      case Frame.Trace(var space, _, _) -> way(space).unclear = true;
      case Frame.Wanted(var space, _) -> way(space).unclear = true;
      default -> {
        // changes nothing of what it lacks
      }
    }
  }

  /**
   * This end sends entries.
   *
   * @return what should have gone before, null where nothing should
   */
  @Nullable String sent(Frame.Entries entries, Shadow shadow) {
    var goes = way(entries.space());
    if (goes.begins != Long.MAX_VALUE) {
      handled = Math.max(handled, goes.begins);
    }
    batches++;
    boolean late =
        batches % FAIR_EVERY != 0
            && shadow.space(entries.space()).urgent.tailMap(goes.sent, false).isEmpty()
            && ways.entrySet().stream()
                .anyMatch(each ->
                    each.getValue() != goes
                        && each.getValue().begins <= handled
                        && !each.getValue().unclear
                        && each.getValue().batches < CREDIT
                        && hasUrgent(each.getKey(), shadow));
    goes.batches++;
    for (var offered : entries.batch()) {
      var hash = Hash.sha256(offered.bytes());
      goes.there.add(hash);
      goes.sent =
          Math.max(goes.sent, shadow.space(entries.space()).positions.getOrDefault(hash, 0L));
    }
    return late ? "what isn't urgent goes before what is" : null;
  }

  /** Whether more of a space is under way than the peer lets. */
  boolean isBeyondCredit(SpaceId space) {
    var way = way(space);
    return way.batches - way.taken > CREDIT;
  }

  /** Whether the peer lacks something urgent of a space. */
  private boolean hasUrgent(SpaceId space, Shadow shadow) {
    var way = way(space);
    return shadow.space(space).urgent.values().stream()
        .anyMatch(entry ->
            !way.there.contains(entry.hash())
                && entry.entry().sequence()
                    > way.summarised.getOrDefault(entry.entry().author(), 0L));
  }
}
