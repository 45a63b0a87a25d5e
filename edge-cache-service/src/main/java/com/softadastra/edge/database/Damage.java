package com.softadastra.edge.database;

import com.softadastra.guard.GuardFileSystem;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.h2.store.fs.FilePath;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a part of the database isn't what was written there. That is noted beside it for the next
 * start, as H2 goes round no page that it can't read, and reads any when it likes. Any thread.
 */
final class Damage {
  private static final Logger LOG = LoggerFactory.getLogger(Damage.class);

  private static final String IS_DAMAGED =
      " is damaged; the next start copies what can be read of it to a new one";

  private final String files;
  private final GuardFileSystem guard;
  private final FilePath note;
  private final AtomicBoolean noticed = new AtomicBoolean();
  private volatile boolean noted;
  private volatile long before;

  Damage(String files, GuardFileSystem guard) {
    this.files = files;
    this.guard = guard;
    note = FilePath.get(files + ".damaged");
    before = guard.counters().damagedBlocks();
  }

  /** Reads that failed for it, of the files as they are now. */
  long reads() {
    return guard.counters().damagedBlocks() - before;
  }

  /** Notes it where there is any. */
  void look() {
    if (reads() > 0 && !noted) {
      if (!noticed.getAndSet(true)) {
        LOG.error("{}" + IS_DAMAGED, files);
      }
      try {
        if (!note.exists()) {
          note.createFile();
          GuardFileSystem.forceDirectoryOf(note);
        }
        noted = true;
      } catch (IOException | RuntimeException e) {
        LOG.warn("that {} is damaged can't be noted", files, e);
      }
    }
  }

  /** What has failed, and for this where it did so for this. */
  DatabaseFailure failure(String message, @Nullable Throwable cause) {
    look();
    return new DatabaseFailure(
        noticed.get() ? message + " (" + files + IS_DAMAGED + ")" : message, cause);
  }

  boolean isNoted() {
    return note.exists();
  }

  /** The files are others now. */
  void forget() throws IOException {
    before = guard.counters().damagedBlocks();
    note.delete();
    GuardFileSystem.forceDirectoryOf(note);
  }
}
