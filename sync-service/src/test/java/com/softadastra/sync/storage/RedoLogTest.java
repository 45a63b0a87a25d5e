package com.softadastra.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.disk.ModelDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.h2.store.fs.FilePath;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The log of commits as a file. */
class RedoLogTest {
  private static final UUID ID = new UUID(1, 2);
  private static final int BYTES = 64 << 10;

  private final ModelDisk disk = ModelDisk.register("redo");
  private final FilePath path = FilePath.get("redo:/db.redo");
  private final RedoLog log = RedoLog.create(path, BYTES, ID);

  @AfterEach
  void close() {
    log.close();
    disk.close();
  }

  /** A commit that puts so many bytes. */
  private static RowChanges commit(int bytes) {
    var changes = new RowChanges();
    changes.add(RowChange.INSERT_INTENT, new Object[] {7L, 1, "i".repeat(bytes), 9L});
    return changes;
  }

  private static List<Long> after(long checkpointed, RedoLog log) {
    var found = new ArrayList<Long>();
    log.forEachAfter(checkpointed, (number, _) -> found.add(number));
    return found;
  }

  private List<Long> afterReopening(long checkpointed, UUID id) {
    try (var again = RedoLog.open(path, id)) {
      return after(checkpointed, again);
    }
  }

  @Test
  void givesWhatIsBeyondTheCheckpoint() {
    for (long number = 1; number <= 4; number++) {
      log.append(number, commit(5_000));
    }

    assertThat(afterReopening(2, ID)).containsExactly(3L, 4L);
    assertThat(afterReopening(4, ID)).isEmpty();
  }

  @Test
  void givesNothingOfThePassBefore() {
    for (long number = 1; number <= 4; number++) {
      log.append(number, commit(10));
    }
    log.checkpointed();
    log.append(5, commit(10));

    // behind record 5 still lie 2 to 4
    assertThat(afterReopening(4, ID)).containsExactly(5L);
  }

  /** In the second block of record 2. */
  private void damage() throws IOException {
    try (var file = path.open("rw")) {
      file.write(ByteBuffer.wrap(new byte[] {'?'}), 4096 + 4100);
    }
  }

  @Test
  void endsBeforeATornRecord() throws IOException {
    log.append(1, commit(10));
    log.append(2, commit(5_000));

    damage();

    assertThat(afterReopening(0, ID)).containsExactly(1L);
  }

  @Test
  void refusesDamageBeforeTheLastRecord() throws IOException {
    log.append(1, commit(10));
    log.append(2, commit(5_000));
    log.append(3, commit(10));

    damage();

    assertThatThrownBy(() -> afterReopening(0, ID))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("has commit 3, and not all after 1");
    assertThat(afterReopening(3, ID)).isEmpty();
  }

  @Test
  void refusesACommitWithoutTheOneBefore() {
    log.append(1, commit(10));
    log.append(3, commit(10));

    assertThatThrownBy(() -> afterReopening(0, ID))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("has commit 3, and not all after 1");
  }

  @Test
  void refusesADatabaseThatIsOlder() {
    log.append(5, commit(10));

    assertThatThrownBy(() -> afterReopening(3, ID))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("ends at commit 3")
        .hasMessageContaining("begins at 5");
  }

  @Test
  void refusesTheLogOfAnotherDatabase() {
    log.append(1, commit(10));

    assertThatThrownBy(() -> afterReopening(0, new UUID(1, 3)))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("another one");
  }

  @Test
  void beginsEmptyWhereAnOlderOneLies() {
    log.append(1, commit(10));

    try (var next = RedoLog.create(path, BYTES, new UUID(1, 3))) {
      assertThat(after(0, next)).isEmpty();
    }
  }

  @Test
  void takesNoMoreThanItsSize() {
    int fit = 0;
    while (log.fits(commit(10))) {
      log.append(++fit, commit(10));
    }

    assertThat(fit).isEqualTo(BYTES / 4096);
    log.checkpointed();
    assertThat(log.fits(commit(10))).isTrue();
    assertThat(log.fits(commit(BYTES))).isFalse();
  }

  @Test
  void isRefusedWhereItIsMissing() {
    assertThatThrownBy(() -> RedoLog.open(FilePath.get("redo:/other.redo"), ID))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("is missing");
  }
}
