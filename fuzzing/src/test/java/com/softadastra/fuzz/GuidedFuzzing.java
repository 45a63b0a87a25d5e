package com.softadastra.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Gives each target to Jazzer, which keeps an input where it reached code that no input before it
 * did, and damages those. What it kept replaces the target's archive of {@link Reached}.
 *
 * <p>{@code fuzz.seconds} is for each target; {@code fuzz.target} names the only ones.
 */
class GuidedFuzzing {
  private static final String SECONDS = System.getProperty("fuzz.seconds", "30");
  private static final Path CLASSES = Path.of("target/test-classes");

  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> targets() throws Exception {
    var tests = new ArrayList<DynamicTest>();
    for (var test : classes()) {
      for (var target : GuidedTarget.of(test, folder)) {
        if (Fuzzing.isAskedFor(target.name())) {
          tests.add(dynamicTest(target.name(), () -> guide(test, target)));
        }
      }
    }
    return tests.stream();
  }

  private static List<Class<?>> classes() throws Exception {
    var classes = new ArrayList<Class<?>>();
    try (var files = Files.walk(CLASSES)) {
      for (var file :
          files.filter(each -> each.toString().endsWith("FuzzTest.class")).sorted().toList()) {
        var name = CLASSES.relativize(file).toString().replace('/', '.');
        classes.add(Class.forName(name.substring(0, name.length() - ".class".length())));
      }
    }
    return classes;
  }

  private void guide(Class<?> test, Target<?> target) throws Exception {
    var reached = Files.createDirectories(folder.resolve("reached").resolve(target.name()));
    for (byte[] seed : target.seeds()) {
      write(reached, seed);
    }
    for (byte[] input : Reached.of(target.name()).values()) {
      write(reached, input);
    }
    var log = Path.of("target", "guided-" + target.name() + ".log");
    var process =
        new ProcessBuilder(command(test, target, reached))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    int exit = process.waitFor();
    var said = Files.readString(log);
    System.out.printf("guided %-22s %s%n", target.name(), lastLine(said));
    assertThat(exit).as(said).isZero();
    Reached.keep(target.name(), read(reached));
  }

  private List<String> command(Class<?> test, Target<?> target, Path reached) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseSerialGC",
        "-Xmx256m",
        "-XX:+EnableDynamicAgentLoading",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-Dfuzz.golden=" + System.getProperty("fuzz.golden"),
        "-Dfuzz.found=" + System.getProperty("fuzz.found"),
        "-cp",
        System.getProperty("java.class.path"),
        "com.code_intelligence.jazzer.Jazzer",
        "--target_class=" + GuidedTarget.class.getName(),
        "--target_args=" + test.getName() + " " + target.name(),
        "--instrumentation_includes=com.softadastra.**",
        "--custom_hook_includes=com.softadastra.**",
        "--reproducer_path=" + folder,
        "-artifact_prefix=" + folder + "/",
        "-max_total_time=" + SECONDS,
        "-max_len=" + Math.min(target.most(), Reached.MOST_BYTES),
        "-timeout=60",
        "-seed=" + Long.getLong("fuzz.seed", 1),
        "-rss_limit_mb=0",
        "-print_final_stats=1",
        reached.toString());
  }

  private static void write(Path folder, byte[] input) throws IOException {
    if (input.length <= Reached.MOST_BYTES) {
      Files.write(folder.resolve(name(input)), input);
    }
  }

  private static Map<String, byte[]> read(Path folder) throws IOException {
    var inputs = new HashMap<String, byte[]>();
    try (var files = Files.list(folder)) {
      for (var file : files.toList()) {
        byte[] input = Files.readAllBytes(file);
        inputs.put(name(input), input);
      }
    }
    return inputs;
  }

  private static String name(byte[] input) throws IOException {
    try {
      var digest = java.security.MessageDigest.getInstance("SHA-256").digest(input);
      return HexFormat.of().formatHex(digest, 0, 8);
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IOException(e);
    }
  }

  /** What libFuzzer says at the end: inputs given, code reached. */
  private static String lastLine(String said) {
    return said.lines().filter(line -> line.contains("cov:")).reduce("", (_, line) -> line);
  }
}
