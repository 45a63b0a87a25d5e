package com.softadastra.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tour, from outside: its verdict, and that nothing is left of it. */
class DemoIT {
  @TempDir Path directory;

  private ProcessBuilder demo() {
    return Application.command(
        List.of("demo", "--changes", "600"), "-Djava.io.tmpdir=" + directory);
  }

  @Test
  void endsWithAProofAndLeavesNothing() throws Exception {
    var outcome = Outcome.of(demo());
    System.out.println(String.join("\n", outcome.out()));
    assertThat(outcome.code()).as(outcome.toString()).isZero();
    assertThat(String.join("\n", outcome.out())).contains("kill -9", "proof", "done: both nodes");
    nothingIsLeft();
  }

  @Test
  void interruptedItLeavesNothing() throws Exception {
    var process = demo().redirectErrorStream(true).start();
    var lines = process.inputReader();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.contains("Working together")) {
        break;
      }
    }
    new ProcessBuilder("kill", String.valueOf(process.pid())).start().waitFor();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isNotZero();
    nothingIsLeft();
  }

  private void nothingIsLeft() {
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> {
          assertThat(
                  ProcessHandle.allProcesses()
                      .filter(each ->
                          each.info().commandLine().orElse("").contains(directory.toString())))
              .isEmpty();
          try (var files = Files.list(directory)) {
            assertThat(files.filter(file -> !file.getFileName().toString().startsWith("hsperf")))
                .isEmpty();
          }
        });
  }
}
