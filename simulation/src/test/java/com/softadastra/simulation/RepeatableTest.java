package com.softadastra.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The same seed makes the same decisions and sends the same messages. */
class RepeatableTest {
  @Test
  void aSeedRunsTheSameTwiceAndInAnotherJvm() throws Exception {
    var here = TracesOfSeeds.line();

    assertThat(TracesOfSeeds.line()).as("in this JVM").isEqualTo(here);
    assertThat(inAnotherJvm()).as("in another JVM").isEqualTo(here);
  }

  private static String inAnotherJvm() throws Exception {
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var process =
        new ProcessBuilder(
                java,
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                TracesOfSeeds.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (var out = process.getInputStream()) {
      var line = new String(out.readAllBytes(), StandardCharsets.UTF_8).strip();
      assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
      return line;
    } finally {
      process.destroy();
    }
  }
}
