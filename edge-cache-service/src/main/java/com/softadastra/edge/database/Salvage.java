package com.softadastra.edge.database;

import com.softadastra.edge.database.EdgeDatabase.Repair;
import com.softadastra.guard.DatabaseRefusedException;
import com.softadastra.guard.EmbeddedDatabase;
import com.softadastra.guard.GuardFileSystem;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.h2.engine.SessionLocal;
import org.h2.jdbc.JdbcConnection;
import org.h2.jdbcx.JdbcDataSource;
import org.h2.mvstore.MVStoreException;
import org.h2.mvstore.Page;
import org.h2.store.fs.FilePath;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts a database that has all that can be read of a damaged one in its place.
 *
 * <pre>
 * NAME-salvaged     made anew; what can be read is copied, and repaired; closed: all of it is forced
 * NAME              deleted, which says that the other is whole
 * NAME-salvaged     takes its name
 * </pre>
 *
 * A start that finds only the other goes on there; one that finds both begins again.
 */
final class Salvage {
  private static final Logger LOG = LoggerFactory.getLogger(Salvage.class);
  private static final String FILE = ".mv.db";

  /** Without a thread of H2's, which would read on its own, and move what is read here. */
  private static final String READING =
      ";IFEXISTS=TRUE;WRITE_DELAY=0;MAX_COMPACT_TIME=0;DB_CLOSE_ON_EXIT=FALSE;TRACE_LEVEL_FILE=0";

  private final String files;
  private final String salvaged;
  private final GuardFileSystem guard;
  private final Damage damage;
  private final Repair repair;

  /**
   * The rows of one page.
   *
   * @param first its own number of H2's
   */
  private record Rows(long first, int count) {}

  Salvage(String files, GuardFileSystem guard, Damage damage, Repair repair) {
    this.files = files;
    salvaged = files + "-salvaged";
    this.guard = guard;
    this.damage = damage;
    this.repair = repair;
  }

  private FilePath file(String of) {
    return FilePath.get(guard.getScheme() + ":" + of + FILE);
  }

  /** Ends what a stop has cut off. */
  void finish() throws IOException {
    if (file(files).exists()) {
      // what belongs to it may be there without it
      file(salvaged).delete();
    } else if (file(salvaged).exists()) {
      replace();
    }
  }

  private void replace() throws IOException {
    file(files).delete();
    GuardFileSystem.forceDirectoryOf(FilePath.get(files + FILE));
    file(salvaged).moveTo(file(files), false);
    GuardFileSystem.forceDirectoryOf(FilePath.get(files + FILE));
  }

  /**
   * @throws DatabaseFailure with a sentence for an operator; nothing is lost by it
   */
  void copy() throws IOException {
    LOG.warn("{} is damaged: what can be read of it is copied", files);
    var from = new JdbcDataSource();
    from.setURL("jdbc:h2:" + guard.getScheme() + ":" + files + READING);
    from.setUser("sa");
    from.setPassword("");
    try (var source = from.getConnection();
        var to = EmbeddedDatabase.open(salvaged, guard, EdgeDatabase.SCHEMA)) {
      try {
        copy(source, to);
      } finally {
        execute(source, "shutdown immediately");
      }
    } catch (DatabaseRefusedException | SQLException | MVStoreException e) {
      file(salvaged).delete();
      throw new DatabaseFailure(
          "The database "
              + files
              + " is damaged, and what can be read of it can't be copied. Where this stays so, move"
              + " its folder away: mailboxes and kept requests begin anew, and senders bring again"
              + " what they brought here. The reason: "
              + e.getMessage(),
          e);
    }
    replace();
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private void copy(Connection source, EmbeddedDatabase to) throws SQLException {
    // before a first commit damage would end the opening
    EmbeddedDatabase.checkpoint(source);
    try (var target = to.connect()) {
      target.setAutoCommit(false);
      for (var table : tables(target)) {
        copy(table, source, target);
      }
      repair.on(target);
      target.commit();
      // a close that fails doesn't say so, and then the damaged one must stay
      EmbeddedDatabase.checkpoint(target);
    }
  }

  private static List<String> tables(Connection target) throws SQLException {
    var tables = new ArrayList<String>();
    try (var row =
        target.getMetaData().getTables(null, "PUBLIC", null, new String[] {"BASE TABLE"})) {
      while (row.next()) {
        // what Flyway remembers is there already, and has a name in small letters
        if (!row.getString(3).startsWith("flyway")) {
          tables.add(row.getString(3));
        }
      }
    }
    return tables;
  }

  private void copy(String table, Connection source, Connection target) throws SQLException {
    var columns = new ArrayList<String>();
    try (var row = target.getMetaData().getColumns(null, "PUBLIC", table, null)) {
      while (row.next()) {
        columns.add(row.getString(4));
      }
    }
    var names = String.join(", ", columns);
    var places = String.join(", ", Collections.nCopies(columns.size(), "?"));
    try (var select =
            source.prepareStatement(
                // a look for the end of a range would be one at the page after it
                "select "
                    + names
                    + " from "
                    + table
                    + " where _rowid_ >= ? order by _rowid_ limit ?");
        var insert =
            target.prepareStatement(
                "insert into " + table + " (" + names + ") values (" + places + ")")) {
      for (var rows : readable(source, table)) {
        select.setLong(1, rows.first());
        select.setInt(2, rows.count());
        try (var row = select.executeQuery()) {
          while (row.next()) {
            for (int i = 1; i <= columns.size(); i++) {
              insert.setObject(i, row.getObject(i));
            }
            insert.executeUpdate();
          }
        }
        target.commit();
      }
    }
  }

  private List<Rows> readable(Connection source, String table) throws SQLException {
    var session = (SessionLocal) source.unwrap(JdbcConnection.class).getSession();
    var database = session.getDatabase();
    int id = database.getMainSchema().getTableOrView(session, table).getId();
    var found = new ArrayList<Rows>();
    int lost = find(database.getStore().getMvStore().openMap("table." + id).getRootPage(), found);
    if (lost > 0) {
      LOG.error("{} pages of {} can't be read, and what was in them is gone", lost, table);
    }
    return found;
  }

  /**
   * @return how many pages can't be read
   */
  private int find(Page<?, ?> page, List<Rows> found) {
    int keys = page.getKeyCount();
    if (page.isLeaf()) {
      if (keys > 0) {
        found.add(new Rows((Long) page.getKey(0), keys));
      }
      return 0;
    }
    int lost = 0;
    for (int i = 0; i <= keys; i++) {
      Page<?, ?> child;
      long before = damage.reads();
      try {
        child = page.getChildPage(i);
      } catch (MVStoreException e) {
        if (damage.reads() == before) {
          // it may be there another time
          throw e;
        }
        lost++;
        continue;
      }
      lost += find(child, found);
    }
    return lost;
  }
}
