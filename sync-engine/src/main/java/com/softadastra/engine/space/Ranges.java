package com.softadastra.engine.space;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.engine.document.SequenceAct;
import com.softadastra.engine.document.SequenceAct.Range;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
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
  private final List<Arriving> arriving = new ArrayList<>();
  private final List<Range> used = new ArrayList<>();
  // by node, the numbers that writes of its own without effect have given
  private final TreeMap<NodeId, TreeSet<Long>> given = new TreeMap<>();

  private record Arriving(Hash version, Replica to, Range range) {}

  Ranges() {}

  /** Whether a replica holds what an act takes. */
  boolean covers(Replica share, SequenceAct act, Predicate<Hash> seen) {
    return switch (act) {
      case SequenceAct.Declare _ -> declared == null;
      case SequenceAct.Allot(_, var ranges) -> {
        var free = free(share, seen);
        var unallotted = new TreeMap<>(share.equals(keeper) ? rest : new TreeMap<>());
        boolean covered = !ranges.isEmpty();
        for (var range : ranges) {
          covered = covered && (remove(unallotted, range) || remove(free, range));
        }
        yield covered;
      }
      case SequenceAct.Take(var numbers) -> {
        var free = free(share, seen);
        yield !numbers.isEmpty()
            && new HashSet<>(numbers).size() == numbers.size()
            && numbers.stream().allMatch(number -> remove(free, new Range(number, number)));
      }
    };
  }

  /** Takes an act that has effect. */
  void take(Replica share, SequenceAct act, Hash version, Predicate<Hash> seen) {
    for (var coming : List.copyOf(arriving)) {
      if (coming.to().equals(share) && seen.test(coming.version())) {
        arriving.remove(coming);
        add(share, coming.range());
      }
    }
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
            add(share, range);
          } else {
            arriving.add(new Arriving(version, to, range));
          }
        }
      }
      case SequenceAct.Take(var numbers) -> {
        for (var number : numbers) {
          var range = new Range(number, number);
          remove(of(share), range);
          boolean follows = !used.isEmpty() && used.getLast().last() + 1 == number;
          used.add(follows ? new Range(used.removeLast().first(), number) : range);
        }
      }
    }
  }

  /** Numbers that a write without effect has given to documents: somebody may have seen them. */
  void give(Replica share, List<Long> numbers) {
    given.computeIfAbsent(share.node(), _ -> new TreeSet<>()).addAll(numbers);
  }

  private TreeMap<Long, Long> of(Replica share) {
    return held.computeIfAbsent(share, _ -> new TreeMap<>());
  }

  private TreeMap<Long, Long> free(Replica share, Predicate<Hash> seen) {
    var free = new TreeMap<>(held.getOrDefault(share, new TreeMap<>(Comparator.naturalOrder())));
    for (var coming : arriving) {
      if (coming.to().equals(share) && seen.test(coming.version())) {
        add(free, coming.range());
      }
    }
    return free;
  }

  private void add(Replica share, Range range) {
    add(of(share), range);
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

  boolean awaits(Replica share) {
    return arriving.stream().anyMatch(coming -> coming.to().equals(share));
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
  Optional<Long> next(Replica share, List<Long> soon) {
    var free = fresh(share);
    soon.forEach(number -> remove(free, new Range(number, number)));
    return free.isEmpty() ? Optional.empty() : Optional.of(free.firstKey());
  }

  /** The replicas that numbers were allotted to and that have some left, in their order. */
  public List<Replica> holders() {
    var holders = new TreeMap<Replica, Boolean>();
    held.forEach((replica, ranges) -> {
      if (!ranges.isEmpty()) {
        holders.put(replica, true);
      }
    });
    arriving.forEach(coming -> holders.put(coming.to(), true));
    return List.copyOf(holders.keySet());
  }

  private TreeMap<Long, Long> fresh(Replica share) {
    var fresh = free(share, _ -> true);
    for (var number : given.getOrDefault(share.node(), new TreeSet<>())) {
      remove(fresh, new Range(number, number));
    }
    return fresh;
  }

  /**
   * The numbers that nobody uses, and nobody will, because a write without effect has given them to
   * a document, in order.
   */
  public List<Range> unused() {
    var all = new TreeMap<Long, Long>();
    held.keySet()
        .forEach(share ->
            given.getOrDefault(share.node(), new TreeSet<>()).stream()
                .map(number -> new Range(number, number))
                .filter(range -> remove(free(share, _ -> true), range))
                .forEach(range -> add(all, range)));
    return list(all);
  }

  private static List<Range> list(TreeMap<Long, Long> ranges) {
    return ranges.entrySet().stream()
        .map(range -> new Range(range.getKey(), range.getValue()))
        .toList();
  }

  /** The numbers that a replica has left, those that are on their way to it included, in order. */
  public List<Range> left(Replica share) {
    return list(fresh(share));
  }

  /** The numbers in use, in order. */
  public List<Range> used() {
    var all = new TreeMap<Long, Long>();
    used.forEach(range -> add(all, range));
    return list(all);
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
}
