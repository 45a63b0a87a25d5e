package com.softadastra.sync.storage;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.space.Membership;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * What each member of a space last said to have on its disk, as it signed it. Shows only statements
 * that are forced here; any thread may ask, the recording thread writes.
 */
public final class Ledger {
  private record Key(SpaceId space, NodeId node) {}

  private final Map<Key, Known> statements = new ConcurrentHashMap<>();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

  /**
   * A statement that holds.
   *
   * @param via the node that passed it on; null where its maker told us itself
   */
  public record Known(Statement statement, Statement.Signed signed, @Nullable NodeId via) {
    private Key key() {
      return new Key(statement.space(), statement.by().node());
    }
  }

  Ledger() {}

  /** Called when more is known. */
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  public Optional<Known> by(SpaceId space, NodeId node) {
    return Optional.ofNullable(statements.get(new Key(space, node)));
  }

  public boolean covers(SpaceId space, NodeId node, Dot dot) {
    var known = statements.get(new Key(space, node));
    return known != null && known.statement().covers(dot);
  }

  /** Whether this one would tell something new. */
  public boolean isNews(Statement statement) {
    var known = statements.get(new Key(statement.space(), statement.by().node()));
    return known == null || statement.laterThan(known.statement());
  }

  /** Whether some member other than this node and the author isn't known to have an entry. */
  boolean owed(Membership membership, NodeId self, Dot dot) {
    for (var member : membership.members()) {
      if (!member.node().equals(self)
          && !member.node().equals(dot.replica().node())
          && !covers(membership.space(), member.node(), dot)) {
        return true;
      }
    }
    return false;
  }

  /** The latest of each member's statements, where it is later than what is known. */
  List<Known> newest(Collection<Known> notes) {
    var newest = new LinkedHashMap<Key, Known>();
    for (var note : notes) {
      if (isNews(note.statement())) {
        newest.merge(note.key(), note, (a, b) -> b.statement().laterThan(a.statement()) ? b : a);
      }
    }
    return List.copyOf(newest.values());
  }

  void publish(Collection<Known> forced) {
    if (!forced.isEmpty()) {
      forced.forEach(known -> statements.put(known.key(), known));
      listeners.forEach(Runnable::run);
    }
  }

  static void put(Collection<Known> kept, PreparedStatement merge, Numbers numbers)
      throws SQLException {
    for (var known : kept) {
      var via = known.via();
      merge.setInt(1, numbers.space(known.statement().space()));
      merge.setBytes(2, known.statement().by().node().hash().bytes());
      merge.setBytes(3, known.signed().bytes());
      merge.setBytes(4, known.signed().signature());
      merge.setString(5, via == null ? null : via.toString());
      merge.executeUpdate();
    }
  }

  void recover(Connection connection, Numbers numbers) throws SQLException {
    try (var select = connection.createStatement();
        var row = select.executeQuery("select statement, signature, via from statement")) {
      while (row.next()) {
        var signed = new Statement.Signed(row.getBytes(1), row.getBytes(2));
        var via = row.getString(3);
        var known =
            new Known(
                Statement.decode(signed.bytes()), signed, via == null ? null : NodeId.parse(via));
        statements.put(known.key(), known);
      }
    }
  }

  /** Deletes the rows at the front of a space's outbox that are owed to nobody any more. */
  int discharge(
      Connection connection, Numbers numbers, Membership membership, NodeId self, int most)
      throws SQLException {
    var gone = new ArrayList<Long>();
    try (var select =
        connection.prepareStatement(
            "select position, replica_no, sequence from outbox where space_no = ? order by position limit ?")) {
      select.setInt(1, numbers.space(membership.space()));
      select.setInt(2, most);
      try (var row = select.executeQuery()) {
        while (row.next()
            && !owed(membership, self, new Dot(numbers.replica(row.getInt(2)), row.getLong(3)))) {
          gone.add(row.getLong(1));
        }
      }
    }
    if (!gone.isEmpty()) {
      try (var delete =
          connection.prepareStatement("delete from outbox where space_no = ? and position <= ?")) {
        delete.setInt(1, numbers.space(membership.space()));
        delete.setLong(2, gone.getLast());
        delete.executeUpdate();
      }
    }
    return gone.size();
  }
}
