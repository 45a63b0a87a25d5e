package com.softadastra.sync.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Incarnation;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardSettings;
import com.softadastra.sync.storage.Found;
import com.softadastra.sync.storage.RecordingSettings;
import com.softadastra.sync.storage.Storage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FiledIncarnationsTest {
  private static final Incarnation LIFE = Incarnation.of(new byte[16]);

  @TempDir private Path folder;
  private DataDirectory directory;
  private FiledIncarnations incarnations;

  @BeforeEach
  void open() throws Exception {
    directory = DataDirectory.open(folder);
    Files.createFile(folder.resolve("db/softadastra.mv.db"));
    incarnations = new FiledIncarnations(directory, new Random(1), Clock.systemUTC());
    incarnations.note(new Found(LIFE, 3, 70));
  }

  @AfterEach
  void close() {
    directory.close();
  }

  private Incarnation born(long opened, long lastPosition) {
    return incarnations.birth(Optional.of(new Found(LIFE, opened, lastPosition))).incarnation();
  }

  @Test
  void theSameLifeGoesOn() {
    assertThat(born(3, 70)).isEqualTo(LIFE);
    assertThat(born(3, 90)).isEqualTo(LIFE);
  }

  @Test
  void anOlderStateBeginsANewLife() {
    assertThat(born(3, 69)).isNotEqualTo(LIFE);
    assertThat(born(2, 70)).isNotEqualTo(LIFE);
  }

  @Test
  void aStorageWithoutItsFileBeginsANewLife() throws Exception {
    Files.delete(folder.resolve("incarnation"));

    assertThat(born(3, 70)).isNotEqualTo(LIFE);
  }

  @Test
  void aStorageTellsWhatItIsWhenItHasBeenClosed() throws Exception {
    Files.delete(folder.resolve("db/softadastra.mv.db"));
    var storage =
        Storage.open(
            directory.database().toString(),
            new NodeKey(new byte[NodeKey.SEED_BYTES]),
            incarnations::birth,
            RecordingSettings.DEFAULT,
            GuardSettings.production(),
            Clock.systemUTC(),
            directory::freeBytes,
            FailStop.halting());
    storage.whenClosed(incarnations::note);
    var found = storage.found();

    storage.close();

    assertThat(directory.read())
        .hasValueSatisfying(content -> {
          assertThat(content.incarnation()).isEqualTo(found.incarnation().toString());
          assertThat(content.position()).isEqualTo(found.lastPosition());
        });
  }
}
