package com.softadastra.edge.database;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.disk.ModelDisk;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardFileSystem;
import com.softadastra.guard.GuardSettings;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

class GroupCommitsTest {
  private static final FailStop THROWING =
      (file, cause) -> {
        throw new IllegalStateException(file, cause);
      };

  @Test
  @Timeout(value = 20, threadMode = ThreadMode.SEPARATE_THREAD)
  void whatIsLargerThanAllThatMayWaitIsWrittenToo() {
    try (var _ = ModelDisk.register("commits");
        var database =
            EdgeDatabase.open(
                "commits:/db",
                GuardFileSystem.register(
                    EdgeDatabase.GUARD, GuardSettings.production().withFailStop(THROWING)),
                THROWING)) {
      for (int i = 0; i < 3; i++) {
        var forced = new CompletableFuture<Boolean>();
        database.submit(Integer.MAX_VALUE, _ -> true, forced);
        assertThat(forced).succeedsWithin(Duration.ofSeconds(30));
      }
    }
  }
}
