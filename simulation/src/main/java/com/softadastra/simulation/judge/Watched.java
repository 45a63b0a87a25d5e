package com.softadastra.simulation.judge;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.sync.storage.Journal;
import com.softadastra.sync.storage.Recording;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A node as it is seen. */
final class Watched {
  final String name;
  final NodeId id;
  Shadow shadow = new Shadow();
  @Nullable Journal journal;
  @Nullable Rows rows;
  @Nullable Recording recording;
  @Nullable Claims claims;
  @Nullable Replica life;
  boolean tells;
  long lostAt;

  /** How far its log was forced when it was told last that it is. */
  long forced;

  final Map<Evidence.Place, Statement> heard = new HashMap<>();
  final List<Answered> answered = new ArrayList<>();

  /** Documents that could not be read when they were looked at last. */
  final Set<DocumentKey> unread = new LinkedHashSet<>();

  Watched(String name, NodeId id) {
    this.name = name;
    this.id = id;
  }

  /** An entry by which it has answered an intent. */
  record Answered(SpaceId space, long position, Hash hash) {}
}
