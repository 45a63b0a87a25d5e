package com.softadastra.simulation.judge;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Operation;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What replicas hold of divided amounts, and which numbers are used, by adding up what has effect.
 * In which order that was judged, and what its authors had seen, it doesn't ask: no share may be
 * less than nothing either way.
 */
public final class NaiveHoldings {
  /** The collection of which documents have a divided amount, under the field of the same name. */
  public static final String STOCK = "stock";

  /** The collection whose documents are numbered, and the sequence of their numbers. */
  public static final String BILLS = "bills";

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Shadow.Space space;
  private final Map<String, BigDecimal> sums = new TreeMap<>();
  private final Map<String, BigDecimal> shares = new TreeMap<>();
  private final Set<Long> taken = new HashSet<>();
  private final Set<String> written = new HashSet<>();
  private @Nullable String wrong;

  private NaiveHoldings(Shadow.Space space) {
    this.space = space;
  }

  static boolean divides(NaiveEntry entry) {
    return entry.entry().operations().stream()
        .anyMatch(operation -> isDivided(operation.collection()) || operation.numbers());
  }

  /** Whether an entry declares the sequence. */
  static boolean declares(NaiveEntry entry) {
    return entry.entry().operations().stream()
        .anyMatch(operation ->
            operation.numbers()
                && operation.change() instanceof Change.Put(var body)
                && JSON.readTree(body.text()).has("declare"));
  }

  /** Whether a collection's documents are of a policy that {@link NaiveDocument} doesn't have. */
  static boolean isDivided(String collection) {
    return collection.equals(STOCK);
  }

  /**
   * What is wrong in a space, null where nothing is.
   *
   * @param documents as the node has them; null for what can't be read
   */
  static @Nullable String wrong(
      Shadow.Space space, Function<DocumentKey, @Nullable DocumentState> documents) {
    var holdings = new NaiveHoldings(space);
    for (var entries : space.intents.values()) {
      for (var entry : entries) {
        if (space.effective(entry)) {
          entry.entry().operations().forEach(operation -> holdings.take(entry, operation));
        }
      }
    }
    holdings.sums.forEach((id, sum) -> holdings.compare(id, sum, documents));
    holdings.shares.forEach((holder, share) -> {
      if (share.signum() < 0) {
        holdings.wrong = "the share " + holder + " is " + share;
      }
    });
    return holdings.wrong;
  }

  private void compare(
      String id, BigDecimal sum, Function<DocumentKey, @Nullable DocumentState> documents) {
    if (sum.signum() < 0) {
      wrong = "the amount of " + id + " is " + sum;
      return;
    }
    var state = documents.apply(new DocumentKey(space.id, STOCK, id));
    if (state != null) {
      var body = state.exists() ? state.body() : null;
      var has = body == null ? BigDecimal.ZERO : number(JSON.readTree(body.text()).path("stock"));
      if (has.compareTo(sum) != 0) {
        wrong = id + " has " + has + " and should have " + sum;
      }
    }
  }

  private void take(NaiveEntry entry, Operation operation) {
    var text =
        switch (operation.change()) {
          case Change.Put(var body) -> body.text();
          case Change.Patch(_, var patch) -> patch.text();
          case Change.Difference(var patch, _) -> patch.text();
          case Change.Delete _, Change.Undo _ -> "{}";
        };
    var json = JSON.readTree(text);
    if (operation.numbers()) {
      for (var number : json.path("take")) {
        if (!taken.add(number.asLong())) {
          wrong = "number " + number + " is taken twice";
        }
      }
    } else if (operation.collection().equals(BILLS) && json.has("no")) {
      if (!written.add(json.path("no").asString())) {
        wrong = "two documents have number " + json.path("no");
      }
    } else if (operation.collection().equals(STOCK) && operation.definition() != null) {
      boolean put = operation.change() instanceof Change.Put;
      var added =
          put ? number(json.path("stock")) : number(json.path("increment"), "stock", "/stock");
      sums.merge(operation.id(), added, BigDecimal::add);
      add(operation, share(entry), added);
      for (var move : json.path("move")) {
        var amount = number(move.path("amount"));
        add(operation, share(entry), amount.negate());
        add(
            operation,
            move.path("to").asString() + " " + move.path("incarnation").asString(),
            amount);
      }
    }
  }

  private void add(Operation operation, String holder, BigDecimal amount) {
    shares.merge(operation.id() + " of " + holder, amount, BigDecimal::add);
  }

  private static BigDecimal number(JsonNode json) {
    return json.isNumber() ? json.decimalValue() : BigDecimal.ZERO;
  }

  private static BigDecimal number(JsonNode json, String name, String pointer) {
    return number(json.path(name)).add(number(json.path(pointer)));
  }

  /** What was forked and recorded again is taken of the share of who recorded it first. */
  private String share(NaiveEntry entry) {
    var first = entry;
    for (var other : space.intents.getOrDefault(intent(entry), List.of())) {
      boolean earlier = first == entry || Shadow.before(other, first);
      if (space.forked.contains(other)
          && other.entry().author().node().equals(entry.entry().author().node())
          && earlier) {
        first = other;
      }
    }
    var author = first.entry().author();
    return author.node() + " " + author.incarnation();
  }

  private static String intent(NaiveEntry entry) {
    var intent = entry.entry().intent();
    return intent == null ? "" : intent.id();
  }

  /** Whether an operation is what was asked for, with the number that it asked for. */
  static boolean says(Operation operation, OperationRequest asked) {
    var body = asked.body();
    if (asked.op() != OperationKind.PUT || body == null) {
      return false;
    }
    return switch (operation.change()) {
      case Change.Put(var has) -> {
        var fields = NaiveBody.read(has.text());
        fields.remove("no");
        yield fields.equals(NaiveBody.read(body.text()));
      }
      case Change.Difference(_, var of) -> of.equals(Hash.sha256(body.utf8()));
      default -> false;
    };
  }
}
