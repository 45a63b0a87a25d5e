package com.softadastra.sync.storage;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.cbor.CborReader;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.space.Reads;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads beside the recording thread, each over a connection of its own. What they return may be
 * committed and not yet forced; who shows it waits for {@link Watermark} first.
 */
public final class Readers implements AutoCloseable {
  private static final int CONNECTIONS = 8;
  private static final int ENTRIES_AT_ONCE = 256;
  private static final int BYTES_AT_ONCE = 256 << 10;

  private static final Logger LOG = LoggerFactory.getLogger(Readers.class);

  private final Numbers numbers;
  private final BlockingQueue<Reader> idle = new ArrayBlockingQueue<>(CONNECTIONS);

  private volatile Consumer<DamagedRow> damage = _ -> {};

  /** Work on a reader; it must not keep it. */
  public interface Work<T> {
    T read(Reader reader) throws SQLException;
  }

  Readers(Database database, Numbers numbers) {
    this.numbers = numbers;
    try {
      for (int i = 0; i < CONNECTIONS; i++) {
        idle.add(new Reader(database.connect()));
      }
    } catch (SQLException e) {
      throw new StorageException("the database gives no connection for reading", e);
    }
  }

  public <T> T read(Work<T> work) {
    Reader reader;
    try {
      reader = idle.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException("interrupted while waiting to read", e);
    }
    try {
      return work.read(reader);
    } catch (SQLException e) {
      throw new StorageException("reading failed", e);
    } finally {
      idle.add(reader);
    }
  }

  /**
   * Reads for somebody who is told why where it fails.
   *
   * @throws Refused where what is read is damaged, or the disk doesn't give it
   */
  public <T> T answer(Work<T> work) {
    try {
      return read(work);
    } catch (DamagedRow row) {
      damage.accept(row);
      throw new Refused(ProblemCode.UNREADABLE, String.valueOf(row.getMessage()));
    } catch (StorageException e) {
      LOG.warn("a request can't be answered", e);
      throw new Refused(ProblemCode.UNREADABLE, "the disk doesn't give what this needs");
    }
  }

  /** Who is told of damaged rows. */
  void onDamage(Consumer<DamagedRow> listener) {
    damage = listener;
  }

  /** Versions from their column. */
  public static List<Hash> hashes(byte[] column) {
    var in = new CborReader(column);
    var hashes = StateCodec.hashes(in);
    in.end();
    return hashes;
  }

  @Override
  public void close() {
    for (var reader = idle.poll(); reader != null; reader = idle.poll()) {
      try {
        reader.connection.close();
      } catch (SQLException e) {
        throw new StorageException("a reading connection did not close", e);
      }
    }
  }

  /** One connection and what can be asked over it. */
  public final class Reader implements Reads {
    private final Connection connection;
    private final Rows rows;

    private Reader(Connection connection) throws SQLException {
      this.connection = connection;
      this.rows = new Rows(connection, numbers);
    }

    public Connection connection() {
      return connection;
    }

    public int spaceNo(SpaceId space) {
      return numbers.space(space);
    }

    public Optional<Integer> collectionNo(SpaceId space, String collection) {
      return numbers.collection(space, collection);
    }

    public String collectionName(int collectionNo) {
      return numbers.collectionName(collectionNo);
    }

    public SpaceId space(int spaceNo) {
      return numbers.space(spaceNo);
    }

    public Replica replica(int replicaNo) {
      return numbers.replica(replicaNo);
    }

    /** The collections of a space that have a number, so all that were ever written to. */
    public List<String> collections(SpaceId space) {
      int spaceNo = spaceNo(space);
      return numbers.collections().stream()
          .filter(collection -> collection.spaceNo() == spaceNo)
          .map(Numbers.Collection::name)
          .sorted()
          .toList();
    }

    /** A document from its columns. @throws DamagedRow where the checksum doesn't match */
    public DocumentState state(DocumentKey key, boolean live, byte[] state, int crc) {
      int collection = collectionNo(key.space(), key.collection()).orElseThrow();
      if (Rows.documentCrc(collection, key.id(), live, state) != crc) {
        throw DamagedRow.ofDocument(key);
      }
      return StateCodec.decode(key, state);
    }

    /** Tells of a damaged row that was met. */
    public void met(DamagedRow row) {
      damage.accept(row);
    }

    /** Compares the checksum of a row of the table {@code document}. */
    void requireWhole(ResultSet row) throws SQLException {
      rows.requireWhole(row);
    }

    @Override
    public @Nullable DocumentState document(DocumentKey key) {
      return rows.document(key);
    }

    @Override
    public LoggedEntry entry(long position) {
      return rows.entry(position);
    }

    @Override
    public List<LoggedEntry> intents(SpaceId space, String id) {
      return rows.intents(space, id);
    }

    @Override
    public Optional<LoggedEntry> find(SpaceId space, Replica chain, long sequence) {
      return rows.find(space, chain, sequence);
    }

    @Override
    public Set<DocumentKey> disputed(SpaceId space) {
      return rows.disputed(space);
    }

    @Override
    public List<LoggedEntry> run(SpaceId space, Replica chain, long from) {
      return rows.run(space, chain, from);
    }

    /** The entry at a position; empty where that is of another space, or the log has none. */
    public Optional<LoggedEntry> entry(SpaceId space, long position) throws SQLException {
      var found = new ArrayList<LoggedEntry>();
      forEachAfter(space, position - 1, position, found::add);
      return found.stream().findAny();
    }

    /**
     * Hands on the entries of a space after a position and up to the durable one, until the taker
     * has enough. So many are held at a time as have 256 KiB together, or one that is larger.
     *
     * @param taker says whether it takes more
     */
    public void forEachAfter(
        SpaceId space, long position, long durable, Predicate<LoggedEntry> taker)
        throws SQLException {
      forEachAfter(space, position, durable, _ -> false, taker);
    }

    /** Entries of a space after a position and up to the durable one. */
    List<LoggedEntry> signedRun(
        SpaceId space, long position, long durable, int bytes, LongPredicate leftOut)
        throws SQLException {
      var run = new SignedRun(bytes);
      forEachAfter(space, position, durable, leftOut, logged -> !run.add(logged));
      return run.entries();
    }

    private void forEachAfter(
        SpaceId space,
        long position,
        long durable,
        LongPredicate leftOut,
        Predicate<LoggedEntry> taker)
        throws SQLException {
      long from = position;
      int found;
      do {
        found = 0;
        // the database holds all rows of an answer, so a group of them is read at a time
        var groups = new ArrayList<Long>();
        long last = from;
        try (var select =
            connection.prepareStatement(
                "select position, octet_length(entry) from wal"
                    + " where position > ? and position <= ? and space_no = ?"
                    + " order by position limit ?")) {
          select.setLong(1, from);
          select.setLong(2, durable);
          select.setInt(3, spaceNo(space));
          select.setInt(4, ENTRIES_AT_ONCE);
          try (var row = select.executeQuery()) {
            for (int bytes = 0; row.next(); found++) {
              if (bytes + row.getInt(2) > BYTES_AT_ONCE && bytes > 0) {
                groups.add(last);
                bytes = 0;
              }
              bytes += row.getInt(2);
              last = row.getLong(1);
            }
          }
        }
        groups.add(last);
        for (long end : groups) {
          if (!rows.forEach(space, from, end, leftOut, taker)) {
            return;
          }
          from = end;
        }
      } while (found == ENTRIES_AT_ONCE);
    }
  }
}
