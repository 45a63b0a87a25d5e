package com.softadastra.engine.log;

import com.softadastra.contracts.documents.Priority;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a user asked for, as an entry carries it.
 *
 * @param id unique in its space
 * @param command null where no app logic made it
 */
public record Intent(
    String id,
    @Nullable String actor,
    Priority priority,
    @Nullable Command command,
    List<Operation> operations) {
  public Intent {
    operations = List.copyOf(operations);
  }

  /** The function that made it, where one did. */
  public Optional<String> function() {
    return command == null ? Optional.empty() : command.function();
  }
}
