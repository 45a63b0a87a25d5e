package com.softadastra.edge.forward;

import com.softadastra.contracts.Hash;
import com.softadastra.edge.database.EdgeDatabase;
import com.softadastra.edge.database.Statements;
import com.softadastra.edge.policy.Headers;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The tables of kept requests as the writing thread changes them; nobody else uses this. */
final class ForwardTables implements EdgeDatabase.Witness {
  private static final int LONGEST_ERROR = 300;
  private static final int SWEEP_WITH_EACH = 16;
  private static final int WAITING = ForwardState.WAITING.ordinal();
  private static final int PARKED = ForwardState.PARKED.ordinal();
  private static final int DONE = ForwardState.DONE.ordinal();

  /** What a look at a request reads, in the order that {@link #forward} expects. */
  static final String COLUMNS =
      "f.number, f.id, f.origin, f.idempotency_key, f.fingerprint, f.order_key, f.method, f.target,"
          + " f.accepted, f.state, f.attempts, f.error, f.ended, f.status, f.bytes, a.fields, a.whole,"
          + " length(a.body), f.site from forward f left join forward_answer a on a.number = f.number ";

  private final Statements statements;
  private final ForwardLimits limits;
  private final LongSupplier freeBytes;

  private final Map<String, Used> used = new HashMap<>();
  private Used all = Used.NOTHING;
  private Used answers = Used.NOTHING;
  private long parked;
  private long lastNumber;
  private long lastTurn;
  private volatile Totals forced = new Totals(0, 0, 0, 0, 0);

  private record Used(long requests, long bytes) {
    static final Used NOTHING = new Used(0, 0);

    Used plus(long more, long moreBytes) {
      return new Used(requests + more, bytes + moreBytes);
    }
  }

  /**
   * @param bytes of those that wait or are parked
   * @param answers that are kept
   */
  record Totals(long waiting, long parked, long bytes, long answers, long answerBytes) {}

  /** What became of a request that was to be kept. */
  sealed interface Put {
    /** It is kept. */
    record New(Forward forward) implements Put {}

    /** Its key is known. */
    record Known(Forward forward) implements Put {}

    record Full(String why, boolean isDisk) implements Put {}
  }

  ForwardTables(Statements statements, ForwardLimits limits, LongSupplier freeBytes)
      throws SQLException {
    this.statements = statements;
    this.limits = limits;
    this.freeBytes = freeBytes;
    count();
    forced();
  }

  private void count() throws SQLException {
    lastNumber = statements.number("select coalesce(max(number), 0) from forward");
    lastTurn = statements.number("select coalesce(max(turn), 0) from forward");
    used.clear();
    all = Used.NOTHING;
    answers = Used.NOTHING;
    parked = 0;
    try (var row =
        statements.rows(
            "select origin, state, count(*), sum(bytes) from forward group by origin, state")) {
      while (row.next()) {
        int state = row.getInt(2);
        if (state == DONE) {
          answers = answers.plus(row.getLong(3), row.getLong(4));
        } else {
          use(row.getString(1), row.getLong(3), row.getLong(4));
          parked += state == PARKED ? row.getLong(3) : 0;
        }
      }
    }
  }

  private void use(String origin, long requests, long bytes) {
    used.merge(origin, new Used(requests, bytes), (one, _) -> one.plus(requests, bytes));
    all = all.plus(requests, bytes);
  }

  Put put(Kept request) throws SQLException {
    var known = known(request.origin(), request.key());
    if (known.isPresent()) {
      return new Put.Known(known.get());
    }
    byte[] fields = FieldLines.of(request.headers());
    long bytes = (long) ForwardLimits.ROW_BYTES + fields.length + request.body().length;
    var full = full(request, fields.length, bytes);
    if (full.isPresent()) {
      return full.get();
    }
    lastNumber++;
    lastTurn++;
    statements.change(
        "insert into forward values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, null, null, null)",
        lastNumber,
        request.id(),
        request.origin(),
        request.site(),
        request.key(),
        request.fingerprint(),
        request.lane(),
        request.order(),
        lastTurn,
        request.method(),
        request.target(),
        bytes,
        request.accepted(),
        WAITING);
    statements.change(
        "insert into forward_request values (?, ?, ?)", lastNumber, fields, request.body());
    use(request.origin(), 1, bytes);
    return new Put.New(find(request.id()).orElseThrow());
  }

  private Optional<Put> full(Kept request, int fieldBytes, long bytes) {
    var ofOrigin = used.getOrDefault(request.origin(), Used.NOTHING);
    String why = null;
    if (request.body().length > limits.body()) {
      why = "of a request's body " + limits.body() + " bytes are kept";
    } else if (fieldBytes > ForwardLimits.MOST_FIELD_BYTES) {
      why = "of a request's header " + ForwardLimits.MOST_FIELD_BYTES + " bytes are kept";
    } else if (ofOrigin.requests() >= limits.originRequests()
        || ofOrigin.bytes() + bytes > limits.originBytes()) {
      why = "as much is kept for this origin as may be";
    } else if (all.requests() >= limits.requests() || all.bytes() + bytes > limits.bytes()) {
      why = "as much is kept as may be";
    }
    if (why != null) {
      return Optional.of(new Put.Full(why, false));
    }
    return freeBytes.getAsLong() < limits.reserve() + bytes
        ? Optional.of(new Put.Full("the disk is nearly full", true))
        : Optional.empty();
  }

  Optional<Forward> known(String origin, String key) throws SQLException {
    return one("select " + COLUMNS + "where f.origin = ? and f.idempotency_key = ?", origin, key);
  }

  Optional<Forward> find(UUID id) throws SQLException {
    return one("select " + COLUMNS + "where f.id = ?", id);
  }

  private Optional<Forward> one(String sql, Object... values) throws SQLException {
    try (var row = statements.rows(sql, values)) {
      return row.next() ? Optional.of(forward(row)) : Optional.empty();
    }
  }

  static Forward forward(ResultSet row) throws SQLException {
    byte[] fields = row.getBytes(16);
    var answer =
        fields == null
            ? null
            : new Forward.Answer(
                row.getInt(14), byName(fields(fields)), row.getLong(18), row.getBoolean(17));
    return new Forward(
        row.getObject(2, UUID.class),
        ForwardState.values()[row.getInt(10)],
        row.getLong(1),
        row.getString(3),
        row.getString(19),
        row.getString(7),
        row.getString(8),
        row.getString(4),
        row.getString(6),
        Hash.of(row.getBytes(5)),
        Instant.ofEpochMilli(row.getLong(9)),
        row.getInt(11),
        null,
        row.getString(12),
        instant(row, 13),
        answer);
  }

  static Headers fields(byte[] lines) throws SQLException {
    try {
      return FieldLines.read(lines);
    } catch (IllegalArgumentException e) {
      throw new SQLException(e.getMessage(), e);
    }
  }

  private static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
    long millis = row.getLong(column);
    return row.wasNull() ? null : Instant.ofEpochMilli(millis);
  }

  private static Map<String, List<String>> byName(Headers headers) {
    var byName = new LinkedHashMap<String, List<String>>();
    for (var field : headers.fields()) {
      byName.computeIfAbsent(field.name(), _ -> new ArrayList<>()).add(field.value());
    }
    return byName;
  }

  /** All that are to be delivered, in their turn. */
  List<Waiting> waiting() throws SQLException {
    var waiting = new ArrayList<Waiting>();
    try (var row =
        statements.rows(
            "select number, origin, site, lane, attempts, errors, unanswered from forward where state = ? order by state, turn",
            WAITING)) {
      while (row.next()) {
        waiting.add(waiting(row));
      }
    }
    return waiting;
  }

  private static Waiting waiting(ResultSet row) throws SQLException {
    return new Waiting(
        row.getLong(1),
        row.getString(2),
        row.getString(3),
        Hash.of(row.getBytes(4)),
        row.getInt(5),
        row.getInt(6),
        row.getInt(7));
  }

  /** Does nothing to a request that doesn't wait. */
  boolean settle(long number, Settlement settlement) throws SQLException {
    return switch (settlement) {
      case Settlement.Failed(int attempts, int errors, int unanswered, String why) ->
          statements.change(
                  "update forward set attempts = ?, errors = ?, unanswered = ?, error = ? where number = ? and state = ?",
                  attempts,
                  errors,
                  unanswered,
                  shortened(why),
                  number,
                  WAITING)
              > 0;
      case Settlement.Parked(int attempts, String why, Instant at) -> {
        boolean isParked =
            statements.change(
                    "update forward set state = ?, attempts = ?, error = ?, ended = ? where number = ? and state = ?",
                    PARKED,
                    attempts,
                    shortened(why),
                    at,
                    number,
                    WAITING)
                > 0;
        parked += isParked ? 1 : 0;
        yield isParked;
      }
      case Settlement.Done done -> done(number, done);
    };
  }

  private static String shortened(String text) {
    return text.substring(0, Math.min(text.length(), LONGEST_ERROR));
  }

  /** The request, with whatever it was authorised by, goes; the answer comes. */
  private boolean done(long number, Settlement.Done done) throws SQLException {
    var place = place("number = ? and state = ?", number, WAITING);
    if (place.isEmpty()) {
      return false;
    }
    byte[] fields = FieldLines.of(done.answer().headers());
    var answer = done.answer();
    byte[] body = isRoomFor(fields.length + answer.body().length) ? answer.body() : new byte[0];
    long bytes = (long) ForwardLimits.ROW_BYTES + fields.length + body.length;
    statements.change("delete from forward_request where number = ?", number);
    statements.change(
        "insert into forward_answer values (?, ?, ?, ?)",
        number,
        fields,
        body,
        answer.isWhole() && body.length == answer.body().length);
    statements.change(
        "update forward set state = ?, attempts = ?, error = null, ended = ?, status = ?, bytes = ? where number = ?",
        DONE,
        done.attempts(),
        done.at(),
        answer.status(),
        bytes,
        number);
    use(place.get().origin(), -1, -place.get().bytes());
    answers = answers.plus(1, bytes);
    sweep(done.at(), SWEEP_WITH_EACH);
    return true;
  }

  /** Where there is none the head of the answer is kept alone. */
  private boolean isRoomFor(int bytes) {
    long all = (long) ForwardLimits.ROW_BYTES + bytes;
    return all <= limits.answerBytes() && freeBytes.getAsLong() >= limits.reserve() + all;
  }

  private record Place(long number, String origin, int state, long bytes) {}

  private Optional<Place> place(String where, Object... values) throws SQLException {
    var places = places(where, values);
    return places.isEmpty() ? Optional.empty() : Optional.of(places.getFirst());
  }

  private List<Place> places(String where, Object... values) throws SQLException {
    var places = new ArrayList<Place>();
    try (var row =
        statements.rows(
            "select number, origin, state, bytes from forward where " + where, values)) {
      while (row.next()) {
        places.add(new Place(row.getLong(1), row.getString(2), row.getInt(3), row.getLong(4)));
      }
    }
    return places;
  }

  /** A parked one waits again, behind all others; empty where it isn't parked. */
  Optional<Waiting> retry(UUID id) throws SQLException {
    int changed =
        statements.change(
            "update forward set state = ?, turn = ?, errors = 0, unanswered = 0, ended = null where id = ? and state = ?",
            WAITING,
            lastTurn + 1,
            id,
            PARKED);
    if (changed == 0) {
      return Optional.empty();
    }
    lastTurn++;
    parked--;
    try (var row =
        statements.rows(
            "select number, origin, site, lane, attempts, errors, unanswered from forward where id = ?",
            id)) {
      row.next();
      return Optional.of(waiting(row));
    }
  }

  boolean remove(UUID id) throws SQLException {
    var place = place("id = ?", id);
    if (place.isPresent()) {
      remove(place.get());
    }
    return place.isPresent();
  }

  private void remove(Place place) throws SQLException {
    statements.change("delete from forward_request where number = ?", place.number());
    statements.change("delete from forward_answer where number = ?", place.number());
    statements.change("delete from forward where number = ?", place.number());
    if (place.state() == DONE) {
      answers = answers.plus(-1, -place.bytes());
    } else {
      use(place.origin(), -1, -place.bytes());
      parked -= place.state() == PARKED ? 1 : 0;
    }
  }

  /**
   * Removes answers that are old or too many, the oldest first.
   *
   * @return whether there may be more
   */
  boolean sweep(Instant now, int most) throws SQLException {
    int swept = 0;
    for (var place : places("state = ? order by state, ended, number limit ?", DONE, most)) {
      boolean isTooMuch =
          answers.requests() > limits.answers() || answers.bytes() > limits.answerBytes();
      if (!isTooMuch && !isOld(place, now)) {
        return false;
      }
      remove(place);
      swept++;
    }
    return swept == most;
  }

  private boolean isOld(Place place, Instant now) throws SQLException {
    return statements.number(
            "select count(*) from forward where number = ? and ended <= ?",
            place.number(),
            now.minus(limits.retention()))
        > 0;
  }

  @Override
  public void forced() {
    forced =
        new Totals(
            all.requests() - parked, parked, all.bytes(), answers.requests(), answers.bytes());
  }

  @Override
  public void rolledBack() throws SQLException {
    count();
  }

  /** As of the last force; any thread. */
  Totals totals() {
    return forced;
  }
}
