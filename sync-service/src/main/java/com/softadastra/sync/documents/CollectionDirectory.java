package com.softadastra.sync.documents;

import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.CollectionDefinition;
import com.softadastra.contracts.documents.CollectionSummary;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.engine.document.Definition;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.space.Definitions;
import com.softadastra.sync.storage.Storage;
import java.sql.SQLException;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The collections of the spaces: those that were written to, and those that were declared. */
public final class CollectionDirectory {
  private final Storage storage;
  private final CollectionRepository repository;

  CollectionDirectory(Storage storage, CollectionRepository repository) {
    this.storage = storage;
    this.repository = repository;
  }

  List<CollectionSummary> list(SpaceId space) {
    int spaceNo = storage.readers().answer(reader -> reader.spaceNo(space));
    var names = new TreeSet<String>();
    repository.ofSpace(spaceNo).forEach(collection -> names.add(collection.name()));
    names.removeIf(Operation::isReserved);
    names.addAll(declared(space));
    return names.stream().map(name -> summary(name, definition(space, name))).toList();
  }

  private List<String> declared(SpaceId space) {
    return storage
        .readers()
        .answer(reader -> {
          var number = reader.collectionNo(space, Operation.DEFINITIONS);
          return number.isEmpty() ? List.<String>of() : ids(reader.connection(), number.get());
        });
  }

  private static List<String> ids(java.sql.Connection connection, int collectionNo)
      throws SQLException {
    var ids = new java.util.ArrayList<String>();
    try (var select =
        connection.prepareStatement("select id from document where collection_no = ? and live")) {
      select.setInt(1, collectionNo);
      try (var row = select.executeQuery()) {
        while (row.next()) {
          ids.add(row.getString(1));
        }
      }
    }
    return ids;
  }

  private Definition definition(SpaceId space, String name) {
    return storage.readers().answer(reader -> Definitions.current(space, name, reader));
  }

  /** The document that holds a collection's definitions, null where there is none. */
  @Nullable DocumentState definitions(SpaceId space, String name) {
    return storage
        .readers()
        .answer(
            reader -> java.util.Optional.ofNullable(reader.document(Definitions.key(space, name))))
        .filter(DocumentState::exists)
        .orElse(null);
  }

  static CollectionSummary summary(String name, Definition definition) {
    return definition.name() == null
        ? CollectionSummary.undeclared(name)
        : new CollectionSummary(
            name,
            definition.policyName(),
            true,
            definition.generation(),
            new TreeMap<>(definition.declared().fields()),
            definition.labels(),
            definition.resolver());
  }

  /**
   * The intent that declares a collection, on all definitions that are known.
   *
   * @param known the document that holds these, null where there is none
   */
  static IntentRequest declaration(
      String space,
      String collection,
      CollectionDefinition definition,
      @Nullable DocumentState known) {
    var condition =
        known == null
            ? new Condition(Condition.Kind.ABSENT, List.of())
            : new Condition(Condition.Kind.MATCH, List.of(known.version().toString()));
    var body = Definition.body(Definitions.current(known).generation() + 1, definition);
    var operation =
        new OperationRequest(
            OperationKind.PUT, Operation.DEFINITIONS, collection, body, null, condition);
    return new IntentRequest(space, null, null, Priority.NORMAL, List.of(operation));
  }
}
