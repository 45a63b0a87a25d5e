package com.softadastra.engine.document;

import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonText;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a sequence's numbers, as the body of a document in the collection of sequences:
 *
 * <pre>
 * {"declare": {"prefix": text, "width": digits}}
 * {"allot": {"incarnation": text, "ranges": [[first, last]], "to": node}}
 * {"take": [number]}
 * </pre>
 *
 * A body that isn't of one of these forms does nothing that could have effect.
 */
public sealed interface SequenceAct {
  /** The greatest number of a sequence. */
  long MOST = 999_999_999_999_999L;

  Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,14}");

  int MOST_PREFIX = 64;
  int MOST_WIDTH = 15;

  /** Numbers without a gap. */
  record Range(long first, long last) {
    public Range {
      if (first < 1 || last < first || last > MOST) {
        throw new IllegalArgumentException("no range of numbers");
      }
    }

    public long count() {
      return last - first + 1;
    }
  }

  /**
   * Begins a sequence, whose numbers are its author's to allot.
   *
   * @param width digits, at least; shorter numbers have zeros in front
   */
  record Declare(String prefix, int width) implements SequenceAct {
    public Declare {
      if (prefix.length() > MOST_PREFIX || width < 1 || width > MOST_WIDTH) {
        throw new IllegalArgumentException("no sequence");
      }
    }

    /** A number as documents have it. */
    public String written(long number) {
      var digits = Long.toString(number);
      return prefix + "0".repeat(Math.max(0, width - digits.length())) + digits;
    }
  }

  /** Gives numbers that the author holds to a replica, to use or to give on. */
  record Allot(Replica to, List<Range> ranges) implements SequenceAct {
    public Allot {
      ranges = List.copyOf(ranges);
    }
  }

  /**
   * Uses numbers for documents of the same intent.
   *
   * @param numbers in the order of the intent's operations that asked for one
   */
  record Take(List<Long> numbers) implements SequenceAct {
    public Take {
      numbers = List.copyOf(numbers);
    }
  }

  /** The act as a body. */
  default JsonText body() {
    return JsonText.of(
        switch (this) {
          case Declare(var prefix, var width) ->
              Json.object(
                  Map.of(
                      "declare",
                      Json.object(Map.of("prefix", new Json.Str(prefix), "width", json(width)))));
          case Allot(var to, var ranges) ->
              Json.object(
                  Map.of(
                      "allot",
                      Json.object(
                          Map.of(
                              "incarnation",
                              new Json.Str(to.incarnation().toString()),
                              "ranges",
                              new Json.Arr(
                                  ranges.stream()
                                      .<Json>map(range ->
                                          new Json.Arr(
                                              List.of(json(range.first()), json(range.last()))))
                                      .toList()),
                              "to",
                              new Json.Str(to.node().toString())))));
          case Take(var numbers) ->
              Json.object(
                  Map.of(
                      "take",
                      new Json.Arr(numbers.stream().<Json>map(SequenceAct::json).toList())));
        });
  }

  /** The act that a body is; empty for any other body. */
  static Optional<SequenceAct> of(JsonText body) {
    var object = body.read();
    SequenceAct act;
    try {
      if (object.get("declare") instanceof Json.Obj declare
          && declare.get("prefix") instanceof Json.Str(var prefix)) {
        act = new Declare(prefix, (int) Math.min(number(declare.get("width")), MOST_WIDTH + 1));
      } else if (object.get("allot") instanceof Json.Obj allot
          && allot.get("to") instanceof Json.Str(var node)
          && allot.get("incarnation") instanceof Json.Str(var incarnation)
          && allot.get("ranges") instanceof Json.Arr(var items)) {
        act =
            new Allot(
                new Replica(NodeId.parse(node), Incarnation.parse(incarnation)), ranges(items));
      } else if (object.get("take") instanceof Json.Arr(var items)) {
        act = new Take(items.stream().map(SequenceAct::number).toList());
      } else {
        return Optional.empty();
      }
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    return act.body().equals(body) ? Optional.of(act) : Optional.empty();
  }

  private static List<Range> ranges(List<Json> items) {
    var ranges = new ArrayList<Range>();
    for (var item : items) {
      if (!(item instanceof Json.Arr(var ends)) || ends.size() != 2) {
        throw new IllegalArgumentException("no range");
      }
      ranges.add(new Range(number(ends.getFirst()), number(ends.getLast())));
    }
    return ranges;
  }

  private static long number(@Nullable Json json) {
    if (json instanceof Json.Num(var text) && NUMBER.matcher(text).matches()) {
      return Long.parseLong(text);
    }
    throw new IllegalArgumentException("no number of a sequence");
  }

  private static Json.Num json(long number) {
    return new Json.Num(Long.toString(number));
  }
}
