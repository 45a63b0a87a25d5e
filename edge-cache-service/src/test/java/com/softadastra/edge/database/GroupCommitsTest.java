package com.softadastra.edge.database;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.disk.ModelDisk;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardFileSystem;
import com.softadastra.guard.GuardSettings;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.h2.engine.SessionLocal;
import org.h2.jdbc.JdbcConnection;
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
                THROWING,
                _ -> {})) {
      for (int i = 0; i < 3; i++) {
        var forced = new CompletableFuture<Boolean>();
        database.submit(Integer.MAX_VALUE, _ -> true, forced);
        assertThat(forced).succeedsWithin(Duration.ofSeconds(30));
      }
    }
  }

  @Test
  @Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
  void whatFailsFailsAlone() {
    try (var _ = ModelDisk.register("alone");
        var database =
            EdgeDatabase.open(
                "alone:/db",
                GuardFileSystem.register(
                    EdgeDatabase.GUARD, GuardSettings.production().withFailStop(THROWING)),
                THROWING,
                _ -> {})) {
      var begun = new CompletableFuture<Boolean>();
      var first = new CompletableFuture<Boolean>();
      database.submit(0, _ -> begun.join(), first);
      var units = new ArrayList<CompletableFuture<Integer>>();
      for (int i = 0; i < 7; i++) {
        int number = i;
        var forced = new CompletableFuture<Integer>();
        database.submit(
            0,
            statements -> {
              statements.change("insert into sender values (?, 1, 1)", new byte[] {(byte) number});
              if (number == 2 || number == 3) {
                throw new SQLException("on purpose");
              }
              return number;
            },
            forced);
        units.add(forced);
      }
      begun.complete(true);
      for (int i = 0; i < 7; i++) {
        if (i == 2 || i == 3) {
          assertThat(units.get(i))
              .failsWithin(Duration.ofSeconds(30))
              .withThrowableOfType(ExecutionException.class);
        } else {
          assertThat(units.get(i)).succeedsWithin(Duration.ofSeconds(30)).isEqualTo(i);
        }
      }
      assertThat(
              database.<Long>call(statements -> statements.number("select count(*) from sender")))
          .isEqualTo(5);
    }
  }

  @Test
  @Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
  void nobodyWaitsForAnAnswerThatDoesNotComeAnyMore() {
    var stopped = new CompletableFuture<String>();
    try (var _ = ModelDisk.register("stopped")) {
      var database =
          EdgeDatabase.open(
              "stopped:/db",
              GuardFileSystem.register(
                  EdgeDatabase.GUARD, GuardSettings.production().withFailStop(THROWING)),
              (file, _) -> stopped.complete(file),
              _ -> {});
      database.tell(
          new EdgeDatabase.Witness() {
            @Override
            public void forced() {}

            @Override
            public void rolledBack() throws SQLException {
              throw new SQLException("can't be counted");
            }
          });
      var forced = new CompletableFuture<Boolean>();
      database.submit(
          0,
          _ -> {
            throw new SQLException("on purpose");
          },
          forced);
      assertThat(stopped).succeedsWithin(Duration.ofSeconds(30));
      assertThat(forced)
          .failsWithin(Duration.ofSeconds(30))
          .withThrowableOfType(ExecutionException.class);
      database.abandon();
    }
  }

  @Test
  void inStepsNothingIsDoneBeforeItsStepAndAllThatWaitsIsDoneInOne() {
    var steps = new ArrayDeque<Runnable>();
    try (var _ = ModelDisk.register("steps");
        var database =
            EdgeDatabase.openInSteps(
                "steps:/db",
                GuardFileSystem.register(
                    EdgeDatabase.GUARD, GuardSettings.production().withFailStop(THROWING)),
                THROWING,
                _ -> {},
                steps::add)) {
      var units = new ArrayList<CompletableFuture<Integer>>();
      for (int i = 0; i < 3; i++) {
        byte number = (byte) i;
        var forced = new CompletableFuture<Integer>();
        database.submit(
            0,
            statements ->
                statements.change("insert into sender values (?, 1, 1)", new byte[] {number}),
            forced);
        units.add(forced);
      }
      assertThat(units).noneMatch(CompletableFuture::isDone);
      assertThat(steps).hasSize(1);

      steps.remove().run();

      assertThat(units).allMatch(unit -> unit.getNow(0) == 1);
      assertThat(
              database.<Long>call(statements -> statements.number("select count(*) from sender")))
          .isEqualTo(3);
    }
  }

  @Test
  @Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
  void theProcessStopsWhereH2HasClosedItsStore() {
    var stopped = new CompletableFuture<String>();
    try (var _ = ModelDisk.register("closed")) {
      var database =
          EdgeDatabase.open(
              "closed:/db",
              GuardFileSystem.register(
                  EdgeDatabase.GUARD, GuardSettings.production().withFailStop(THROWING)),
              (_, cause) -> stopped.complete(cause.getMessage()),
              _ -> {});
      var h2 =
          database.read(
              connection -> (SessionLocal) connection.unwrap(JdbcConnection.class).getSession());
      h2.getDatabase().getStore().getMvStore().closeImmediately();
      assertThat(stopped).succeedsWithin(Duration.ofSeconds(30)).isEqualTo("H2 has closed it");
      database.abandon();
    }
  }
}
