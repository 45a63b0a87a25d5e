package com.softadastra.engine.space;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.engine.document.SequenceAct;
import com.softadastra.engine.document.SequenceAct.Range;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Who holds which numbers of a sequence. The rest, all that was never allotted, is held by the
 * replica that declared the sequence. Made by one decision and of its thread.
 */
public final class Ranges {
  private SequenceAct.@Nullable Declare declared;
  private @Nullable Replica keeper;
  // what was never allotted, last by first
  private final TreeMap<Long, Long> rest = new TreeMap<>();
  // by replica, last by first
  private final TreeMap<Replica, TreeMap<Long, Long>> held = new TreeMap<>();
  private final Arrivals<Range> arriving = new Arrivals<>();
  // last by first
  private final TreeMap<Long, Long> used = new TreeMap<>();
  // by node, the numbers that writes of its own without effect have given, last by first
  private final TreeMap<NodeId, TreeMap<Long, Long>> given = new TreeMap<>();

  Ranges() {}

  Arrivals<Range> arriving() {
    return arriving;
  }

  /** Whether a replica holds what an act takes. */
  boolean covers(Replica share, SequenceAct act, Set<Hash> seen) {
    return switch (act) {
      case SequenceAct.Declare _ -> declared == null;
      case SequenceAct.Allot(_, var ranges) ->
          holds(share, seen, share.equals(keeper) ? rest : Collections.emptyNavigableMap(), ranges);
      case SequenceAct.Take(var numbers) ->
          holds(
              share,
              seen,
              Collections.emptyNavigableMap(),
              numbers.stream().map(number -> new Range(number, number)).toList());
    };
  }

  /** Whether ranges, of which there is one, are a replica's own and no number is there twice. */
  private boolean holds(
      Replica share, Set<Hash> seen, NavigableMap<Long, Long> unallotted, List<Range> ranges) {
    var free = free(share, seen);
    long last = 0;
    for (var range : ranges.stream().sorted(Comparator.comparingLong(Range::first)).toList()) {
      if (range.first() <= last || !(within(unallotted, range) || within(free, range))) {
        return false;
      }
      last = range.last();
    }
    return last > 0;
  }

  private static boolean within(NavigableMap<Long, Long> ranges, Range range) {
    var around = ranges.floorEntry(range.first());
    return around != null && range.last() <= around.getValue();
  }

  /** Counts as a replica's own what was allotted to it and it has seen. */
  void arrive(Replica share, Set<Hash> seen) {
    arriving.take(share, seen).forEach(range -> add(of(share), range));
  }

  /**
   * Takes an act that has effect.
   *
   * @param index of its version among the document's
   */
  void take(Replica share, SequenceAct act, Hash version, long index) {
    switch (act) {
      case SequenceAct.Declare declare -> {
        declared = declare;
        keeper = share;
        rest.put(1L, SequenceAct.MOST);
      }
      case SequenceAct.Allot(var to, var ranges) -> {
        for (var range : ranges) {
          if (!share.equals(keeper) || !remove(rest, range)) {
            remove(of(share), range);
          }
          if (to.equals(share)) {
            add(of(share), range);
          } else {
            arriving.add(to, version, index, range);
          }
        }
      }
      case SequenceAct.Take(var numbers) -> {
        for (var number : numbers) {
          var range = new Range(number, number);
          remove(of(share), range);
          add(used, range);
        }
      }
    }
  }

  /** Numbers that a write without effect has given to documents: somebody may have seen them. */
  void give(Replica share, List<Long> numbers) {
    var all = given.computeIfAbsent(share.node(), _ -> new TreeMap<>());
    for (var number : numbers) {
      var range = new Range(number, number);
      if (!within(all, range)) {
        add(all, range);
      }
    }
  }

  private TreeMap<Long, Long> of(Replica share) {
    return held.computeIfAbsent(share, _ -> new TreeMap<>());
  }

  /** What a replica holds with what it has seen that was allotted to it; not to be changed. */
  private NavigableMap<Long, Long> free(Replica share, Set<Hash> seen) {
    return with(share, arriving.seen(share, seen));
  }

  private NavigableMap<Long, Long> with(Replica share, List<Range> coming) {
    NavigableMap<Long, Long> own = held.getOrDefault(share, new TreeMap<>());
    if (coming.isEmpty()) {
      return own;
    }
    var free = new TreeMap<>(own);
    coming.forEach(range -> add(free, range));
    return free;
  }

  private static void add(TreeMap<Long, Long> ranges, Range range) {
    long first = range.first();
    long last = range.last();
    var before = ranges.floorEntry(first);
    if (before != null && before.getValue() + 1 == first) {
      first = before.getKey();
    }
    var after = ranges.remove(last + 1);
    if (after != null) {
      last = after;
    }
    ranges.put(first, last);
  }

  private static boolean remove(TreeMap<Long, Long> ranges, Range range) {
    var within = ranges.floorEntry(range.first());
    if (within == null || within.getValue() < range.last()) {
      return false;
    }
    ranges.remove(within.getKey());
    if (within.getKey() < range.first()) {
      ranges.put(within.getKey(), range.first() - 1);
    }
    if (range.last() < within.getValue()) {
      ranges.put(range.last() + 1, within.getValue());
    }
    return true;
  }

  /** What the sequence is; empty where nobody declared it. */
  public Optional<SequenceAct.Declare> declared() {
    return Optional.ofNullable(declared);
  }

  /** Who holds what was never allotted. */
  public Optional<Replica> keeper() {
    return Optional.ofNullable(keeper);
  }

  /** The first number that was never allotted. */
  public long rest() {
    return rest.isEmpty() ? SequenceAct.MOST + 1 : rest.firstKey();
  }

  /** The next number that a replica uses, but for those that it is about to use. */
  Optional<Long> next(Replica share, Set<Long> soon) {
    var unusable = given.getOrDefault(share.node(), new TreeMap<>());
    for (var range : with(share, arriving.to(share)).entrySet()) {
      long number = range.getKey();
      while (number <= range.getValue()) {
        var none = unusable.floorEntry(number);
        if (none != null && number <= none.getValue()) {
          number = none.getValue() + 1;
        } else if (soon.contains(number)) {
          number++;
        } else {
          return Optional.of(number);
        }
      }
    }
    return Optional.empty();
  }

  /** The replicas that numbers were allotted to and that have some left, in their order. */
  public List<Replica> holders() {
    var holders = new TreeMap<Replica, Boolean>();
    held.forEach((replica, ranges) -> {
      if (!ranges.isEmpty()) {
        holders.put(replica, true);
      }
    });
    arriving.forEach((to, _) -> holders.put(to, true));
    return List.copyOf(holders.keySet());
  }

  /** The parts of ranges that others have, or that they don't. */
  private static TreeMap<Long, Long> parts(
      NavigableMap<Long, Long> ranges, TreeMap<Long, Long> others, boolean had) {
    var parts = new TreeMap<Long, Long>();
    for (var range : ranges.entrySet()) {
      long number = range.getKey();
      while (number <= range.getValue()) {
        var around = others.floorEntry(number);
        boolean within = around != null && number <= around.getValue();
        var next = others.higherKey(number);
        long end = within ? around.getValue() : next == null ? range.getValue() : next - 1;
        end = Math.min(end, range.getValue());
        if (within == had) {
          parts.put(number, end);
        }
        number = end + 1;
      }
    }
    return parts;
  }

  /**
   * The numbers that nobody uses, and nobody will, because a write without effect has given them to
   * a document, in order.
   */
  public List<Range> unused() {
    var all = new TreeMap<Long, Long>();
    for (var share : held.keySet()) {
      var unusable = given.getOrDefault(share.node(), new TreeMap<>());
      list(parts(with(share, arriving.to(share)), unusable, true))
          .forEach(range -> add(all, range));
    }
    return list(all);
  }

  private static List<Range> list(TreeMap<Long, Long> ranges) {
    return ranges.entrySet().stream()
        .map(range -> new Range(range.getKey(), range.getValue()))
        .toList();
  }

  /** The numbers that a replica has left, those that are on their way to it included, in order. */
  public List<Range> left(Replica share) {
    var unusable = given.getOrDefault(share.node(), new TreeMap<>());
    return list(parts(with(share, arriving.to(share)), unusable, false));
  }

  /** The numbers in use, in order. */
  public List<Range> used() {
    return list(used);
  }

  /**
   * What a replica can allot, the numbers that would be used last first; from the rest, where it
   * holds that.
   *
   * @return empty where it holds fewer
   */
  public Optional<List<Range>> allottable(Replica share, Replica to, long count) {
    if (count < 1) {
      return Optional.empty();
    }
    if (share.equals(keeper)) {
      var next = rest.firstEntry();
      return next != null && count <= next.getValue() - next.getKey() + 1
          ? Optional.of(List.of(new Range(next.getKey(), next.getKey() + count - 1)))
          : Optional.empty();
    }
    var ranges = new ArrayList<Range>();
    long missing = count;
    if (!to.equals(share)) {
      for (var range : left(share).reversed()) {
        long part = Math.min(missing, range.count());
        if (part > 0) {
          ranges.addFirst(new Range(range.last() - part + 1, range.last()));
          missing -= part;
        }
      }
    }
    return missing == 0 ? Optional.of(ranges) : Optional.empty();
  }

  int weight() {
    return held.values().stream().mapToInt(TreeMap::size).sum()
        + given.values().stream().mapToInt(TreeMap::size).sum()
        + used.size()
        + rest.size()
        + arriving.weight();
  }
}
