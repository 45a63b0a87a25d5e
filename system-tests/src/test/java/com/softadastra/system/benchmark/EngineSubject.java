package com.softadastra.system.benchmark;

import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.space.Membership;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;

/** The recording of a node without the node around it. */
final class EngineSubject implements Subject {
  private final EngineNode node;

  /** In a space that has a second member, which is away. */
  EngineSubject(Path directory) throws Exception {
    this(directory, EngineNode.key());
  }

  private EngineSubject(Path directory, NodeKey key) throws Exception {
    this(directory, key, EngineNode.membership(key, EngineNode.key()));
  }

  /** In a space of its own: nothing is owed to anybody. */
  static EngineSubject alone(Path directory) throws Exception {
    var key = EngineNode.key();
    return new EngineSubject(directory, key, EngineNode.membership(key));
  }

  EngineSubject(Path directory, NodeKey key, Membership membership) throws Exception {
    node = new EngineNode(directory, key, membership);
  }

  EngineNode node() {
    return node;
  }

  @Override
  public String name() {
    return "Softadastra, below HTTP";
  }

  @Override
  public List<Client> clients() {
    return Collections.nCopies(Load.MOST, node::write);
  }

  @Override
  public long bytes() {
    var storage = node.storage();
    var counters = storage.database().guard().counters();
    return storage.redoBytes() + counters.journalBytes() + counters.dataBytes();
  }

  /** What the other member has not got yet. */
  long backlog() {
    return node.storage()
        .readers()
        .answer(reader -> {
          try (var select = reader.connection().createStatement();
              var row = select.executeQuery("select count(*) from outbox")) {
            row.next();
            return row.getLong(1);
          }
        });
  }

  @Override
  public void close() {
    node.close();
  }
}
