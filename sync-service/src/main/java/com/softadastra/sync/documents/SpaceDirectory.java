package com.softadastra.sync.documents;

import com.softadastra.contracts.SpaceId;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.transaction.support.TransactionTemplate;

/** The local names of spaces as they are kept. */
public final class SpaceDirectory {
  private final SpaceRepository repository;
  private final TransactionTemplate transaction;

  SpaceDirectory(SpaceRepository repository, TransactionTemplate transaction) {
    this.repository = repository;
    this.transaction = transaction;
  }

  Map<String, SpaceId> all() {
    var spaces = new TreeMap<String, SpaceId>();
    repository.findAll().forEach(space -> spaces.put(space.name(), space.id()));
    return spaces;
  }

  /** Runs on the recording thread. */
  void rename(String name, String other) {
    transaction.executeWithoutResult(_ -> repository.ofName(name).orElseThrow().rename(other));
  }
}
