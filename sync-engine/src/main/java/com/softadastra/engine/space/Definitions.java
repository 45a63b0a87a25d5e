package com.softadastra.engine.space;

import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.document.Definition;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.DefinitionName;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Operation;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The definitions of a space's collections, which are documents like any other. */
public final class Definitions {
  private Definitions() {}

  /** The document that holds a collection's definitions. */
  public static DocumentKey key(SpaceId space, String collection) {
    return new DocumentKey(space, Operation.DEFINITIONS, collection);
  }

  /** What a collection is declared to be now: of all heads the greatest generation, then hash. */
  public static Definition current(SpaceId space, String collection, Reads reads) {
    return Operation.isReserved(collection)
        ? Definition.UNDECLARED
        : current(reads.document(key(space, collection)));
  }

  /** The same by the document that holds them. */
  public static Definition current(@Nullable DocumentState definitions) {
    if (definitions == null) {
      return Definition.UNDECLARED;
    }
    return definitions.heads().stream()
        .flatMap(head -> Optional.ofNullable(head.body()).stream())
        .flatMap(body -> Definition.of(body).stream())
        .max(Comparator.comparing(Definition::name))
        .orElse(Definition.UNDECLARED);
  }

  /** What an operation says that its collection is declared to be; nothing where it isn't known. */
  static Definition of(Operation operation, SpaceId space, Reads reads) {
    return named(space, operation.collection(), operation.definition(), reads)
        .orElse(Definition.UNDECLARED);
  }

  /**
   * The definition that an operation names, whether or not its own entry has effect; empty where it
   * isn't known.
   */
  static Optional<Definition> named(
      SpaceId space, String collection, @Nullable DefinitionName name, Reads reads) {
    if (name == null) {
      return Optional.of(Definition.UNDECLARED);
    }
    var state = reads.document(key(space, collection));
    if (state == null) {
      return Optional.empty();
    }
    var current = current(state);
    if (name.equals(current.name())) {
      return Optional.of(current);
    }
    return find(state, reads, each -> name.equals(each.name()));
  }

  /** Whether labels decide under any definition that a collection had here. */
  static boolean ranked(SpaceId space, String collection, Reads reads) {
    var state = reads.document(key(space, collection));
    return state != null && find(state, reads, Definition::ranks).isPresent();
  }

  /** Whether a function decides under any definition that a collection had here. */
  public static boolean called(SpaceId space, String collection, Reads reads) {
    var state = reads.document(key(space, collection));
    return state != null && find(state, reads, Definition::calls).isPresent();
  }

  /** The newest here of all definitions of which something holds. */
  private static Optional<Definition> find(
      DocumentState definitions, Reads reads, Predicate<Definition> holds) {
    long position = definitions.lastPosition();
    while (position > 0) {
      var logged = reads.entry(position);
      int index = DocumentUpdate.index(logged, definitions.key());
      if (logged.entry().operations().get(index).change() instanceof Change.Put(var body)) {
        var definition = Definition.of(body).filter(holds);
        if (definition.isPresent()) {
          return definition;
        }
      }
      position = logged.previous().get(index);
    }
    return Optional.empty();
  }
}
