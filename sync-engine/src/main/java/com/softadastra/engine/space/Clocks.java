package com.softadastra.engine.space;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Whose clock is not to be relied on. Of each replica of which somebody has found that, a document
 * of {@code $clocks} says it:
 *
 * <pre>
 * {"boundaries": {NODE: [FROM, UNTIL, FROM, …]}}
 * </pre>
 *
 * By each node that looked, the sequences of that replica from which on it is suspect, and no
 * longer, and again; never descending. Where any of them says so of a sequence, it is suspect.
 */
public final class Clocks {
  private static final String BOUNDARIES = "boundaries";
  private static final Pattern SEQUENCE = Pattern.compile("[0-9]{1,18}");

  private Clocks() {}

  /** The document that says it of a replica. */
  public static DocumentKey key(SpaceId space, Replica replica) {
    return new DocumentKey(space, Operation.CLOCKS, replica.node() + "." + replica.incarnation());
  }

  /** What is said of one replica, by the node that says it. */
  public record Marks(SortedMap<String, List<Long>> boundaries) {
    static final Marks NONE = new Marks(new TreeMap<>());

    /** Of heads that were written apart, each node's longest list counts: it only ever adds. */
    public static Marks of(@Nullable DocumentState state) {
      if (state == null) {
        return NONE;
      }
      var boundaries = new TreeMap<String, List<Long>>();
      for (var head : state.heads()) {
        if (head.body() != null && head.body().read().get(BOUNDARIES) instanceof Json.Obj(var by)) {
          by.forEach((node, list) -> boundaries.merge(node, sequences(list), Marks::longer));
        }
      }
      return new Marks(boundaries);
    }

    // what no node of this software has written counts as far as it can be read
    private static List<Long> sequences(Json list) {
      var sequences = new ArrayList<Long>();
      if (list instanceof Json.Arr(var items)) {
        for (var item : items) {
          if (!(item instanceof Json.Num(var text)) || !SEQUENCE.matcher(text).matches()) {
            break;
          }
          long sequence = Long.parseLong(text);
          if (!sequences.isEmpty() && sequence < sequences.getLast()) {
            break;
          }
          sequences.add(sequence);
        }
      }
      return List.copyOf(sequences);
    }

    private static List<Long> longer(List<Long> one, List<Long> other) {
      if (one.size() != other.size()) {
        return one.size() > other.size() ? one : other;
      }
      return one.toString().compareTo(other.toString()) > 0 ? one : other;
    }

    /** Whether a sequence was written by a clock that somebody has found wrong. */
    public boolean suspect(long sequence) {
      return boundaries.values().stream()
          .anyMatch(list -> list.stream().filter(from -> from <= sequence).count() % 2 == 1);
    }

    /** Whether that node says that the replica is suspect from some sequence on. */
    public boolean suspectedBy(NodeId node) {
      return boundaries.getOrDefault(node.toString(), List.of()).size() % 2 == 1;
    }

    /** The document's body where that node says the contrary from a sequence on. */
    public JsonText turned(NodeId by, long from) {
      var all = new TreeMap<String, Json>();
      var with = new TreeMap<>(boundaries);
      var list = new ArrayList<>(boundaries.getOrDefault(by.toString(), List.of()));
      list.add(list.isEmpty() ? from : Math.max(from, list.getLast()));
      with.put(by.toString(), list);
      with.forEach((node, sequences) ->
          all.put(
              node,
              new Json.Arr(
                  sequences.stream().<Json>map(each -> new Json.Num(each.toString())).toList())));
      return JsonText.of(Json.object(Map.of(BOUNDARIES, Json.object(all))));
    }

    /** The first sequence of which these may say otherwise than others. */
    private long differsFrom(Marks other) {
      long least = Long.MAX_VALUE;
      var nodes = new LinkedHashSet<>(boundaries.keySet());
      nodes.addAll(other.boundaries.keySet());
      for (var node : nodes) {
        var one = boundaries.getOrDefault(node, List.of());
        var two = other.boundaries.getOrDefault(node, List.of());
        int same = 0;
        while (same < one.size() && same < two.size() && one.get(same).equals(two.get(same))) {
          same++;
        }
        for (var list : List.of(one, two)) {
          least = same < list.size() ? Math.min(least, list.get(same)) : least;
        }
      }
      return least;
    }
  }

  /** Whether an entry was written by a clock that somebody has found wrong. */
  static boolean suspect(LoggedEntry logged, Reads reads) {
    var entry = logged.entry();
    var state = reads.document(key(entry.space(), entry.author()));
    return state != null && Marks.of(state).suspect(entry.sequence());
  }

  /**
   * The documents that may have to be folded again, where something else is said of a replica's
   * clock than before: those of which conflicts were noticed.
   *
   * @param document of {@code $clocks}, as the reads show it now
   * @param before what it said
   */
  public static Set<DocumentKey> affected(
      DocumentKey document, Marks before, SpaceState space, Reads reads) {
    long from = Marks.of(reads.document(document)).differsFrom(before);
    boolean wrote =
        space.chains().values().stream()
            .anyMatch(
                head -> key(space.id(), head.author()).equals(document) && head.sequence() >= from);
    return from < Long.MAX_VALUE && wrote ? reads.disputed(space.id()) : Set.of();
  }

  /** What folding a document again changes, of which policies have decided something. */
  public static List<Write> foldedAgain(DocumentKey key, Reads reads, Instant now) {
    var writes = new ArrayList<Write>();
    var was = reads.document(key);
    if (was != null && !was.decided().isEmpty()) {
      var state = DocumentUpdate.rebuilt(key, was.lastPosition(), reads);
      if (!state.equals(was)) {
        DocumentUpdate.put(was, state, now, writes);
      }
    }
    return writes;
  }
}
