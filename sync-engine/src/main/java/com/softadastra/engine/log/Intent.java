package com.softadastra.engine.log;

import com.softadastra.contracts.documents.Priority;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a user asked for, as an entry carries it.
 *
 * @param id unique in its space
 * @param command the command and input of the app logic that made it, as canonical JSON; null where
 *     there was none
 */
public record Intent(
    String id,
    @Nullable String actor,
    Priority priority,
    @Nullable String command,
    List<Operation> operations) {
  public Intent {
    operations = List.copyOf(operations);
  }
}
