package com.softadastra.sync.outbox;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.peering.PeerView;
import com.softadastra.sync.storage.Ledger;
import com.softadastra.sync.storage.Storage;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Looks through the rows of the outbox for what some member is not known to have. */
public final class Outbox {
  private final Storage storage;
  private final NodeId self;
  private final InstantSource clock;

  public Outbox(Storage storage, NodeId self, InstantSource clock) {
    this.storage = storage;
    this.self = self;
    this.clock = clock;
  }

  /**
   * A sum over entries.
   *
   * @param oldest null where there are none
   * @param lowWater the position before the first of them, or the end of the log
   */
  public record Sum(long entries, long bytes, @Nullable Instant oldest, long lowWater) {}

  /** A row: an entry of a space. */
  record Row(SpaceId space, Dot dot, int bytes, Instant recordedAt) {}

  /** What a peer is not known to have of the spaces that it belongs to and is not retired from. */
  public PeerView.Lag lag(NodeId peer) {
    var ledger = storage.recording().ledger();
    var spaces = spacesOf(peer);
    var sum = sum(row -> spaces.contains(row.space()) && !has(ledger, row, peer));
    var oldest = sum.oldest();
    var age = oldest == null ? Duration.ZERO : Duration.between(oldest, clock.instant());
    return new PeerView.Lag(sum.entries(), sum.bytes(), age.isNegative() ? Duration.ZERO : age);
  }

  /** What a peer is not known to have of one space. */
  Sum owed(SpaceId space, NodeId peer) {
    var ledger = storage.recording().ledger();
    return sum(row -> row.space().equals(space) && !has(ledger, row, peer));
  }

  /**
   * What no other active member is known to have; entries of a space without such members count
   * too.
   */
  public Sum risk() {
    var ledger = storage.recording().ledger();
    var recording = storage.recording();
    var single = new HashSet<SpaceId>();
    recording
        .views()
        .forEach((id, view) -> {
          if (view.membership().active().stream().allMatch(it -> it.node().equals(self))) {
            single.add(id);
          }
        });
    var alone =
        sum(row ->
            !single.contains(row.space())
                && recording
                    .view(row.space())
                    .map(view -> ledger.isAlone(view.membership(), self, row.dot()))
                    .orElse(true));
    long entries = alone.entries();
    long bytes = alone.bytes();
    var oldest = alone.oldest();
    for (var space : single) {
      var whole = whole(space);
      entries += whole.entries();
      bytes += whole.bytes();
      if (whole.oldest() != null && (oldest == null || whole.oldest().isBefore(oldest))) {
        oldest = whole.oldest();
      }
    }
    return new Sum(entries, bytes, oldest, alone.lowWater());
  }

  private static boolean has(Ledger ledger, Row row, NodeId member) {
    return ledger.has(row.space(), member, row.dot());
  }

  private Set<SpaceId> spacesOf(NodeId member) {
    var spaces = new HashSet<SpaceId>();
    storage
        .recording()
        .views()
        .forEach((id, view) -> {
          if (view.membership().isActive(member)) {
            spaces.add(id);
          }
        });
    return spaces;
  }

  private Sum sum(Predicate<Row> counts) {
    return storage
        .readers()
        .answer(reader -> {
          long entries = 0;
          long bytes = 0;
          Instant oldest = null;
          long lowWater = storage.recording().durable();
          try (var select = reader.connection().createStatement()) {
            select.setFetchSize(1000);
            try (var rows =
                select.executeQuery(
                    "select space_no, replica_no, sequence, bytes, recorded_at, position from outbox order by position")) {
              while (rows.next()) {
                Replica replica = reader.replica(rows.getInt(2));
                var row =
                    new Row(
                        reader.space(rows.getInt(1)),
                        new Dot(replica, rows.getLong(3)),
                        rows.getInt(4),
                        Instant.ofEpochMilli(rows.getLong(5)));
                if (counts.test(row)) {
                  entries++;
                  bytes += row.bytes();
                  if (oldest == null) {
                    oldest = row.recordedAt();
                    lowWater = rows.getLong(6) - 1;
                  }
                }
              }
            }
          }
          return new Sum(entries, bytes, oldest, lowWater);
        });
  }

  private Sum whole(SpaceId space) {
    return storage
        .readers()
        .answer(reader -> {
          try (var select =
              reader
                  .connection()
                  .prepareStatement(
                      "select count(*), coalesce(sum(octet_length(entry)), 0), min(recorded_at) from wal where space_no = ?")) {
            select.setInt(1, reader.spaceNo(space));
            try (var row = select.executeQuery()) {
              row.next();
              long oldest = row.getLong(3);
              return new Sum(
                  row.getLong(1),
                  row.getLong(2),
                  row.wasNull() ? null : Instant.ofEpochMilli(oldest),
                  0);
            }
          }
        });
  }
}
