package com.softadastra.engine.log;

import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  /** What an intent has for its command that a function of the application's own has made. */
  public static String commandOf(String function) {
    return Json.object(Map.of("function", new Json.Str(function))).canonical();
  }

  /** The function that made it, where one did. */
  public Optional<String> function() {
    if (command == null) {
      return Optional.empty();
    }
    try {
      var object = JsonReader.object(command.getBytes(StandardCharsets.UTF_8));
      return object.get("function") instanceof Json.Str(var name)
          ? Optional.of(name)
          : Optional.empty();
    } catch (JsonReader.MalformedJson e) {
      return Optional.empty();
    }
  }
}
