package com.softadastra.node;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A command's arguments, sorted out: {@code --name value} and {@code --name=value} are the same.
 *
 * @param words what is not an option, in order
 * @param options values by the option's name, without dashes
 * @param flags options that take no value
 * @param settings what begins with {@code --softadastra.}, by its name without dashes
 */
record CommandLine(
    List<String> words,
    Map<String, String> options,
    Set<String> flags,
    Map<String, String> settings) {
  private static final String SETTING = "--softadastra.";

  /**
   * What a command takes.
   *
   * @param words how many words it needs, by what they are called
   */
  record Form(
      String command,
      List<String> words,
      Set<String> options,
      Set<String> flags,
      boolean takesSettings) {}

  Optional<String> option(String name) {
    return Optional.ofNullable(options.get(name));
  }

  /**
   * @throws UsageMistake where an argument doesn't fit the form
   */
  static CommandLine parse(Form form, List<String> arguments) throws UsageMistake {
    var words = new ArrayList<String>();
    var options = new LinkedHashMap<String, String>();
    var flags = new LinkedHashSet<String>();
    var settings = new LinkedHashMap<String, String>();
    for (var rest = arguments.iterator(); rest.hasNext(); ) {
      String argument = rest.next();
      if (!argument.startsWith("--")) {
        words.add(argument);
        continue;
      }
      int equals = argument.indexOf('=');
      String name = argument.substring(2, equals < 0 ? argument.length() : equals);
      if (form.takesSettings() && argument.startsWith(SETTING)) {
        if (equals < 0) {
          throw new UsageMistake("--" + name + " needs a value: --" + name + "=value.");
        }
        settings.put(name, argument.substring(equals + 1));
      } else if (form.flags().contains(name) && equals < 0) {
        flags.add(name);
      } else if (form.options().contains(name)) {
        if (equals < 0 && !rest.hasNext()) {
          throw new UsageMistake("--" + name + " needs a value.");
        }
        options.put(name, equals < 0 ? rest.next() : argument.substring(equals + 1));
      } else {
        throw new UsageMistake(
            "The command %s has no option --%s; see: softadastra help."
                .formatted(form.command(), name));
      }
    }
    if (words.size() < form.words().size()) {
      throw new UsageMistake(
          "The command %s needs %s; see: softadastra help."
              .formatted(form.command(), form.words().get(words.size())));
    }
    if (words.size() > form.words().size()) {
      throw new UsageMistake(
          "The command %s can't use \"%s\"; see: softadastra help."
              .formatted(form.command(), words.get(form.words().size())));
    }
    return new CommandLine(words, options, flags, settings);
  }
}
