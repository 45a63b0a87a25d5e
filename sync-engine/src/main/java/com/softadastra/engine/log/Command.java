package com.softadastra.engine.log;

import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/** The command and input of the app logic that made an intent. */
public final class Command {
  private final String text;
  private final Optional<String> function;

  /**
   * @param text canonical JSON; anything else was made by no function
   */
  public Command(String text) {
    this.text = text;
    this.function = function(text);
  }

  /** What a function of the application's own has made. */
  public static Command ofFunction(String name) {
    return new Command(Json.object(Map.of("function", new Json.Str(name))).canonical());
  }

  // it is asked for with each fold, and read once with the entry
  private static Optional<String> function(String text) {
    boolean plain = text.indexOf('\\') < 0;
    if (plain && !text.contains("\"function\"")) {
      return Optional.empty();
    }
    try {
      var object = JsonReader.object(text.getBytes(StandardCharsets.UTF_8));
      return object.get("function") instanceof Json.Str(var name)
          ? Optional.of(name)
          : Optional.empty();
    } catch (JsonReader.MalformedJson e) {
      return Optional.empty();
    }
  }

  /** As an entry carries it. */
  public String text() {
    return text;
  }

  /** The function that made the intent, where one did. */
  public Optional<String> function() {
    return function;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Command command && text.equals(command.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
