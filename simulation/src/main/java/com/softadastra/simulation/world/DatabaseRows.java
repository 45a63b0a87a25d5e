package com.softadastra.simulation.world;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Standing;
import com.softadastra.simulation.judge.Rows;
import com.softadastra.sync.storage.Database;
import com.softadastra.sync.storage.Journal;
import com.softadastra.sync.storage.Readers;
import com.softadastra.sync.storage.StorageException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A journal in H2, whose other rows are read as they lie there. */
final class DatabaseRows extends ObservedJournal implements Rows {
  private final Database database;

  /** Takes over a row. */
  private interface Reading<T> {
    T read(ResultSet row) throws SQLException;
  }

  DatabaseRows(Database database, Journal real, Runnable beforeCommit, Runnable beforeRead) {
    super(real, beforeCommit, beforeRead);
    this.database = database;
  }

  @Override
  public List<Dot> outbox(SpaceId space) {
    return select(
        """
        select r.node, r.incarnation, o.sequence
        from outbox o join space s on s.space_no = o.space_no
        join replica r on r.replica_no = o.replica_no
        where s.id = ? order by o.position
        """,
        row ->
            new Dot(
                new Replica(new NodeId(Hash.of(row.getBytes(1))), Incarnation.of(row.getBytes(2))),
                row.getLong(3)),
        space.hash().bytes());
  }

  @Override
  public List<Noticed> conflicts(DocumentKey key) {
    return select(
        """
        select f.id, f.open, f.base, f.sides
        from conflict f join collection c on c.collection_no = f.collection_no
        join space s on s.space_no = c.space_no
        where s.id = ? and c.name = ? and f.document_id = ?
        """,
        row -> {
          byte[] base = row.getBytes(3);
          return new Noticed(
              Hash.of(row.getBytes(1)),
              row.getBoolean(2),
              base == null ? null : Hash.of(base),
              Set.copyOf(Readers.hashes(row.getBytes(4))));
        },
        key.space().hash().bytes(),
        key.collection(),
        key.id());
  }

  @Override
  public Map<Long, Standing> deadLetters() {
    var letters = new HashMap<Long, Standing>();
    select(
            "select position, standing from dead_letter",
            row -> Map.entry(row.getLong(1), Standing.values()[row.getInt(2)]))
        .forEach(letter -> letters.put(letter.getKey(), letter.getValue()));
    return letters;
  }

  @Override
  public LoggedEntry written(long position) {
    throw new IllegalStateException("a bit was not turned back by the guard, at " + position);
  }

  private <T> List<T> select(String sql, Reading<T> reading, Object... arguments) {
    var found = new ArrayList<T>();
    try (var connection = database.dataSource().getConnection();
        var select = connection.prepareStatement(sql)) {
      for (int i = 0; i < arguments.length; i++) {
        select.setObject(i + 1, arguments[i]);
      }
      try (var row = select.executeQuery()) {
        while (row.next()) {
          found.add(reading.read(row));
        }
      }
    } catch (SQLException e) {
      throw new StorageException("the rows can't be read", e);
    }
    return found;
  }
}
