package com.softadastra.edge.forward;

import com.softadastra.edge.database.EdgeDatabase;
import com.softadastra.edge.policy.Headers;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Kept requests in the edge's database. What it says of one is forced before, unless it says
 * otherwise. Any thread may use it.
 */
final class ForwardBook implements Delivery.Log {
  private final EdgeDatabase database;
  private final ForwardTables tables;

  /** A request as it goes on. */
  record Request(String method, String target, Headers headers, byte[] body) {}

  /** An answer's body, and its type or null. */
  record Body(byte[] bytes, Headers headers) {}

  ForwardBook(EdgeDatabase database, ForwardLimits limits, LongSupplier freeBytes) {
    this.database = database;
    tables = database.call(statements -> new ForwardTables(statements, limits, freeBytes));
    database.tell(tables);
  }

  void put(Kept request, CompletableFuture<ForwardTables.Put> forced) {
    database.submit(request.body().length, _ -> tables.put(request), forced);
  }

  @Override
  public void settle(long number, Settlement settlement, CompletableFuture<Boolean> forced) {
    int bytes = settlement instanceof Settlement.Done done ? done.answer().body().length : 0;
    database.submit(bytes, _ -> tables.settle(number, settlement), forced);
  }

  Optional<Forward> known(String origin, String key) {
    return database.call(_ -> tables.known(origin, key));
  }

  Optional<Forward> find(UUID id) {
    return database.call(_ -> tables.find(id));
  }

  List<Waiting> waiting() {
    return database.call(_ -> tables.waiting());
  }

  Optional<Waiting> retry(UUID id) {
    return database.call(_ -> tables.retry(id));
  }

  boolean remove(UUID id) {
    return database.call(_ -> tables.remove(id));
  }

  void sweep(Instant now, int most, CompletableFuture<Boolean> forced) {
    database.submit(0, _ -> tables.sweep(now, most), forced);
  }

  /** What is to be sent; empty where it is no more, or was never whole. */
  Optional<Request> request(long number) {
    return database.read(connection -> {
      try (var select =
          connection.prepareStatement(
              "select f.method, f.target, r.fields, r.body from forward f join forward_request r on r.number = f.number"
                  + " where f.number = ?")) {
        select.setLong(1, number);
        try (var row = select.executeQuery()) {
          return row.next()
              ? Optional.of(
                  new Request(
                      row.getString(1),
                      row.getString(2),
                      FieldLines.read(row.getBytes(3)),
                      row.getBytes(4)))
              : Optional.<Request>empty();
        }
      }
    });
  }

  /** Also of what isn't forced yet. */
  Optional<Body> answer(UUID id) {
    return database.read(connection -> {
      try (var select =
          connection.prepareStatement(
              "select a.body, a.fields from forward f join forward_answer a on a.number = f.number where f.id = ?")) {
        select.setObject(1, id);
        try (var row = select.executeQuery()) {
          return row.next()
              ? Optional.of(new Body(row.getBytes(1), ForwardTables.fields(row.getBytes(2))))
              : Optional.<Body>empty();
        }
      }
    });
  }

  /**
   * In the order in which they came; also what isn't forced yet.
   *
   * @param state null for any
   */
  List<Forward> page(long after, @Nullable ForwardState state, int most) {
    return database.read(connection -> {
      var page = new ArrayList<Forward>();
      String ofState = state == null ? "" : "and f.state = ? ";
      try (var select =
          connection.prepareStatement(
              "select "
                  + ForwardTables.COLUMNS
                  + "where f.number > ? "
                  + ofState
                  + "order by f.number limit ?")) {
        select.setLong(1, after);
        if (state != null) {
          select.setInt(2, state.ordinal());
        }
        select.setInt(state == null ? 2 : 3, most);
        try (var row = select.executeQuery()) {
          while (row.next()) {
            page.add(ForwardTables.forward(row));
          }
        }
      }
      return page;
    });
  }

  /** When the one was accepted that has waited longest by its turn. */
  Optional<Instant> oldest() {
    return database.read(connection -> {
      try (var select =
              connection.prepareStatement(
                  "select accepted from forward where state = 0 order by state, turn limit 1");
          var row = select.executeQuery()) {
        return row.next()
            ? Optional.of(Instant.ofEpochMilli(row.getLong(1)))
            : Optional.<Instant>empty();
      }
    });
  }

  ForwardTables.Totals totals() {
    return tables.totals();
  }
}
