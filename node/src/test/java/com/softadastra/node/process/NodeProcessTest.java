package com.softadastra.node.process;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeProcessTest {
  @TempDir private Path directory;

  @Test
  void whoseOutputEndsWithoutTheWordIsNotReadyWhileItStillRuns() {
    try (var process = process("echo taken; exec sleep 60 >&- 2>&-")) {
      process.start();
      assertThatThrownBy(() -> process.awaitReady(Duration.ofSeconds(30)))
          .isInstanceOf(NodeDidNotStart.class)
          .hasMessageContaining("taken");
    }
  }

  private NodeProcess process(String script) {
    return new NodeProcess(
        List.of("sh", "-c", script), "node", directory.resolve("data"), List.of());
  }
}
