package com.softadastra.sync.documents;

import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.CollectionSummary;
import com.softadastra.sync.storage.Storage;
import java.util.List;
import org.springframework.transaction.support.TransactionTemplate;

/** The collections of the spaces, as far as they are more than a name in an operation. */
public final class CollectionDirectory {
  private final Storage storage;
  private final CollectionRepository repository;
  private final TransactionTemplate transaction;

  CollectionDirectory(
      Storage storage, CollectionRepository repository, TransactionTemplate transaction) {
    this.storage = storage;
    this.repository = repository;
    this.transaction = transaction;
  }

  List<CollectionSummary> list(SpaceId space) {
    int spaceNo = storage.readers().read(reader -> reader.spaceNo(space));
    return repository.ofSpace(spaceNo).stream()
        .map(collection ->
            new CollectionSummary(collection.name(), collection.policy(), collection.declared()))
        .toList();
  }

  /**
   * Declares a collection with the policy {@code keep}. Runs on the recording thread, which alone
   * gives numbers.
   *
   * @return whether it was not declared before
   */
  boolean declare(SpaceId space, String name) {
    int spaceNo = storage.collection(space, name);
    return Boolean.TRUE.equals(
        transaction.execute(_ -> {
          var collection = repository.ofName(spaceNo, name).orElseThrow();
          boolean fresh = !collection.declared();
          collection.declare();
          return fresh;
        }));
  }
}
