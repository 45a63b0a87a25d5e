package com.softadastra.sync.storage;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.cbor.CborReader;
import com.softadastra.engine.cbor.CborWriter;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.IntentIds;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Standing;
import com.softadastra.engine.space.Reads;
import com.softadastra.engine.space.ReceivedEntry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.LongPredicate;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads rows over one connection and checks every checksum. Used by one thread at a time. */
final class Rows implements Reads, AutoCloseable {
  /** A chain's entries get a mark at every multiple of this, plus one; a branch's first has one. */
  static final int MARK_EVERY = 64;

  private static final int NAMES_AT_ONCE = 1000;

  static final String ENTRY_COLUMNS =
      "position, space_no, replica_no, sequence, standing, recorded_at, previous, signature, entry, crc";

  private final Connection connection;
  private final Numbers numbers;
  private final PreparedStatement document;
  private final PreparedStatement entry;
  private final PreparedStatement entriesFrom;
  private final PreparedStatement ofSpace;
  private final PreparedStatement mark;
  private final PreparedStatement nextMark;
  private final PreparedStatement listed;
  private final PreparedStatement writtenDown;
  private final PreparedStatement ofChain;
  private final PreparedStatement intent;
  // by chain, a sequence beyond which it had nothing when it was last written to
  private final Map<ChainNo, Long> ends = new HashMap<>();

  private record ChainNo(int space, int replica) {}

  Rows(Connection connection, Numbers numbers) throws SQLException {
    this.connection = connection;
    this.numbers = numbers;
    document =
        connection.prepareStatement(
            "select document_no, live, state, crc from document where collection_no = ? and id = ?");
    entry = connection.prepareStatement("select " + ENTRY_COLUMNS + " from wal where position = ?");
    entriesFrom =
        connection.prepareStatement(
            "select " + ENTRY_COLUMNS + " from wal where position >= ? order by position limit ?");
    ofSpace =
        connection.prepareStatement(
            "select "
                + ENTRY_COLUMNS
                + " from wal where position > ? and position <= ? and space_no = ? order by position");
    mark =
        connection.prepareStatement(
            "select position from wal_mark where space_no = ? and replica_no = ? and sequence > ? and sequence <= ?"
                + " order by space_no desc, replica_no desc, sequence desc limit 1");
    nextMark =
        connection.prepareStatement(
            "select position from wal_mark where space_no = ? and replica_no = ? and sequence > ?"
                + " order by space_no, replica_no, sequence limit 1");
    listed =
        connection.prepareStatement(
            "select position, space_no, replica_no, sequence, octet_length(entry), recorded_at from wal"
                + " where position > ? and position <= ? order by position limit ?");
    writtenDown =
        connection.prepareStatement(
            "select n.chains_position, c.sequence, c.position from node n"
                + " left join chain c on c.space_no = ? and c.replica_no = ?");
    ofChain =
        connection.prepareStatement(
            "select "
                + ENTRY_COLUMNS
                + " from wal where position >= ? and position <= ? and space_no = ? and replica_no = ? and sequence >= ?"
                + " order by position limit ?");
    intent =
        connection.prepareStatement("select space_no, id, position from intent where slot = ?");
  }

  @Override
  public void close() throws SQLException {
    document.close();
    entry.close();
    entriesFrom.close();
    ofSpace.close();
    mark.close();
    nextMark.close();
    listed.close();
    writtenDown.close();
    ofChain.close();
    intent.close();
  }

  /** A document's row. */
  record DocumentRow(long documentNo, DocumentState state) {}

  @Nullable DocumentRow documentRow(DocumentKey key) {
    return asked("reading a document failed", () -> Optional.ofNullable(selectDocument(key)))
        .orElse(null);
  }

  @Override
  public @Nullable DocumentState document(DocumentKey key) {
    var row = documentRow(key);
    return row == null ? null : row.state();
  }

  @Override
  public LoggedEntry entry(long position) {
    return asked("reading the log failed", () -> selectEntry(position))
        .orElseThrow(
            () -> new StorageException("the log has nothing at position " + position, null));
  }

  /** Entries from a position on, of all spaces, in the order of the log. */
  List<LoggedEntry> from(long position, int limit) {
    return asked("reading the log failed", () -> selectFrom(position, limit));
  }

  /** Found by reading on from the mark before it. */
  @Override
  public Optional<LoggedEntry> find(SpaceId space, Replica chain, long sequence) {
    return asked("reading the log failed", () -> selectEntry(space, chain, sequence));
  }

  @Override
  public List<LoggedEntry> run(SpaceId space, Replica chain, long from) {
    return asked("reading the log failed", () -> ofChain(space, chain, from, Integer.MAX_VALUE));
  }

  @Override
  public List<LoggedEntry> intents(SpaceId space, String id) {
    return asked("looking for an intent failed", () -> selectIntents(space, id));
  }

  /** The same where no slot has the intent. */
  List<LoggedEntry> ledIntents(SpaceId space, String id) {
    return asked("looking for an intent failed", () -> led(space, id)).stream().toList();
  }

  /** Names all slots at which {@link #intents} looks and finds something. */
  void forEachIntent(LongConsumer taker) {
    asked(
        "reading the intents' slots failed",
        () -> {
          try (var select = connection.createStatement();
              var row = select.executeQuery("select slot from intent")) {
            while (row.next()) {
              taker.accept(row.getLong(1));
            }
          }
          return true;
        });
  }

  private interface Question<T> {
    T ask() throws SQLException;
  }

  private static <T> T asked(String failure, Question<T> question) {
    try {
      return question.ask();
    } catch (SQLException e) {
      throw new StorageException(failure, e);
    }
  }

  private @Nullable DocumentRow selectDocument(DocumentKey key) throws SQLException {
    var collection = numbers.collection(key.space(), key.collection());
    if (collection.isEmpty()) {
      return null;
    }
    document.setInt(1, collection.get());
    document.setString(2, key.id());
    try (var row = document.executeQuery()) {
      if (!row.next()) {
        return null;
      }
      byte[] state = row.getBytes(3);
      if (documentCrc(collection.get(), key.id(), row.getBoolean(2), state) != row.getInt(4)) {
        throw DamagedRow.ofDocument(key);
      }
      return new DocumentRow(row.getLong(1), StateCodec.decode(key, state));
    }
  }

  /**
   * @param row of the table {@code document}
   * @throws DamagedRow where the checksum doesn't match
   */
  void requireWhole(ResultSet row) throws SQLException {
    var id = row.getString("id");
    int collection = row.getInt("collection_no");
    if (documentCrc(collection, id, row.getBoolean("live"), row.getBytes("state"))
        != row.getInt("crc")) {
      throw DamagedRow.ofDocument(numbers.document(collection, id));
    }
  }

  /** Whether the checksum that a document's row has is that of a state. */
  boolean wasWritten(DocumentState state) {
    return asked("reading a document failed", () -> selectWasWritten(state));
  }

  private boolean selectWasWritten(DocumentState state) throws SQLException {
    var key = state.key();
    int collection = numbers.collection(key.space(), key.collection()).orElseThrow();
    document.setInt(1, collection);
    document.setString(2, key.id());
    try (var row = document.executeQuery()) {
      boolean live = state.exists() && !state.deleted();
      return row.next()
          && documentCrc(collection, key.id(), live, StateCodec.encode(state)) == row.getInt(4);
    }
  }

  /** The number of a document's row, whatever else the row says. */
  Optional<Long> documentNo(DocumentKey key) throws SQLException {
    document.setInt(1, numbers.collection(key.space(), key.collection()).orElseThrow());
    document.setString(2, key.id());
    try (var row = document.executeQuery()) {
      return row.next() ? Optional.of(row.getLong(1)) : Optional.empty();
    }
  }

  /** Names all documents that {@link #document} finds, from the index by which it does. */
  void forEachDocument(Consumer<DocumentKey> taker) {
    asked(
        "reading the documents' names failed",
        () -> {
          for (var collection : numbers.collections()) {
            forEachDocument(numbers.space(collection.spaceNo()), collection.name(), taker);
          }
          return true;
        });
  }

  private void forEachDocument(SpaceId space, String collection, Consumer<DocumentKey> taker)
      throws SQLException {
    try (var select =
        connection.prepareStatement(
            "select id from document use index (document_by_id) where collection_no = ? and id > ?"
                + " order by collection_no, id limit ?")) {
      select.setInt(1, numbers.collection(space, collection).orElseThrow());
      int found = NAMES_AT_ONCE;
      for (String last = ""; found == NAMES_AT_ONCE; ) {
        found = 0;
        select.setString(2, last);
        select.setInt(3, NAMES_AT_ONCE);
        try (var row = select.executeQuery()) {
          for (; row.next(); found++) {
            last = row.getString(1);
            taker.accept(new DocumentKey(space, collection, last));
          }
        }
      }
    }
  }

  @Override
  public Set<DocumentKey> disputed(SpaceId space) {
    return asked("looking for conflicts failed", () -> selectDisputed(space));
  }

  private Set<DocumentKey> selectDisputed(SpaceId space) throws SQLException {
    var disputed = new LinkedHashSet<DocumentKey>();
    try (var select =
        connection.prepareStatement(
            "select collection_no, document_id, change_no from conflict where space_no = ? and change_no > ?"
                + " order by change_no limit ?")) {
      select.setInt(1, numbers.space(space));
      int found = NAMES_AT_ONCE;
      for (long last = -1; found == NAMES_AT_ONCE; ) {
        found = 0;
        select.setLong(2, last);
        select.setInt(3, NAMES_AT_ONCE);
        try (var row = select.executeQuery()) {
          for (; row.next(); found++) {
            disputed.add(numbers.document(row.getInt(1), row.getString(2)));
            last = row.getLong(3);
          }
        }
      }
    }
    return disputed;
  }

  static int documentCrc(int collection, String id, boolean live, byte[] state) {
    return new Checksum().add(collection).add(id).add(live ? 1 : 0).add(state).value();
  }

  private Optional<LoggedEntry> selectEntry(long position) throws SQLException {
    entry.setLong(1, position);
    try (var row = entry.executeQuery()) {
      return row.next() ? Optional.of(logged(row)) : Optional.empty();
    }
  }

  /**
   * Reads the entries of a space after a position and up to another at once, and hands them on.
   *
   * @param leftOut positions at which nothing is read
   * @param taker says whether it takes more
   * @return whether it does in the end
   */
  boolean forEach(
      SpaceId space, long after, long last, LongPredicate leftOut, Predicate<LoggedEntry> taker)
      throws SQLException {
    ofSpace.setLong(1, after);
    ofSpace.setLong(2, last);
    ofSpace.setInt(3, numbers.space(space));
    try (var row = ofSpace.executeQuery()) {
      while (row.next()) {
        if (!leftOut.test(row.getLong(1)) && !taker.test(logged(row))) {
          return false;
        }
      }
    }
    return true;
  }

  private List<LoggedEntry> selectFrom(long position, int limit) throws SQLException {
    entriesFrom.setLong(1, position);
    entriesFrom.setInt(2, limit);
    var entries = new ArrayList<LoggedEntry>();
    try (var rows = entriesFrom.executeQuery()) {
      while (rows.next()) {
        entries.add(logged(rows));
      }
    } catch (DamagedRow e) {
      if (entries.isEmpty()) {
        throw e;
      }
    }
    return entries;
  }

  /** What a row says of where its entry belongs, whatever else is damaged; empty where it can't. */
  Optional<Journal.Place> place(long position) {
    return asked("reading the log failed", () -> selectPlace(position));
  }

  private Optional<Journal.Place> selectPlace(long position) throws SQLException {
    entry.setLong(1, position);
    try (var row = entry.executeQuery()) {
      if (!row.next()) {
        return Optional.empty();
      }
      var space = numbers.knownSpace(row.getInt(2));
      var chain = numbers.knownReplica(row.getInt(3));
      return space == null || chain == null
          ? Optional.empty()
          : Optional.of(new Journal.Place(space, new Dot(chain, row.getLong(4))));
    }
  }

  /**
   * A row with what was received, and the standing that its dead letter tells, where that is what
   * was written.
   */
  Optional<LoggedEntry> mended(
      long position, Journal.Place place, ReceivedEntry received, Standing standing) {
    return asked("reading the log failed", () -> selectMended(position, place, received, standing));
  }

  private Optional<LoggedEntry> selectMended(
      long position, Journal.Place place, ReceivedEntry received, Standing standing)
      throws SQLException {
    var chain = place.dot().replica();
    entry.setLong(1, position);
    try (var row = entry.executeQuery()) {
      if (!row.next()) {
        return Optional.empty();
      }
      var recordedAt = Instant.ofEpochMilli(row.getLong(6));
      byte[] previous = row.getBytes(7);
      List<Long> positions;
      try {
        positions = positions(previous);
      } catch (CborReader.Malformed _) {
        return Optional.empty();
      }
      var sent = received.at(position, chain, standing, recordedAt, positions);
      int crc = row.getInt(10);
      return Stream.of(sent.signed(row.getBytes(8)), sent)
          .filter(logged -> crc(logged, previous) == crc)
          .findFirst();
    }
  }

  private int crc(LoggedEntry logged, byte[] previous) {
    return entryCrc(
        logged.position(),
        numbers.space(logged.entry().space()),
        Objects.requireNonNull(numbers.replica(logged.chain())),
        logged.entry().sequence(),
        logged.standing().ordinal(),
        logged.recordedAt().toEpochMilli(),
        previous,
        logged.signature(),
        logged.bytes());
  }

  private Optional<LoggedEntry> selectEntry(SpaceId space, Replica chain, long sequence)
      throws SQLException {
    return ofChain(space, chain, sequence, 1).stream()
        .filter(logged -> logged.entry().sequence() == sequence)
        .findAny();
  }

  private List<LoggedEntry> ofChain(SpaceId space, Replica chain, long from, int limit)
      throws SQLException {
    var entries = new ArrayList<LoggedEntry>();
    Integer replicaNo = numbers.replica(chain);
    if (replicaNo == null) {
      return entries;
    }
    Long last = ends.get(new ChainNo(numbers.space(space), replicaNo));
    if (last != null && last < from) {
      return entries;
    }
    Long position = mark(space, replicaNo, from);
    if (position == null) {
      return entries;
    }
    var chainNo = new ChainNo(numbers.space(space), replicaNo);
    var end = writtenDown(chainNo);
    if (from <= end.sequence()) {
      ofChain(chainNo, from, position, end.position(), limit, entries);
    }
    if (entries.size() < limit) {
      long rest = Math.max(position, end.chainsPosition() + 1);
      ofChain(chainNo, from, rest, Long.MAX_VALUE, limit - entries.size(), entries);
    }
    return entries;
  }

  /** How far a chain had come when all were written down; what came since is behind that. */
  private record End(long chainsPosition, long sequence, long position) {}

  private End writtenDown(ChainNo chain) throws SQLException {
    writtenDown.setInt(1, chain.space());
    writtenDown.setInt(2, chain.replica());
    try (var row = writtenDown.executeQuery()) {
      return row.next()
          ? new End(row.getLong(1), row.getLong(2), row.getLong(3))
          : new End(0, 0, 0);
    }
  }

  private void ofChain(
      ChainNo chain, long from, long first, long last, int limit, List<LoggedEntry> entries)
      throws SQLException {
    ofChain.setLong(1, first);
    ofChain.setLong(2, last);
    ofChain.setInt(3, chain.space());
    ofChain.setInt(4, chain.replica());
    ofChain.setLong(5, from);
    ofChain.setInt(6, limit);
    try (var row = ofChain.executeQuery()) {
      while (row.next()) {
        entries.add(logged(row));
      }
    }
  }

  /** The mark at or before an entry; a branch's first where the entry is before that. */
  private @Nullable Long mark(SpaceId space, int replicaNo, long sequence) throws SQLException {
    mark.setInt(1, numbers.space(space));
    mark.setInt(2, replicaNo);
    mark.setLong(3, sequence - MARK_EVERY);
    mark.setLong(4, sequence);
    try (var row = mark.executeQuery()) {
      if (row.next()) {
        return row.getLong(1);
      }
    }
    return markAfter(space, replicaNo, sequence);
  }

  private @Nullable Long markAfter(SpaceId space, int replicaNo, long sequence)
      throws SQLException {
    nextMark.setInt(1, numbers.space(space));
    nextMark.setInt(2, replicaNo);
    nextMark.setLong(3, sequence);
    try (var row = nextMark.executeQuery()) {
      return row.next() ? row.getLong(1) : null;
    }
  }

  /** From the mark before the first to the mark after the last. */
  Optional<Journal.Stretch> stretch(SpaceId space, Replica chain, long from, long to) {
    return asked("reading the log failed", () -> selectStretch(space, chain, from, to));
  }

  private Optional<Journal.Stretch> selectStretch(SpaceId space, Replica chain, long from, long to)
      throws SQLException {
    Integer replicaNo = numbers.replica(chain);
    Long first = replicaNo == null ? null : mark(space, replicaNo, from);
    if (replicaNo == null || first == null) {
      return Optional.empty();
    }
    Long last = markAfter(space, replicaNo, to);
    return Optional.of(new Journal.Stretch(first, last == null ? Long.MAX_VALUE : last));
  }

  Journal.OutboxRows outboxRows(long after, long last, int limit) {
    return asked("reading the log failed", () -> selectOutboxRows(after, last, limit));
  }

  private Journal.OutboxRows selectOutboxRows(long after, long last, int limit)
      throws SQLException {
    listed.setLong(1, after);
    listed.setLong(2, last);
    listed.setInt(3, limit);
    var found = new ArrayList<Journal.OutboxRow>();
    int seen = 0;
    long reached = after;
    try (var row = listed.executeQuery()) {
      for (; row.next(); seen++) {
        reached = row.getLong(1);
        var space = numbers.knownSpace(row.getInt(2));
        var chain = numbers.knownReplica(row.getInt(3));
        if (space != null && chain != null) {
          var dot = new Dot(chain, row.getLong(4));
          found.add(new Journal.OutboxRow(reached, space, dot, row.getInt(5), row.getLong(6)));
        }
      }
    }
    return new Journal.OutboxRows(found, seen, reached);
  }

  /** Tells that a commit put an entry into its chain. */
  void placed(LoggedEntry logged) {
    Integer replicaNo = numbers.replica(logged.chain());
    if (replicaNo != null) {
      ends.merge(
          new ChainNo(numbers.space(logged.entry().space()), replicaNo),
          logged.entry().sequence(),
          Math::max);
    }
  }

  private List<LoggedEntry> selectIntents(SpaceId space, String id) throws SQLException {
    var positions = new ArrayList<Long>();
    for (long slot = slot(space, id); ; slot++) {
      intent.setLong(1, slot);
      try (var row = intent.executeQuery()) {
        if (!row.next()) {
          break;
        }
        if (row.getInt(1) == numbers.space(space) && row.getString(2).equals(id)) {
          positions.add(row.getLong(3));
        }
      }
    }
    var entries = new ArrayList<LoggedEntry>();
    for (long position : positions) {
      entries.add(
          selectEntry(position)
              .filter(logged -> carries(logged, space, id))
              .orElseThrow(() -> DamagedRow.ofIntent(id)));
    }
    led(space, id).ifPresent(entries::add);
    return entries;
  }

  private static boolean carries(LoggedEntry logged, SpaceId space, String id) {
    var intent = logged.entry().intent();
    return intent != null && intent.id().equals(id) && logged.entry().space().equals(space);
  }

  /** The entry that a generated id leads to, if it is that intent's. */
  private Optional<LoggedEntry> led(SpaceId space, String id) throws SQLException {
    var place = IntentIds.place(id);
    if (place.isEmpty()) {
      return Optional.empty();
    }
    for (var chain : numbers.replicas()) {
      if (numbers.tag(chain).equals(place.get().tag())) {
        var found = selectEntry(space, chain, place.get().sequence());
        if (found.isPresent()
            && found.get().ledTo()
            && Objects.requireNonNull(found.get().entry().intent()).id().equals(id)) {
          return found;
        }
      }
    }
    return Optional.empty();
  }

  static long slot(SpaceId space, String id) {
    byte[] hash = Hash.sha256(space.hash().bytes(), id.getBytes(StandardCharsets.UTF_8)).bytes();
    return ByteBuffer.wrap(hash).getLong();
  }

  LoggedEntry logged(ResultSet row) throws SQLException {
    long position = row.getLong(1);
    byte[] previous = row.getBytes(7);
    byte[] signature = row.getBytes(8);
    byte[] bytes = row.getBytes(9);
    int crc =
        entryCrc(
            position,
            row.getInt(2),
            row.getInt(3),
            row.getLong(4),
            row.getInt(5),
            row.getLong(6),
            previous,
            signature,
            bytes);
    if (crc != row.getInt(10)) {
      throw DamagedRow.ofLog(position);
    }
    return new LoggedEntry(
        position,
        numbers.replica(row.getInt(3)),
        EntryCodec.decodeKept(bytes),
        bytes,
        Hash.sha256(bytes),
        signature,
        Standing.values()[row.getInt(5)],
        Instant.ofEpochMilli(row.getLong(6)),
        positions(previous));
  }

  static int entryCrc(
      long position,
      int spaceNo,
      int replicaNo,
      long sequence,
      int standing,
      long recordedAt,
      byte[] previous,
      byte @Nullable [] signature,
      byte[] bytes) {
    return new Checksum()
        .add(position)
        .add(spaceNo)
        .add(replicaNo)
        .add(sequence)
        .add(standing)
        .add(recordedAt)
        .add(previous)
        .add(signature)
        .add(bytes)
        .value();
  }

  static byte[] positions(List<Long> positions) {
    var out = new CborWriter(16 + positions.size() * 9).array(positions.size());
    positions.forEach(out::unsigned);
    return out.toByteArray();
  }

  private static List<Long> positions(byte[] bytes) {
    var in = new CborReader(bytes);
    int count = in.array(0, 1000);
    var positions = new ArrayList<Long>(count);
    for (int i = 0; i < count; i++) {
      positions.add(in.unsigned());
    }
    in.end();
    return positions;
  }
}
