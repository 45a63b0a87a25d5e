package com.softadastra.node;

import com.softadastra.node.process.Ports;
import com.softadastra.sync.identity.DataDirectory;
import com.softadastra.sync.storage.StorageException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What a node starts with. An option counts before the setting of the same meaning, that before the
 * environment variable, that before the default.
 *
 * @param port HTTP, 0 for any that is free
 * @param bind the address for HTTP
 * @param meshPort peers, 0 for any that is free
 * @param meshBind the address for peers
 * @param others further settings, by name
 */
record UpSettings(
    String name,
    Path data,
    int port,
    String bind,
    int meshPort,
    String meshBind,
    Map<String, String> others) {
  static final CommandLine.Form FORM =
      new CommandLine.Form(
          "up",
          List.of(),
          Set.of("name", "data", "port", "mesh-port", "bind"),
          Set.of("stop-with-input"),
          true);

  // It also names the directory, and stands in signed records.
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

  /**
   * @throws UsageMistake where a value is not of its form, or there is no such setting
   */
  static UpSettings of(CommandLine line, Map<String, String> environment) throws UsageMistake {
    var others = new LinkedHashMap<>(line.settings());
    if (!others.isEmpty()) {
      var known = new KnownSettings();
      for (var setting : others.keySet()) {
        known.require(setting);
      }
    }
    var sources = new Sources(line, others, environment);
    String name = sources.value("name", "softadastra.name").orElse("local");
    if (!NAME.matcher(name).matches()) {
      throw new UsageMistake(
          "--name is 1 to 63 letters, digits, dots, hyphens and underscores, a letter or digit"
              + " first, not \"%s\".".formatted(name));
    }
    var data =
        Path.of(sources.value("data", "softadastra.data").orElse(".softadastra/" + name))
            .toAbsolutePath()
            .normalize();
    if (data.toString().contains(";") || data.toString().contains("${")) {
      throw new UsageMistake(
          "--data can't lead through a name with ; or ${, which have a meaning of their own: "
              + data);
    }
    String port = sources.value("port", "server.port").orElse("8080");
    String meshPort = sources.value("mesh-port", "softadastra.mesh.port").orElse("7600");
    String bind = sources.value("bind", "server.address").orElse("127.0.0.1");
    return new UpSettings(
        name,
        data,
        Main.number("port", port, 0, 65_535),
        bind,
        Main.number("mesh-port", meshPort, 0, 65_535),
        sources.setting("softadastra.mesh.bind").orElse(bind),
        others);
  }

  /** Where one value may come from; a setting that is found is taken out of the others. */
  private record Sources(
      CommandLine line, Map<String, String> others, Map<String, String> environment) {
    Optional<String> value(String option, String property) {
      var setting = setting(property);
      return line.option(option).or(() -> setting);
    }

    Optional<String> setting(String property) {
      String variable = property.toUpperCase(Locale.ROOT).replace('.', '_').replace("-", "");
      return Optional.ofNullable(others.remove(property))
          .or(() -> Optional.ofNullable(environment.get(variable)));
    }
  }

  /** The same as Spring reads it. */
  String[] arguments() {
    var properties = new LinkedHashMap<String, String>();
    properties.put("softadastra.name", name);
    properties.put("softadastra.data", data.toString());
    properties.put("server.port", String.valueOf(port));
    properties.put("server.address", bind);
    properties.put("softadastra.mesh.port", String.valueOf(meshPort));
    properties.put("softadastra.mesh.bind", meshBind);
    properties.putAll(others);
    return properties.entrySet().stream()
        .map(each -> "--" + each.getKey() + "=" + each.getValue())
        .toArray(String[]::new);
  }

  /** Why a node can't start with these, in a sentence; creates the directory. */
  Optional<String> obstacle() {
    if (port != 0 && port == meshPort && bind.equals(meshBind)) {
      return Optional.of("HTTP and peers can't share port " + port + ".");
    }
    var taken = taken(bind, port, "--port").or(() -> taken(meshBind, meshPort, "--mesh-port"));
    if (taken.isPresent()) {
      return taken;
    }
    try {
      // Before anything is logged into a directory that another process has.
      DataDirectory.open(data).close();
    } catch (StorageException inUseOrUnwritable) {
      return Optional.ofNullable(inUseOrUnwritable.getMessage());
    }
    return Optional.empty();
  }

  private static Optional<String> taken(String bind, int port, String option) {
    try {
      if (port == 0 || Ports.isFree(InetAddress.getByName(bind), port)) {
        return Optional.empty();
      }
    } catch (UnknownHostException _) {
      return Optional.of("There is no address " + bind + " to bind to.");
    }
    return Optional.of(
        "Port %d at %s can't be used, most likely another process has it; choose one with %s."
            .formatted(port, bind, option));
  }
}
