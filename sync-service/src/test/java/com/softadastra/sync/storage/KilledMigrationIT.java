package com.softadastra.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.guard.GuardFileSystem;
import com.softadastra.guard.GuardSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process is killed by signal 9 in the midst of a migration, on a real disk; the next one begins
 * it again, and every acknowledged entry is there.
 *
 * <p>{@code -Dmigration.kills=} sets how often, at moments all over it.
 */
class KilledMigrationIT {
  private static final int COMMITS = 60;

  /** What a process comes to that signal 9 has ended. */
  private static final int KILLED = 128 + 9;

  private final RecordedIntents intents = new RecordedIntents(1, true, 1 << 16, COMMITS);

  @TempDir Path folder;

  /** What software of the fifth schema left when it was killed, with entries. */
  private Path older() throws Exception {
    var killed = folder.resolve("killed");
    try (var session = intents.start(Files.createDirectory(folder.resolve("lives")) + "/db")) {
      for (int commit = 1; commit <= COMMITS; commit++) {
        session.commit(commit);
      }
      copy(folder.resolve("lives"), killed);
    }
    var guard = GuardFileSystem.register(GuardSettings.production());
    try (var connection =
            DriverManager.getConnection(
                "jdbc:h2:" + guard.getScheme() + ":" + killed.resolve("db"), "sa", "");
        var statement = connection.createStatement()) {
      statement.execute(MigrationPowerLossIT.OLDER);
      statement.execute("shutdown");
    }
    return killed;
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectory(to);
    try (var files = Files.list(from)) {
      for (var file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  private record Ended(int status, String said) {}

  /** A process migrates what lies there, and is killed before a call. */
  private Ended migrate(Path database, int call) throws Exception {
    var log = folder.resolve("log");
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                KilledMigration.class.getName(),
                database.resolve("db").toString(),
                Integer.toString(call))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      assertThat(process.waitFor(2, TimeUnit.MINUTES)).as("it ends").isTrue();
      return new Ended(process.exitValue(), Files.readString(log));
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void allEntriesAreThereWheneverItWas() throws Exception {
    int kills = Integer.getInteger("migration.kills", 12);
    var older = older();
    copy(older, folder.resolve("whole"));
    var whole = migrate(folder.resolve("whole"), Integer.MAX_VALUE);
    assertThat(whole.status()).as(whole.said()).isZero();
    int calls = Integer.parseInt(whole.said().lines().reduce("", (_, line) -> line));
    assertThat(calls).as("writes, cuts and forces").isGreaterThan(2 * kills);

    int shadows = 0;
    int killed = 0;
    for (int kill = 1; kill <= kills; kill++) {
      var database = folder.resolve("kill-" + kill);
      copy(older, database);
      int call = calls * kill / (kills + 1);
      var ended = migrate(database, call);
      // H2 writes by itself when some time has passed, so that another run may have fewer calls
      assertThat(ended.status()).as("before call %d: %s", call, ended.said()).isIn(KILLED, 0);
      killed += ended.status() == KILLED ? 1 : 0;
      shadows += Files.exists(database.resolve("db.shadow")) ? 1 : 0;
      assertThat(intents.violation(database + "/db", COMMITS)).as("call %d", call).isEmpty();
    }
    assertThat(killed).as("kills").isGreaterThan(kills / 2);
    assertThat(shadows).as("kills in the midst of it").isPositive();
  }
}
