package com.softadastra.simulation.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.softadastra.disk.DiskImage;
import com.softadastra.disk.ModelDisk;
import com.softadastra.guard.GuardFileSystem;
import com.softadastra.simulation.plan.Feature;
import com.softadastra.simulation.plan.Plan;
import com.softadastra.sync.storage.StorageException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.h2.store.fs.FilePath;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

@Isolated("it counts what the guard logs, and which guards there are")
class DatabaseDiskTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @ParameterizedTest
  @EnumSource(names = {"DATABASE", "MAILBOXES"})
  void noGuardAndNoThreadStaysWhenAWorldHasEnded(Feature feature) throws Exception {
    var before = Thread.getAllStackTraces().keySet();
    var features = feature == Feature.DATABASE ? Set.of(feature) : Set.of(Feature.RELAY, feature);

    assertThat(World.run(Plan.of(1, features)).violation()).isNull();

    assertThat(guards()).isEmpty();
    for (var thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().contains("model-disk") && !before.contains(thread)) {
        assertThat(thread.join(PATIENCE)).as("whether " + thread.getName() + " ends").isTrue();
      }
    }
  }

  @Test
  void noGuardStaysRegisteredWhereOpeningFails() {
    var nothing = DatabaseDisk.Template.IMAGE.written(DatabaseDisk.DATA, 0, new byte[1 << 16]);
    var disk = new DatabaseDisk("machine", "file", () -> 0, nothing);

    assertThatThrownBy(() -> disk.open(_ -> {}, _ -> {})).isInstanceOf(StorageException.class);
    assertThat(guards()).isEmpty();
  }

  /** The schemes of guards that are registered with H2, which would keep their classes. */
  private static List<String> guards() {
    try (var last = ModelDisk.register(new DiskImage(Map.of()))) {
      var prefix = last.scheme().substring(0, last.scheme().lastIndexOf('-') + 1);
      return IntStream.range(1, Integer.parseInt(last.scheme().substring(prefix.length())))
          .mapToObj(number -> "guard-" + prefix + number)
          .filter(scheme -> FilePath.get(scheme + ":/db").getScheme().equals(scheme))
          .toList();
    }
  }

  @Test
  void aBitTurnsInWhatACrashHasLeft() {
    var random = new SplittableRandom(1);
    var disk = DatabaseDisk.create("machine", "file", () -> 0);
    open(disk);
    disk.crash(random);

    disk.turnBit(_ -> true, random);
    for (int i = 0; i < 100; i++) {
      disk.turnBit(_ -> true, random);
    }

    assertThat(
            turnedBack(() -> {
              open(disk);
              disk.scrub(row -> fail("damaged: " + row));
            }))
        .isPositive();
    disk.close();
  }

  private static void open(Disk disk) {
    disk.open(_ -> {}, cause -> fail("stopped by itself", cause));
  }

  /** How many blocks the guard says to have mended meanwhile. */
  private static long turnedBack(Runnable meanwhile) {
    var log = (Logger) LoggerFactory.getLogger(GuardFileSystem.class.getPackageName());
    var said = new ListAppender<ILoggingEvent>();
    said.start();
    log.addAppender(said);
    try {
      meanwhile.run();
    } finally {
      log.detachAppender(said);
    }
    return said.list.stream()
        .filter(event -> event.getFormattedMessage().contains("turned"))
        .count();
  }
}
