package com.softadastra.sync.storage;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.IntentIds;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The short numbers by which rows name spaces, collections and replicas. Read by any thread; new
 * ones are given by the recording thread, in the transaction that first needs them.
 */
final class Numbers {
  private final Map<SpaceId, Integer> spaces = new ConcurrentHashMap<>();
  private final Map<Integer, SpaceId> spaceIds = new ConcurrentHashMap<>();
  private final Map<Collection, Integer> collections = new ConcurrentHashMap<>();
  private final Map<Integer, Collection> collectionNames = new ConcurrentHashMap<>();
  private final Map<Replica, Integer> replicas = new ConcurrentHashMap<>();
  private final Map<Integer, Replica> replicaIds = new ConcurrentHashMap<>();

  private final Map<Replica, String> tags = new ConcurrentHashMap<>();
  // how many this one gave; owned by the recording thread
  private int given;

  /** A collection's name in its space. */
  record Collection(int spaceNo, String name) {}

  Numbers(Connection connection) throws SQLException {
    try (var statement = connection.createStatement()) {
      var rows = statement.executeQuery("select space_no, id from space");
      while (rows.next()) {
        put(new SpaceId(Hash.of(rows.getBytes(2))), rows.getInt(1));
      }
      rows = statement.executeQuery("select collection_no, space_no, name from collection");
      while (rows.next()) {
        put(new Collection(rows.getInt(2), rows.getString(3)), rows.getInt(1));
      }
      rows = statement.executeQuery("select replica_no, node, incarnation from replica");
      while (rows.next()) {
        put(
            new Replica(new NodeId(Hash.of(rows.getBytes(2))), Incarnation.of(rows.getBytes(3))),
            rows.getInt(1));
      }
    }
  }

  int space(SpaceId id) {
    return Objects.requireNonNull(spaces.get(id), "unknown space");
  }

  SpaceId space(int number) {
    return Objects.requireNonNull(spaceIds.get(number));
  }

  @Nullable SpaceId knownSpace(int number) {
    return spaceIds.get(number);
  }

  @Nullable Replica knownReplica(int number) {
    return replicaIds.get(number);
  }

  DocumentKey document(int collectionNo, String id) {
    var collection = Objects.requireNonNull(collectionNames.get(collectionNo));
    return new DocumentKey(space(collection.spaceNo()), collection.name(), id);
  }

  void put(SpaceId id, int number) {
    spaces.put(id, number);
    spaceIds.put(number, id);
  }

  Optional<Integer> collection(SpaceId space, String name) {
    return Optional.ofNullable(collections.get(new Collection(space(space), name)));
  }

  String collectionName(int number) {
    return Objects.requireNonNull(collectionNames.get(number)).name();
  }

  java.util.Collection<Collection> collections() {
    return collections.keySet();
  }

  int collection(SpaceId space, String name, Connection connection) throws SQLException {
    var key = new Collection(space(space), name);
    Integer known = collections.get(key);
    if (known != null) {
      return known;
    }
    try (var insert =
        connection.prepareStatement(
            "insert into collection (space_no, name) values (?, ?)",
            Statement.RETURN_GENERATED_KEYS)) {
      insert.setInt(1, key.spaceNo());
      insert.setString(2, name);
      int number = generated(insert);
      given++;
      put(key, number);
      return number;
    }
  }

  java.util.Collection<Replica> replicas() {
    return replicas.keySet();
  }

  /** The part of a generated intent's id that stands for its replica. */
  String tag(Replica replica) {
    return tags.computeIfAbsent(replica, IntentIds::tag);
  }

  @Nullable Integer replica(Replica replica) {
    return replicas.get(replica);
  }

  Replica replica(int number) {
    return Objects.requireNonNull(replicaIds.get(number));
  }

  int replica(Replica replica, Connection connection) throws SQLException {
    Integer known = replicas.get(replica);
    if (known != null) {
      return known;
    }
    try (var insert =
        connection.prepareStatement(
            "insert into replica (node, incarnation) values (?, ?)",
            Statement.RETURN_GENERATED_KEYS)) {
      insert.setBytes(1, replica.node().hash().bytes());
      insert.setBytes(2, replica.incarnation().bytes());
      int number = generated(insert);
      given++;
      put(replica, number);
      return number;
    }
  }

  /** How many numbers were given, each with a row of its own. */
  int given() {
    return given;
  }

  static int generated(PreparedStatement insert) throws SQLException {
    insert.executeUpdate();
    try (var keys = insert.getGeneratedKeys()) {
      keys.next();
      return keys.getInt(1);
    }
  }

  private void put(Collection key, int number) {
    collections.put(key, number);
    collectionNames.put(number, key);
  }

  private void put(Replica replica, int number) {
    replicas.put(replica, number);
    replicaIds.put(number, replica);
  }
}
