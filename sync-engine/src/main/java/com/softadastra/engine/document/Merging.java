package com.softadastra.engine.document;

import static java.util.Objects.requireNonNull;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.documents.FieldType;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonReader;
import com.softadastra.engine.log.Change;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Brings the operations of a concurrent region together under {@code merge} or {@code latest}:
 * takes them in the order of the fold, so that of two writes of a field that did not know of each
 * other the later stands, and remembers what was lost. Under {@code latest} the document is one
 * field.
 *
 * <p>A write contends for its field until an operation that knows it writes the field again. It has
 * lost when one that doesn't know it gives the field another value.
 */
final class Merging {
  // a field that no field covers but the whole document: that it exists
  private static final String EXISTENCE = "\uffff";

  private final Definition definition;
  private @Nullable Draft body;
  // at most this many values are in the body
  private long values;
  private final TreeMap<String, List<Contender>> contenders = new TreeMap<>();
  // by array and item, who added it; what has no tag is known to all
  private final Map<String, Map<String, List<Step>>> tags = new HashMap<>();
  private final Map<Hash, Lost> overwritten = new HashMap<>();
  // what divided amounts come to; no decision between writes takes a part of them back
  private final TreeMap<String, BigDecimal> divided = new TreeMap<>();

  /**
   * An operation of the region, with the body that it was made on and the one that it made.
   *
   * @param order its place in the order of the fold
   * @param suspect whether that may be wrong
   */
  record Step(
      int order,
      Hash version,
      Lineage lineage,
      Change change,
      Json.@Nullable Obj before,
      Json.@Nullable Obj after,
      boolean suspect) {
    boolean knows(Step other) {
      return lineage.knows(other.lineage);
    }
  }

  private static final class Contender {
    private final Step step;
    private final String field;
    // those that it lost to, in the order of the fold
    private final List<Step> winners = new ArrayList<>();
    private String disputed;
    // whoever knew it has written a part of the field since
    private boolean narrowed;
    // whoever knew those that it lost to has put the whole document since
    private boolean settled;

    Contender(Step step, String field) {
      this.step = step;
      this.field = field;
      this.disputed = field.equals(EXISTENCE) ? Pointer.WHOLE : field;
    }
  }

  private static final class Lost {
    private final TreeSet<String> fields = new TreeSet<>();
    private final Step loser;
    private Step winner;
    private boolean narrowed;
    private boolean settled = true;

    Lost(Step loser, Step winner) {
      this.loser = loser;
      this.winner = winner;
    }

    Decided.Standing standing() {
      if (!loser.suspect() && !winner.suspect()) {
        return Decided.Standing.STANDS;
      }
      return settled ? Decided.Standing.OVERWRITTEN : Decided.Standing.DOUBTED;
    }
  }

  /**
   * @param start the body at the region's beginning
   */
  Merging(Definition definition, Json.@Nullable Obj start) {
    this.definition = definition;
    this.body = start == null ? null : new Draft(start);
    this.values = start == null ? 0 : start.values();
    if (start != null) {
      var draft = new Draft(start);
      for (var field : EscrowChange.fields(definition)) {
        if (draft.get(field) != null) {
          divided.put(field, Decimals.of(draft.get(field)).orElse(BigDecimal.ZERO));
        }
      }
    }
  }

  Definition definition() {
    return definition;
  }

  /** Takes the next operation in the order of the fold. */
  void take(Step step) {
    if (step.change().isWhole()) {
      contenders.values().stream()
          .flatMap(List::stream)
          .filter(contender -> step.knows(contender.step))
          .filter(contender -> contender.winners.stream().allMatch(step::knows))
          .forEach(contender -> contender.settled = true);
    }
    var after = step.after();
    if (!definition.merges() || after == null) {
      write(step, Pointer.WHOLE);
      body = after == null ? null : new Draft(after);
      values = after == null ? 0 : after.values();
      return;
    }
    var effects = Effects.of(step.change(), step.before(), definition);
    var own = body == null || !bounded(effects) ? Effects.applied(effects, step.before()) : null;
    if (own != null || step.before() == null) {
      // it made the whole document
      boolean alone = own != null;
      boolean existed = body != null;
      contend(Pointer.WHOLE)
          .forEach(contender -> {
            if ((existed && alone) || contender.field.equals(Pointer.WHOLE)) {
              meet(contender, step, Pointer.WHOLE, alone);
            }
          });
      contender(step, EXISTENCE);
    }
    if (own != null) {
      body = new Draft(own);
      values = own.values();
    }
    for (var effect : effects) {
      take(effect, step, effects, own != null);
      if (effect instanceof Effect.Add(var field, var by)
          && definition.fields().get(field) == FieldType.ESCROW) {
        divided.merge(field, by, BigDecimal::add);
      }
    }
  }

  /** Whether the body can take them all. */
  private boolean bounded(List<Effect> effects) {
    long more = 0;
    for (var effect : effects) {
      // objects on the way to it
      more += Pointer.steps(effect.field()).size();
      more +=
          switch (effect) {
            case Effect.Write(_, var value) -> value == null ? 0 : value.values();
            case Effect.Items(_, var added, _) -> added.stream().mapToInt(Json::values).sum();
            case Effect.Add _, Effect.Bound _ -> 0;
          };
    }
    if (values + more > JsonReader.MAX_VALUES) {
      values = draft().closed().values();
    }
    values += more;
    return values <= JsonReader.MAX_VALUES;
  }

  /**
   * @param there whether the body has it already
   */
  private void take(Effect effect, Step step, List<Effect> effects, boolean there) {
    var field = effect.field();
    if (!there && !joins(effect, step)) {
      var value =
          effect instanceof Effect.Write(_, var written)
              ? written
              : new Draft(Effects.applied(effects, step.before())).get(field);
      write(step, field);
      tag(step, field, value);
      draft().put(field, value);
      return;
    }
    boolean writes = effect instanceof Effect.Write;
    contend(field).forEach(contender -> meet(contender, step, field, writes));
    contender(step, field);
    switch (effect) {
      case Effect.Write(_, var value) -> tag(step, field, value);
      case Effect.Add(_, var by) -> {
        if (!there) {
          draft().put(field, Decimals.json(number(field).add(by)));
        }
      }
      case Effect.Bound bound -> {
        if (!there) {
          draft().put(field, Effects.bounded(draft().get(field), bound));
        }
      }
      case Effect.Items(_, var added, var removed) -> items(step, field, added, removed, there);
    }
  }

  private Draft draft() {
    return requireNonNull(body);
  }

  private BigDecimal number(String field) {
    return Decimals.of(draft().get(field)).orElseThrow();
  }

  /** Whether an effect can be had beside what is there, whoever wrote that. */
  private boolean joins(Effect effect, Step step) {
    var field = effect.field();
    if (effect instanceof Effect.Write || !draft().reaches(field)) {
      return false;
    }
    var present = draft().get(field);
    var before = step.before();
    if (present == null) {
      return before == null || new Draft(before).get(field) == null;
    }
    return effect instanceof Effect.Items
        ? present instanceof Json.Arr
        : Decimals.of(present).isPresent();
  }

  private void items(Step step, String field, List<Json> added, List<Json> removed, boolean there) {
    var tagged = tags.computeIfAbsent(field, _ -> new HashMap<>());
    var gone = new HashSet<String>();
    for (var item : removed) {
      var text = item.canonical();
      var by = new ArrayList<>(tagged.getOrDefault(text, List.of()));
      by.removeIf(step::knows);
      if (by.isEmpty()) {
        gone.add(text);
        tagged.remove(text);
      } else {
        tagged.put(text, by);
      }
    }
    var items = new ArrayList<Json>();
    var present = new HashSet<String>();
    if (draft().get(field) instanceof Json.Arr(var old)) {
      for (var item : old) {
        if (there || !gone.contains(item.canonical())) {
          items.add(item);
          present.add(item.canonical());
        }
      }
    }
    for (var item : added) {
      var text = item.canonical();
      tagged.computeIfAbsent(text, _ -> new ArrayList<>()).add(step);
      if (present.add(text)) {
        items.add(item);
      }
    }
    draft().put(field, new Json.Arr(items));
  }

  /** A write of a field that stands against all it doesn't know. */
  private void write(Step step, String field) {
    contend(field).forEach(contender -> meet(contender, step, field, true));
    contender(step, field);
  }

  /** The items of arrays that were written are their writer's. */
  private void tag(Step step, String field, @Nullable Json value) {
    tags.keySet().removeIf(other -> Pointer.overlap(field, other));
    tagItems(step, field, value);
  }

  private void tagItems(Step step, String field, @Nullable Json value) {
    if (value instanceof Json.Arr(var items)) {
      var tagged = new HashMap<String, List<Step>>();
      items.forEach(item -> tagged.put(item.canonical(), new ArrayList<>(List.of(step))));
      tags.put(field, tagged);
    } else if (value instanceof Json.Obj(var members)) {
      members.forEach((name, member) -> tagItems(step, Pointer.child(field, name), member));
    }
  }

  private void contender(Step step, String field) {
    contenders.computeIfAbsent(field, _ -> new ArrayList<>()).add(new Contender(step, field));
  }

  /** Those who contend for a field, or for one that overlaps with it. */
  private List<Contender> contend(String field) {
    var found = new ArrayList<Contender>();
    if (field.equals(Pointer.WHOLE)) {
      contenders.values().forEach(found::addAll);
      return found;
    }
    found.addAll(contenders.getOrDefault(Pointer.WHOLE, List.of()));
    for (int end = field.indexOf('/', 1); end > 0; end = field.indexOf('/', end + 1)) {
      found.addAll(contenders.getOrDefault(field.substring(0, end), List.of()));
    }
    found.addAll(contenders.getOrDefault(field, List.of()));
    // '0' is what follows on '/'
    contenders.subMap(field + "/", field + "0").values().forEach(found::addAll);
    return found;
  }

  private void meet(Contender contender, Step step, String field, boolean writes) {
    if (contender.step == step) {
      return;
    }
    if (!step.knows(contender.step)) {
      if (writes) {
        contender.winners.add(step);
        contender.settled = false;
        contender.disputed = Pointer.covers(field, contender.disputed) ? field : contender.disputed;
      }
      return;
    }
    var seen = contender.winners.stream().filter(step::knows).toList();
    if (seen.isEmpty() && !contender.winners.isEmpty() && !writes) {
      // it adds to what its own side has lost, and doesn't replace it
      return;
    }
    if (!Pointer.covers(field, contender.field) && !field.equals(Pointer.WHOLE)) {
      contender.narrowed = true;
      return;
    }
    var same = requireNonNull(contenders.get(contender.field));
    same.remove(contender);
    if (same.isEmpty()) {
      contenders.remove(contender.field);
    }
    if (!seen.isEmpty()
        && !same(
            value(contender.step.after(), contender.disputed),
            value(step.before(), contender.disputed))) {
      lost(overwritten, contender, seen.getLast());
    }
  }

  private static void lost(Map<Hash, Lost> all, Contender contender, Step winner) {
    var lost = all.computeIfAbsent(contender.step.version(), _ -> new Lost(contender.step, winner));
    lost.fields.add(contender.disputed);
    lost.narrowed |= contender.narrowed;
    lost.settled &= contender.settled;
    if (winner.order() > lost.winner.order()) {
      lost.winner = winner;
    }
  }

  private static @Nullable Json value(Json.@Nullable Obj of, String field) {
    return of == null || field.equals(Pointer.WHOLE) ? of : new Draft(of).get(field);
  }

  private static boolean same(@Nullable Json one, @Nullable Json other) {
    return Objects.equals(one, other);
  }

  /** What all taken so far come to. */
  Json.@Nullable Obj body() {
    if (body == null) {
      return null;
    }
    divided.forEach((field, amount) -> draft().put(field, Decimals.json(amount)));
    return body.closed();
  }

  /** Conflicts that were decided between them. */
  List<Decided> decided() {
    var standing = new HashMap<Hash, Lost>();
    var now = body();
    for (var field : contenders.values()) {
      for (var contender : field) {
        if (!contender.winners.isEmpty()
            && !same(
                value(contender.step.after(), contender.disputed),
                value(now, contender.disputed))) {
          lost(standing, contender, contender.winners.getLast());
        }
      }
    }
    var decided = new ArrayList<Decided>();
    standing.forEach((loser, lost) -> {
      var before = overwritten.remove(loser);
      if (before != null) {
        lost.fields.addAll(before.fields);
      }
      decided.add(
          new Decided(
              loser,
              lost.winner.version(),
              List.copyOf(lost.fields),
              before == null && !lost.narrowed ? lost.standing() : Decided.Standing.OVERWRITTEN));
    });
    overwritten.forEach((loser, lost) ->
        decided.add(
            new Decided(
                loser,
                lost.winner.version(),
                List.copyOf(lost.fields),
                Decided.Standing.OVERWRITTEN)));
    return decided;
  }
}
