package com.softadastra.guard;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.Locale;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;
import org.jspecify.annotations.Nullable;

/**
 * The file system {@code guard:} under H2, for any file system below: {@code
 * jdbc:h2:guard:/directory/name} is on the disk.
 *
 * <p>Files ending in {@code .mv.db} are guarded as {@link GuardChannel} says; every other file
 * passes through. Beside {@code name.mv.db} lie {@code name.journal.0}, {@code name.journal.1} and
 * {@code name.sums}, the checksums of its blocks; while tables are brought up to date also {@code
 * name.shadow}. Without the sums nothing is lost but the check of blocks until they are written
 * again; the others belong together:
 *
 * <ul>
 *   <li>After a clean stop the data file is complete. It may be copied, restored or replaced alone;
 *       journals of a clean stop do nothing to any data file.
 *   <li>After a crash all must be kept, or copied, together. A data file alone, one journal of the
 *       two, journals of two databases, a shadow missing that is called for, or journals beside an
 *       older data file (a restored backup) are refused on opening. Who wants the data file as it
 *       is deletes both journals, opens it once without the guard and closes it.
 *   <li>Files copied from a running database are no backup, unless the copy is one snapshot of all.
 *       H2's {@code BACKUP TO} reads through the guard and is complete; its data file doesn't carry
 *       H2's mark of a clean stop, so open it once without the guard and close it, which also
 *       proves that it can be opened.
 *   <li>Journals of an earlier crash put beside a data file that has been written since can't be
 *       told in every case: never restore journals without their data file.
 * </ul>
 *
 * <p>A {@code FileChannel} of one data file may be open once, in one process: it holds the file's
 * lock, and recovers the file when the lock is taken.
 */
public final class GuardFileSystem extends FilePathWrapper {

  static final String DATA_SUFFIX = ".mv.db";

  private static final String SCHEME = "guard";

  private String scheme = SCHEME;
  private GuardSettings settings = GuardSettings.production();
  private GuardCounters counters = new GuardCounters();

  /** For H2, which makes paths by reflection; use {@link #register(GuardSettings)}. */
  public GuardFileSystem() {}

  /** Registers {@code guard:} with H2, in place of an earlier registration. */
  public static GuardFileSystem register(GuardSettings settings) {
    return register(SCHEME, settings);
  }

  /**
   * Registers a guard under another scheme, so that one process can have several.
   *
   * @param scheme at least two letters
   */
  public static GuardFileSystem register(String scheme, GuardSettings settings) {
    GuardFileSystem fileSystem = new GuardFileSystem();
    fileSystem.scheme = scheme;
    fileSystem.settings = settings;
    FilePath.register(fileSystem);
    return fileSystem;
  }

  /** What all files of this registration have done. */
  public GuardCounters counters() {
    return counters;
  }

  @Override
  public String getScheme() {
    return scheme;
  }

  @Override
  public GuardFileSystem getPath(String path) {
    return sharing(super.getPath(path));
  }

  @Override
  public @Nullable GuardFileSystem wrap(@Nullable FilePath base) {
    return base == null ? null : sharing(super.wrap(base));
  }

  private GuardFileSystem sharing(FilePathWrapper path) {
    GuardFileSystem guarded = (GuardFileSystem) path;
    guarded.scheme = scheme;
    guarded.settings = settings;
    guarded.counters = counters;
    return guarded;
  }

  @Override
  public FileChannel open(String mode) throws IOException {
    return isGuarded() ? new GuardChannel(getBase(), mode, settings, counters) : super.open(mode);
  }

  /** The open file of a database; H2 opens what its path comes to, whatever links it leads over. */
  static GuardChannel channelOf(String files) {
    return GuardChannel.lockedAt(FilePath.get(files + DATA_SUFFIX).toRealPath());
  }

  /** Deletes a guarded file with its journals, the file first: journals alone are refused. */
  @Override
  public void delete() {
    super.delete();
    if (isGuarded()) {
      deleteCompanions(getBase());
    }
  }

  /**
   * Moves a file; a guarded one must have been closed cleanly, as must one that it replaces, and
   * takes its journals along. A crash in between leaves files that open or are refused.
   *
   * @throws IllegalStateException if a journal holds what its data file lacks
   */
  @Override
  public void moveTo(FilePath newName, boolean atomicReplace) {
    GuardFileSystem target = (GuardFileSystem) newName;
    requireSettled();
    target.requireSettled();
    if (target.isGuarded()) {
      deleteCompanions(target.getBase());
    }
    super.moveTo(newName, atomicReplace);
    if (isGuarded() && target.isGuarded()) {
      List<FilePath> from = companionsOf(getBase());
      List<FilePath> to = companionsOf(target.getBase());
      for (int i = 0; i < from.size(); i++) {
        if (from.get(i).exists()) {
          from.get(i).moveTo(to.get(i), atomicReplace);
        }
      }
    } else if (isGuarded()) {
      deleteCompanions(getBase());
    }
  }

  private boolean isGuarded() {
    return name.endsWith(DATA_SUFFIX);
  }

  private void requireSettled() {
    if (!isGuarded() || !exists()) {
      return;
    }
    try (GuardChannel channel = new GuardChannel(getBase(), "r", settings, counters)) {
      channel.size();
    } catch (IOException e) {
      throw new IllegalStateException("not closed cleanly: " + name, e);
    }
  }

  private static void deleteCompanions(FilePath data) {
    for (FilePath companion : companionsOf(data)) {
      if (companion.exists()) {
        companion.delete();
      }
    }
  }

  private static List<FilePath> companionsOf(FilePath data) {
    return List.of(journalOf(data, 0), journalOf(data, 1), sumsOf(data), shadowOf(data));
  }

  static FilePath journalOf(FilePath data, int number) {
    return beside(data, ".journal." + number);
  }

  static FilePath sumsOf(FilePath data) {
    return beside(data, ".sums");
  }

  static FilePath shadowOf(FilePath data) {
    return beside(data, ".shadow");
  }

  private static FilePath beside(FilePath data, String suffix) {
    String name = data.name;
    return data.getPath(name.substring(0, name.length() - DATA_SUFFIX.length()) + suffix);
  }

  /**
   * Forces the directory that a file lies in, so that a created file survives a power failure. It
   * is opened for reading, as a file is: a file system below must let that be done.
   */
  public static void forceDirectoryOf(FilePath file) throws IOException {
    if (isWindows() && file.getScheme().equals("file")) {
      return;
    }
    try (FileChannel directory = file.getParent().open("r")) {
      directory.force(true);
    }
  }

  /** Windows opens no directories; its file systems journal their entries. */
  private static boolean isWindows() {
    return System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows");
  }
}
