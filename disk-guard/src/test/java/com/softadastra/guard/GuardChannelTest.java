package com.softadastra.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.disk.BlockFile;
import com.softadastra.disk.CrashSite;
import com.softadastra.disk.DiskFault;
import com.softadastra.disk.DiskImage;
import com.softadastra.disk.ModelDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.h2.store.fs.FilePath;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GuardChannelTest {

  private static final String DATA = "/db.mv.db";
  private static final int JOURNAL_BYTES = 1 << 16;

  private final List<Throwable> stops = new ArrayList<>();
  private final AtomicLong nanos = new AtomicLong();

  /** Forces of the data file that are due; run when a test says so. */
  private final Deque<Runnable> due = new ConcurrentLinkedDeque<>();

  private final GuardSettings settings =
      GuardSettings.production()
          .withJournalBytes(JOURNAL_BYTES)
          .withFailStop((_, cause) -> stops.add(cause))
          .withNanoTime(nanos::get)
          .withBackground(due::add);

  private ModelDisk disk;
  private GuardCounters counters;

  @BeforeEach
  void insertDisk() {
    disk = ModelDisk.register("model");
    counters = GuardFileSystem.register(settings).counters();
  }

  @AfterEach
  void removeDisk() {
    disk.close();
  }

  private static FileChannel open() throws IOException {
    return FilePath.get("guard:model:" + DATA).open("rw");
  }

  private static void write(FileChannel channel, long position, String text) throws IOException {
    channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)), position);
  }

  private static byte[] content(FileChannel channel) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate((int) channel.size());
    Channels.readUpTo(channel, bytes, 0);
    return bytes.array();
  }

  private static String text(FileChannel channel) throws IOException {
    return new String(content(channel), StandardCharsets.US_ASCII);
  }

  private void runDue() {
    for (Runnable task = due.poll(); task != null; task = due.poll()) {
      task.run();
    }
  }

  /** Puts an image in place of the disk, as a restart after a crash would find it. */
  private void restartWith(DiskImage image) {
    disk.close();
    due.clear();
    disk = ModelDisk.register("model", image.copy());
  }

  /** Leaves a file whose journals are needed: two generations, of which none is checkpointed. */
  private DiskImage crashedInSecondGeneration() throws IOException {
    FileChannel channel = open();
    write(channel, 0, "H:2,");
    write(channel, 8192, "first".repeat(4000));
    channel.force(true);
    nanos.addAndGet(Duration.ofSeconds(11).toNanos());
    write(channel, 8192, "SECOND");
    channel.force(true);
    write(channel, 8300, "THIRD");
    channel.force(true);
    return disk.image();
  }

  @Test
  void forcesTheJournalOnceAndNothingElse() throws IOException {
    FileChannel channel = open();
    write(channel, 0, "one");
    channel.force(true);
    disk.beginRecording();

    write(channel, 0, "two");
    write(channel, 100, "three");
    channel.truncate(50);
    channel.force(true);

    assertThat(disk.forces("")).isEqualTo(1);
    assertThat(disk.forces(".journal.1")).isEqualTo(1);
    assertThat(disk.position()).as("record, force, three operations").isEqualTo(5);
  }

  @Test
  void doesNothingWhenNothingIsPending() throws IOException {
    FileChannel channel = open();
    write(channel, 0, "one");
    channel.force(true);
    disk.beginRecording();

    channel.force(true);
    channel.truncate(3);
    channel.force(true);

    assertThat(disk.position()).isZero();
  }

  @Test
  void leavesTheDataFileAloneUntilForced() throws IOException {
    FileChannel channel = open();
    assertThat(channel.size()).isZero();
    disk.beginRecording();
    write(channel, 2, "abc");
    channel.truncate(4);
    write(channel, 6, "z");

    assertThat(disk.position()).isZero();
    assertThat(text(channel)).isEqualTo("\0\0ab\0\0z");
  }

  @Test
  void growsNoFileWhenItForces() throws IOException {
    FileChannel channel = open();
    for (int i = 0; i < 40; i++) {
      write(channel, i, "x".repeat(3000));
      channel.force(true);
      runDue();
    }
    assertThat(counters.turnovers()).isGreaterThan(1);
    assertThat(FilePath.get("model:/db.journal.0").size()).isEqualTo(JOURNAL_BYTES);
    assertThat(FilePath.get("model:/db.journal.1").size()).isEqualTo(JOURNAL_BYTES);
  }

  @Test
  void replaysWhatTheDataFileLacks() throws IOException {
    FileChannel channel = open();
    write(channel, 0, "kept");
    channel.force(true);
    write(channel, 0, "lost");
    DiskImage crashed = disk.image();
    DiskImage dropped = crashed.with(DATA, new DiskImage(emptyFile()));
    restartWith(dropped);

    FileChannel restarted = open();
    assertThat(text(restarted)).isEqualTo("kept");
    assertThat(counters.replayedRecords()).isEqualTo(1);
    restarted.close();
    assertThat(new String(disk.image().bytes(DATA), StandardCharsets.US_ASCII)).isEqualTo("kept");
  }

  private static Map<String, BlockFile> emptyFile() throws IOException {
    try (ModelDisk other = ModelDisk.register("other")) {
      FilePath.get("other:" + DATA).createFile();
      return other.image().files();
    }
  }

  @Test
  void replaysNothingAfterACleanClose() throws IOException {
    FileChannel channel = open();
    write(channel, 0, "H:2,clean:1 and more");
    channel.close();
    restartWith(disk.image());

    try (FileChannel again = open()) {
      assertThat(text(again)).startsWith("H:2");
    }
    assertThat(counters.replayedRecords()).isZero();
    restartWith(disk.image().without("/db.journal.0").without("/db.journal.1"));
    try (FileChannel alone = open()) {
      assertThat(text(alone)).startsWith("H:2");
    }
  }

  @Test
  void letsACleanlyClosedFileBeReplaced() throws IOException {
    FileChannel channel = open();
    write(channel, 0, "H:2,".repeat(9000));
    channel.close();
    DiskImage old = disk.image();
    FileChannel second = open();
    write(second, 30_000, "new");
    second.close();
    restartWith(disk.image().with(DATA, old));

    try (FileChannel restored = open()) {
      assertThat(text(restored)).isEqualTo("H:2,".repeat(9000));
      write(restored, 0, "H:3");
      restored.force(true);
    }
    try (FileChannel again = open()) {
      assertThat(text(again)).startsWith("H:3");
    }
  }

  @Test
  void keepsAllGenerationsThatAreNotCheckpointed() throws IOException {
    restartWith(crashedInSecondGeneration());
    try (FileChannel channel = open()) {
      assertThat(text(channel).substring(8192, 8198)).isEqualTo("SECOND");
      assertThat(text(channel).substring(8300, 8305)).isEqualTo("THIRD");
    }
    assertThat(counters.replayedRecords()).isEqualTo(3);
  }

  @Test
  void refusesWhenAnOlderGenerationIsDamaged() throws IOException {
    restartWith(crashedInSecondGeneration().flipped("/db.journal.1", 30));
    assertRefused("missing or incomplete");
  }

  @Test
  void refusesWhenARecordInTheMiddleIsDamaged() throws IOException {
    restartWith(crashedInSecondGeneration().flipped("/db.journal.0", 80));
    assertRefused("cut off");
  }

  @Test
  void takesADamagedLastRecordForATornOne() throws IOException {
    restartWith(crashedInSecondGeneration().flipped("/db.journal.0", 4096 + 80));
    try (FileChannel channel = open()) {
      assertThat(text(channel).substring(8192, 8198)).isEqualTo("SECOND");
    }
    assertThat(counters.replayedRecords()).isEqualTo(2);
  }

  @Test
  void refusesOneJournalAlone() throws IOException {
    restartWith(crashedInSecondGeneration().without("/db.journal.0"));
    assertRefused("one of its two journal files is missing");
  }

  @Test
  void refusesAnUncleanFileWithoutJournals() throws IOException {
    restartWith(crashedInSecondGeneration().without("/db.journal.0").without("/db.journal.1"));
    assertRefused("not closed cleanly");
  }

  @Test
  void refusesJournalsOfTwoDatabases() throws IOException {
    DiskImage one = crashedInSecondGeneration();
    disk.close();
    disk = ModelDisk.register("model");
    DiskImage other = crashedInSecondGeneration();
    restartWith(one.with("/db.journal.0", other));
    assertRefused("different databases");
  }

  @Test
  void refusesAnOlderDataFile() throws IOException {
    FileChannel channel = open();
    write(channel, 8192, "a".repeat(5000));
    channel.force(true);
    DiskImage backup = disk.image();
    nanos.addAndGet(Duration.ofSeconds(11).toNanos());
    write(channel, 20_000, "b".repeat(5000));
    channel.force(true);
    nanos.addAndGet(Duration.ofSeconds(11).toNanos());
    runDue();
    write(channel, 40_000, "c".repeat(5000));
    channel.force(true);
    runDue();
    write(channel, 50_000, "d");
    channel.force(true);
    restartWith(disk.image().with(DATA, backup));
    assertRefused("another or a later state");
  }

  /** Three generations, of which the last is not settled; the witness is the block of b. */
  private DiskImage crashedInThirdGeneration() throws IOException {
    FileChannel channel = open();
    write(channel, 8192, "a".repeat(4096));
    channel.force(true);
    nanos.addAndGet(Duration.ofSeconds(11).toNanos());
    write(channel, 20_480, "b".repeat(4096));
    channel.force(true);
    nanos.addAndGet(Duration.ofSeconds(11).toNanos());
    runDue();
    write(channel, 40_960, "c".repeat(4096));
    channel.force(true);
    runDue();
    write(channel, 49_152, "d".repeat(4096));
    channel.force(true);
    return disk.image();
  }

  @Test
  void aTurnedBitOfWhatTellsWhichFileItIsIsTurnedBack() throws IOException {
    DiskImage crashed = crashedInThirdGeneration();
    for (long bit = 0; bit < 8 * 4096; bit += 1021) {
      restartWith(crashed.flippedBit(DATA, 8 * 20_480 + bit));
      try (FileChannel channel = open()) {
        assertThat(text(channel).substring(20_480, 20_480 + 4096)).isEqualTo("b".repeat(4096));
      }
    }
  }

  @Test
  void twoTurnedBitsOfWhatTellsWhichFileItIsAreRefused() throws IOException {
    DiskImage crashed = crashedInThirdGeneration();
    DiskImage damaged =
        crashed.flippedBit(DATA, 8 * 20_480 + 5).flippedBit(DATA, 8 * 20_480 + 4000);
    restartWith(damaged);
    assertRefused("another or a later state");
    assertThat(disk.image().bytes(DATA)).isEqualTo(damaged.bytes(DATA));
  }

  private static void assertRefused(String reason) throws IOException {
    try (FileChannel channel = open()) {
      assertThatThrownBy(channel::size)
          .isInstanceOf(GuardRefusedException.class)
          .hasMessageContaining(reason);
    }
  }

  @Test
  void takesARecordLargerThanTheJournal() throws IOException {
    FileChannel channel = open();
    write(channel, 0, "small");
    channel.force(true);
    write(channel, 5, "y".repeat(5 * JOURNAL_BYTES));
    channel.force(true);
    runDue();
    disk.beginRecording();
    write(channel, 5, "Z");
    channel.force(true);
    restartWith(disk.crashSite().image(CrashSite.Kind.DROPPED, new Random(1)));

    try (FileChannel restarted = open()) {
      assertThat(text(restarted)).isEqualTo("small" + "y".repeat(5 * JOURNAL_BYTES));
    }
  }

  @Test
  void commitsByItselfWhenMuchIsPending() throws IOException {
    GuardFileSystem.register(settings.withPendingBytes(10_000));
    FileChannel channel = open();
    assertThat(channel.size()).isZero();
    disk.beginRecording();
    write(channel, 0, "x".repeat(6_000));
    assertThat(disk.position()).isZero();
    write(channel, 6_000, "y".repeat(6_000));
    assertThat(disk.forces(".journal.1")).isEqualTo(1);
  }

  @Test
  void isNotReplacedBeforeItsSuccessorTellsTheCheckpoint() throws IOException {
    FileChannel channel = open();
    write(channel, 0, "1");
    channel.force(true);
    nanos.addAndGet(Duration.ofSeconds(11).toNanos());
    write(channel, 0, "2");
    channel.force(true);
    nanos.addAndGet(Duration.ofSeconds(11).toNanos());
    write(channel, 0, "3");
    channel.force(true);
    assertThat(counters.turnovers()).as("the data file isn't forced yet").isEqualTo(1);

    runDue();
    disk.beginRecording();
    write(channel, 0, "4");
    channel.force(true);
    assertThat(counters.turnovers()).isEqualTo(2);
    assertThat(disk.forces(".journal.0")).as("tells that 1 is checkpointed").isEqualTo(1);
    assertThat(disk.forces(".journal.1")).isEqualTo(1);
  }

  @Test
  void waitsForTheDataFileWhenTheJournalIsFull() throws Exception {
    GuardFileSystem.register(settings.withBackground(task -> Thread.ofPlatform().start(task)));
    FileChannel channel = open();
    disk.beginRecording();
    for (int i = 0; i < 200; i++) {
      write(channel, i, "x".repeat(20_000));
      channel.force(true);
    }
    channel.close();
    assertThat(disk.forces(".mv.db")).isGreaterThan(30);
  }

  @ParameterizedTest
  @EnumSource(value = DiskFault.Kind.class, names = "READ", mode = EnumSource.Mode.EXCLUDE)
  void stopsForEverAtTheFirstError(DiskFault.Kind kind) throws IOException {
    FileChannel channel = open();
    write(channel, 0, "123456");
    channel.force(true);
    AtomicInteger attempts = new AtomicInteger();
    disk.setFault((attempt, _) -> {
      if (attempt == kind && attempts.incrementAndGet() == 1) {
        throw new IOException("planted");
      }
    });
    write(channel, 1, "x");
    channel.truncate(3);

    assertThatThrownBy(() -> channel.force(true)).isInstanceOf(GuardFailedException.class);
    assertThat(stops).hasSize(1).first().isInstanceOf(IOException.class);
    int position = attempts.get();
    assertThatThrownBy(() -> channel.force(true)).isInstanceOf(GuardFailedException.class);
    assertThatThrownBy(() -> write(channel, 1, "x")).isInstanceOf(GuardFailedException.class);
    assertThatThrownBy(() -> text(channel)).isInstanceOf(GuardFailedException.class);
    assertThatThrownBy(() -> channel.truncate(1)).isInstanceOf(GuardFailedException.class);
    channel.close();
    assertThat(attempts).as("nothing is tried again").hasValue(position);
    assertThat(stops).hasSize(1);
  }

  @Test
  void stopsWhenTheDataFileCannotBeForced() throws IOException {
    FileChannel channel = open();
    write(channel, 0, "1");
    channel.force(true);
    nanos.addAndGet(Duration.ofSeconds(11).toNanos());
    write(channel, 0, "2");
    channel.force(true);
    disk.setFault((kind, file) -> {
      if (kind == DiskFault.Kind.FORCE && file.equals(DATA)) {
        throw new IOException("planted");
      }
    });
    runDue();

    assertThat(stops).hasSize(1);
    assertThatThrownBy(() -> write(channel, 0, "3")).isInstanceOf(GuardFailedException.class);
  }

  @Test
  @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void isClosedAlthoughWhatStopsTheProcessHasThrown() throws IOException {
    GuardFileSystem.register(
        settings.withFailStop((_, cause) -> {
          throw new IllegalStateException("stopped", cause);
        }));
    FileChannel channel = open();
    write(channel, 0, "1");
    channel.force(true);
    nanos.addAndGet(Duration.ofSeconds(11).toNanos());
    write(channel, 0, "2");
    channel.force(true);
    disk.setFault((kind, file) -> {
      if (kind == DiskFault.Kind.FORCE && file.equals(DATA)) {
        throw new IOException("planted");
      }
    });
    assertThatThrownBy(this::runDue).hasMessage("stopped");
    channel.close();
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void passesOnAFailedRead() throws IOException {
    FileChannel channel = open();
    write(channel, 0, "123456");
    channel.force(true);
    disk.setFault((kind, _) -> {
      if (kind == DiskFault.Kind.READ) {
        throw new IOException("planted");
      }
    });
    assertThatThrownBy(() -> text(channel)).hasMessage("planted");
    disk.setFault(DiskFault.NONE);
    assertThat(text(channel)).isEqualTo("123456");
    assertThat(stops).isEmpty();
  }

  /** H2 would take a file that it can't read for an older one. */
  @Test
  void stopsAtAFailedReadBeforeTheFirstCommit() throws IOException {
    FileChannel channel = open();
    write(channel, 0, "123456");
    channel.close();
    FileChannel again = open();
    AtomicInteger reads = new AtomicInteger();
    disk.setFault((kind, file) -> {
      if (kind == DiskFault.Kind.READ && file.equals(DATA) && reads.incrementAndGet() == 1) {
        throw new IOException("planted");
      }
    });

    assertThatThrownBy(() -> text(again)).isInstanceOf(GuardFailedException.class);
    assertThatThrownBy(() -> text(again)).isInstanceOf(GuardFailedException.class);
    assertThat(stops).hasSize(1);
  }

  @Test
  void confirmsNothingWhenTheDataFileCouldNotBeForcedMeanwhile() throws IOException {
    GuardFileSystem.register(settings.withBackground(Runnable::run));
    FileChannel channel = open();
    write(channel, 0, "1");
    channel.force(true);
    nanos.addAndGet(Duration.ofSeconds(11).toNanos());
    write(channel, 0, "2");
    disk.setFault((kind, file) -> {
      if (kind == DiskFault.Kind.FORCE && file.equals(DATA)) {
        throw new IOException("planted");
      }
    });

    assertThatThrownBy(() -> channel.force(true)).isInstanceOf(GuardFailedException.class);
    assertThat(stops).hasSize(1);
  }

  /**
   * The last record's force fails and the process halts; the next one finds the record in the page
   * cache, replays it and says so, in a record behind it. Then the power fails: the disk never had
   * the record before.
   */
  @Test
  void isNotInTheWayOfAStartAfterAFailedForceAndAPowerFailure() throws IOException {
    disk.beginRecording();
    FileChannel channel = open();
    write(channel, 8192, "forced".repeat(2000));
    channel.force(true);
    write(channel, 8192, "FAILED");
    disk.setFault((kind, _) -> {
      if (kind == DiskFault.Kind.FORCE) {
        throw new IOException("planted");
      }
    });
    assertThatThrownBy(() -> channel.force(true)).isInstanceOf(GuardFailedException.class);

    ModelDisk next = disk.handedOver("next");
    disk.close();
    disk = next;
    try (FileChannel restarted = FilePath.get("guard:next:" + DATA).open("rw")) {
      assertThat(text(restarted).substring(8192, 8198)).isEqualTo("FAILED");
      CrashSite site = disk.crashSite();
      site.advanceTo(disk.position());
      restartWith(site.image(CrashSite.Kind.DROPPED, new Random(1)));
      try (FileChannel later = open()) {
        assertThat(text(later).substring(8192, 8198)).isEqualTo("FAILED");
      }
    }
  }

  @Test
  void isOpenOnce() throws IOException {
    FileChannel first = open();
    assertThat(first.tryLock()).isNotNull();
    try (FileChannel second = open()) {
      assertThat(second.tryLock()).isNull();
      assertThatThrownBy(second::size).hasMessageContaining("locked");
    }
    first.close();
    try (FileChannel third = open()) {
      assertThat(third.tryLock()).isNotNull();
    }
  }

  @Test
  void deletesItsJournals() throws IOException {
    open().close();
    FilePath.get("guard:model:" + DATA).delete();
    assertThat(disk.image().files()).isEmpty();
  }

  private static GuardChannel guarded() throws IOException {
    GuardChannel channel = (GuardChannel) open();
    assertThat(channel.tryLock()).isNotNull();
    assertThat(GuardFileSystem.channelOf("model:/db")).isSameAs(channel);
    return channel;
  }

  /** Blocks of one letter each. */
  private static byte[] letters(String letters) {
    ByteBuffer bytes = ByteBuffer.allocate(letters.length() * BlockSums.BLOCK);
    for (byte letter : letters.getBytes(StandardCharsets.US_ASCII)) {
      for (int i = 0; i < BlockSums.BLOCK; i++) {
        bytes.put(letter);
      }
    }
    return bytes.array();
  }

  private static void writeLetters(FileChannel channel, int block, String letters)
      throws IOException {
    channel.write(ByteBuffer.wrap(letters(letters)), (long) block * BlockSums.BLOCK);
  }

  private static String shown(FileChannel channel) throws IOException {
    StringBuilder letters = new StringBuilder();
    for (long at = 0; at < channel.size(); at += BlockSums.BLOCK) {
      ByteBuffer letter = ByteBuffer.allocate(1);
      channel.read(letter, at);
      letters.append((char) letter.get(0));
    }
    return letters.toString();
  }

  @Test
  void showsAReplacementAndKeepsItFromTheDiskUntilItsEnd() throws IOException {
    GuardFileSystem.register(settings.withPendingBytes(10_000));
    GuardChannel channel = guarded();
    writeLetters(channel, 0, "hhabcdef");
    channel.force(true);
    channel.beginReplacement();
    byte[] before = disk.image().bytes(DATA);
    writeLetters(channel, 3, "BCD");
    channel.force(true);
    channel.truncate(5 * BlockSums.BLOCK);
    writeLetters(channel, 7, "HI");
    channel.force(true);
    assertThat(shown(channel)).isEqualTo("hhaBC\0\0HI");
    DiskImage cutOff = disk.image();
    assertThat(cutOff.bytes(DATA)).isEqualTo(before);

    channel.endReplacement();
    assertThat(shown(channel)).isEqualTo("hhaBC\0\0HI");
    assertThat(disk.image().files()).doesNotContainKey("/db.shadow");
    writeLetters(channel, 2, "x");
    channel.force(true);
    DiskImage after = disk.image();
    channel.close();

    restartWith(cutOff);
    try (FileChannel again = open()) {
      assertThat(shown(again)).isEqualTo("hhabcdef");
      assertThat(disk.image().files()).doesNotContainKey("/db.shadow");
    }
    restartWith(after);
    try (FileChannel again = open()) {
      assertThat(shown(again)).isEqualTo("hhxBC\0\0HI");
    }
    assertThat(stops).isEmpty();
  }

  /**
   * Neither one that began before it nor one that ended with it has a generation without a record.
   */
  @Test
  void opensAfterTheFirstForceThatFollowsAReplacementLate() throws IOException {
    for (String before : List.of("", "x")) {
      GuardChannel channel = guarded();
      writeLetters(channel, 0, "hhabcdef");
      channel.force(true);
      writeLetters(channel, 2, before);
      channel.beginReplacement();
      writeLetters(channel, 3, "BC");
      channel.endReplacement();
      nanos.addAndGet(Duration.ofSeconds(11).toNanos());
      writeLetters(channel, 4, "y");
      channel.force(true);

      restartWith(disk.image());
      try (FileChannel again = open()) {
        assertThat(shown(again)).isEqualTo("hh" + (before.isEmpty() ? "a" : before) + "Bydef");
      }
      restartWith(new DiskImage(Map.of()));
    }
    assertThat(stops).isEmpty();
  }

  @Test
  void isWhatItWasWhereItIsClosedInAReplacement() throws IOException {
    GuardChannel channel = guarded();
    writeLetters(channel, 0, "hhabcdef");
    channel.beginReplacement();
    writeLetters(channel, 2, "ABCDEFGHI");
    channel.force(true);
    writeLetters(channel, 0, "HH");
    channel.close();

    for (int life = 0; life < 2; life++) {
      try (FileChannel again = open()) {
        assertThat(content(again)).isEqualTo(letters("hhabcdef"));
      }
    }
  }

  /** No more than the replacement is lost, so the process may say what went wrong. */
  @ParameterizedTest
  @EnumSource(
      value = DiskFault.Kind.class,
      names = {"WRITE", "FORCE"})
  void endsAReplacementAndNotTheProcessWhereTheShadowFails(DiskFault.Kind kind) throws IOException {
    GuardChannel channel = guarded();
    writeLetters(channel, 0, "hhabcdef");
    channel.force(true);
    disk.setFault((what, file) -> {
      if (what == kind && file.equals("/db.shadow")) {
        throw new IOException("No space left on device");
      }
    });
    assertThatThrownBy(
            () -> {
              channel.beginReplacement();
              writeLetters(channel, 2, "ABC");
              channel.endReplacement();
            })
        .isInstanceOf(GuardFailedException.class)
        .hasRootCauseMessage("No space left on device");
    channel.close();
    disk.setFault(DiskFault.NONE);

    assertThat(stops).isEmpty();
    try (FileChannel again = open()) {
      assertThat(content(again)).isEqualTo(letters("hhabcdef"));
    }
  }

  @Test
  void goesOnAsBeforeWhereThereCanBeNoShadow() throws IOException {
    GuardChannel channel = guarded();
    writeLetters(channel, 0, "hhabcdef");
    disk.setFault((what, file) -> {
      if (what == DiskFault.Kind.TRUNCATE && file.equals("/db.shadow")) {
        throw new IOException("Read-only file system");
      }
    });
    assertThatThrownBy(channel::beginReplacement).hasMessage("Read-only file system");
    disk.setFault(DiskFault.NONE);
    writeLetters(channel, 2, "ABC");
    channel.force(true);

    assertThat(stops).isEmpty();
    restartWith(disk.image());
    try (FileChannel again = open()) {
      assertThat(shown(again)).isEqualTo("hhABCdef");
    }
  }

  /** Which the record that makes a shadow count may have been, for all that anybody knows. */
  @Test
  void stopsWhereTheEndOfAReplacementFails() throws IOException {
    GuardChannel channel = guarded();
    writeLetters(channel, 0, "hhabcdef");
    channel.beginReplacement();
    writeLetters(channel, 2, "ABC");
    disk.setFault((what, file) -> {
      if (what == DiskFault.Kind.FORCE && file.startsWith("/db.journal")) {
        throw new IOException("planted");
      }
    });

    assertThatThrownBy(channel::endReplacement).isInstanceOf(GuardFailedException.class);
    assertThat(stops).hasSize(1);
    channel.close();
  }

  /** A replacement that counts, and of which the data file has nothing yet. */
  private DiskImage replacedInTheJournalAlone() throws IOException {
    GuardChannel channel = guarded();
    writeLetters(channel, 0, "hhabcdef");
    channel.beginReplacement();
    writeLetters(channel, 2, "ABC");
    disk.beginRecording();
    channel.endReplacement();
    CrashSite site = disk.crashSite();
    site.advanceTo(disk.forces().get(1));
    return site.image(CrashSite.Kind.DROPPED, new Random(1));
  }

  @Test
  void refusesWhereTheShadowThatCountsIsMissing() throws IOException {
    DiskImage replaced = replacedInTheJournalAlone();
    restartWith(replaced.without("/db.shadow"));
    assertRefused("/db.shadow, which holds a part of what it was told to keep, is missing");
    restartWith(replaced);
    try (FileChannel again = open()) {
      assertThat(shown(again)).isEqualTo("hhABCdef");
    }
  }

  @Test
  void refusesWhereTheShadowThatCountsIsDamaged() throws IOException {
    DiskImage replaced = replacedInTheJournalAlone();
    int length = replaced.bytes("/db.shadow").length;
    for (int at = 0; at < length; at += 509) {
      restartWith(replaced.flipped("/db.shadow", at));
      assertRefused("missing or damaged");
      assertThat(disk.image().bytes(DATA)).isEqualTo(replaced.bytes(DATA));
    }
  }

  @Test
  void knowsTheBlocksThatAReplacementWrote() throws IOException {
    GuardChannel channel = guarded();
    writeLetters(channel, 0, "hhabcdef");
    channel.beginReplacement();
    writeLetters(channel, 2, "ABC");
    channel.endReplacement();
    channel.close();
    for (int block : new int[] {3, 6}) {
      spoil((long) block * BlockSums.BLOCK + 100);
      try (FileChannel again = open()) {
        assertThatThrownBy(() -> block(again, block)).isInstanceOf(GuardRefusedException.class);
      }
    }
  }

  /** Random operations, then every kind of image at every moment of the log. */
  @Test
  void survivesAPowerFailureAtAnyMoment() throws IOException {
    long seed = Seeds.seed("GuardChannelTest");
    for (int round = 0; round < 4; round++) {
      crashEverywhere(seed + round);
    }
  }

  private void crashEverywhere(long seed) throws IOException {
    Random random = new Random(seed);
    disk.close();
    due.clear();
    disk = ModelDisk.register("model");
    disk.beginRecording();
    GuardChannel channel = guarded();
    List<byte[]> states = new ArrayList<>(List.of(new byte[0]));
    List<Integer> acknowledged = new ArrayList<>(List.of(0));
    byte[] expected = new byte[0];
    boolean replacing = false;
    for (int step = 0; step < 60; step++) {
      boolean ending = replacing && random.nextInt(3) == 0;
      if (!replacing && random.nextInt(6) == 0) {
        // a commit of nothing: all was forced
        helped(channel::beginReplacement);
        replacing = true;
      }
      for (int i = random.nextInt(4); i >= 0; i--) {
        if (random.nextInt(8) == 0) {
          int blocks = random.nextInt(12);
          channel.truncate(blocks * 4096L);
          expected = Arrays.copyOf(expected, Math.min(expected.length, blocks * 4096));
        } else {
          byte[] bytes = new byte[4096 * (1 + random.nextInt(3))];
          random.nextBytes(bytes);
          int position = 4096 * random.nextInt(12);
          channel.write(ByteBuffer.wrap(bytes), position);
          expected = Arrays.copyOf(expected, Math.max(expected.length, position + bytes.length));
          System.arraycopy(bytes, 0, expected, position, bytes.length);
        }
      }
      if (random.nextInt(3) == 0) {
        runDue();
      }
      nanos.addAndGet(random.nextLong(random.nextInt(8) == 0 ? 24_000_000_000L : 4_000_000_000L));
      if (ending) {
        states.add(expected);
        helped(channel::endReplacement);
        acknowledged.add(disk.position());
        replacing = false;
      } else if (replacing) {
        helped(() -> channel.force(true));
      } else {
        states.add(expected);
        helped(() -> channel.force(true));
        acknowledged.add(disk.position());
      }
    }
    int end = disk.position();
    try (ModelDisk recorded = disk) {
      CrashSite site = recorded.crashSite();
      for (int position = 0; position <= end; position++) {
        site.advanceTo(position);
        int last = 0;
        while (last + 1 < acknowledged.size() && acknowledged.get(last + 1) <= position) {
          last++;
        }
        List<DiskImage> images = new ArrayList<>();
        for (CrashSite.Kind kind : CrashSite.Kind.values()) {
          images.add(site.image(kind, random));
        }
        String where = "seed " + seed + " position " + position + " of " + end;
        List<byte[]> allowed = states.subList(last, Math.min(last + 2, states.size()));
        for (DiskImage image : images) {
          if (random.nextInt(50) == 0) {
            crashAgain(image.copy(), random, where);
          }
          check(image, allowed, where);
        }
      }
    }
    disk = ModelDisk.register("model");
  }

  /** Turns bits of the data file around, underneath. */
  private static void turn(long position, int bits) throws IOException {
    try (FileChannel data = FilePath.get("model:" + DATA).open("rw")) {
      ByteBuffer one = ByteBuffer.allocate(1);
      data.read(one, position);
      data.write(ByteBuffer.wrap(new byte[] {(byte) (one.get(0) ^ bits)}), position);
    }
  }

  private static void spoil(long position) throws IOException {
    turn(position, 6);
  }

  private static byte[] blocks(int count) {
    byte[] bytes = new byte[count * BlockSums.BLOCK];
    new Random(count).nextBytes(bytes);
    return bytes;
  }

  private static ByteBuffer block(FileChannel channel, int number) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(BlockSums.BLOCK);
    Channels.readUpTo(channel, bytes, (long) number * BlockSums.BLOCK);
    return bytes.flip();
  }

  @Test
  void doesNotOpenOnADamagedBlock() throws IOException {
    try (FileChannel channel = open()) {
      channel.write(ByteBuffer.wrap(blocks(6)), 0);
      channel.force(true);
    }
    spoil(4 * BlockSums.BLOCK + 100);
    try (FileChannel channel = open()) {
      assertThatThrownBy(() -> block(channel, 4))
          .isInstanceOf(GuardRefusedException.class)
          .hasMessageContaining("the 4096 bytes from 16384 on are damaged");
      assertThatThrownBy(() -> block(channel, 5)).isInstanceOf(GuardFailedException.class);
    }
  }

  @Test
  void aDamagedBlockFailsWhoReadsIt() throws IOException {
    byte[] written = blocks(6);
    try (FileChannel channel = open()) {
      channel.write(ByteBuffer.wrap(written), 0);
      channel.force(true);
      spoil(4 * BlockSums.BLOCK + 100);

      assertThatThrownBy(() -> block(channel, 4)).isInstanceOf(BlockSums.DamagedBlock.class);
      assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(10), 4 * BlockSums.BLOCK))
          .isInstanceOf(BlockSums.DamagedBlock.class);
      assertThat(block(channel, 5))
          .isEqualTo(ByteBuffer.wrap(written, 5 * BlockSums.BLOCK, BlockSums.BLOCK));
      channel.write(ByteBuffer.wrap(written, 0, BlockSums.BLOCK), 4 * BlockSums.BLOCK);
      channel.force(true);
      assertThat(block(channel, 4)).isEqualTo(ByteBuffer.wrap(written, 0, BlockSums.BLOCK));
    }
  }

  @Test
  void turnsABitBackThatHasTurned() throws IOException {
    byte[] written = blocks(6);
    try (FileChannel channel = open()) {
      channel.write(ByteBuffer.wrap(written), 0);
      channel.force(true);
    }
    Random random = new Random(4);
    for (int life = 0; life < 3; life++) {
      try (FileChannel channel = open()) {
        for (int i = 0; i < 300; i++) {
          int at = i < 8 ? 0 : i < 16 ? BlockSums.BLOCK - 1 : random.nextInt(BlockSums.BLOCK);
          turn(4 * BlockSums.BLOCK + at, 1 << i % 8);
          turn(5 * BlockSums.BLOCK + at, 1 << i % 8);
          ByteBuffer read = ByteBuffer.allocate(2 * BlockSums.BLOCK);
          Channels.readUpTo(channel, read, 4 * BlockSums.BLOCK);
          assertThat(read.array())
              .isEqualTo(Arrays.copyOfRange(written, 4 * BlockSums.BLOCK, written.length));
        }
      }
      assertThat(disk.image().bytes(DATA)).isEqualTo(written);
    }
  }

  /** Else neither would be left to tell that this is the file that the sums are of. */
  @Test
  void turnsABitBackInEachOfTheTwoHeaders() throws IOException {
    byte[] written = blocks(6);
    try (FileChannel channel = open()) {
      channel.write(ByteBuffer.wrap(written), 0);
      channel.force(true);
    }
    turn(100, 8);
    turn(BlockSums.BLOCK + 200, 32);
    spoil(4 * BlockSums.BLOCK);
    try (FileChannel channel = open()) {
      assertThat(block(channel, 0)).isEqualTo(ByteBuffer.wrap(written, 0, BlockSums.BLOCK));
      assertThat(block(channel, 1))
          .isEqualTo(ByteBuffer.wrap(written, BlockSums.BLOCK, BlockSums.BLOCK));
      assertThatThrownBy(() -> block(channel, 4)).isInstanceOf(GuardRefusedException.class);
    }
  }

  /** What differs by more than a bit may look like another single one to a checksum of 32 bits. */
  @Test
  void turnsNothingBackWhereMoreIsDamaged() throws IOException {
    byte[] written = blocks(6);
    try (FileChannel channel = open()) {
      channel.write(ByteBuffer.wrap(written), 0);
      channel.force(true);
      Random random = new Random(5);
      for (int i = 0; i < 20_000; i++) {
        byte[] other = Arrays.copyOfRange(written, 4 * BlockSums.BLOCK, 5 * BlockSums.BLOCK);
        for (int bits = 2 + random.nextInt(4); bits > 0; bits--) {
          other[random.nextInt(other.length)] ^= (byte) (1 << random.nextInt(8));
        }
        if (Arrays.equals(
            other, 0, other.length, written, 4 * BlockSums.BLOCK, 5 * BlockSums.BLOCK)) {
          continue;
        }
        try (FileChannel data = FilePath.get("model:" + DATA).open("rw")) {
          data.write(ByteBuffer.wrap(other), 4 * BlockSums.BLOCK);
        }
        assertThatThrownBy(() -> block(channel, 4)).isInstanceOf(BlockSums.DamagedBlock.class);
      }
    }
  }

  /** The other copy of the page is older than the blocks. */
  @Test
  void takesNoGoodBlockForADamagedOneWhereItsSumIsDamaged() throws IOException {
    byte[] written = blocks(6);
    try (FileChannel channel = open()) {
      channel.write(ByteBuffer.wrap(blocks(6)), 0);
      channel.force(true);
    }
    try (FileChannel channel = open()) {
      channel.write(ByteBuffer.wrap(written, 0, BlockSums.BLOCK), 4 * BlockSums.BLOCK);
      channel.force(true);
    }
    DiskImage closed = disk.image();
    for (int copy = 2; copy <= 3; copy++) {
      restartWith(closed.flipped("/db.sums", (long) copy * BlockSums.BLOCK + 100));
      for (int life = 0; life < 3; life++) {
        try (FileChannel channel = open()) {
          assertThat(block(channel, 4)).isEqualTo(ByteBuffer.wrap(written, 0, BlockSums.BLOCK));
          channel.write(ByteBuffer.wrap(written, 0, BlockSums.BLOCK), 0);
          channel.write(ByteBuffer.wrap(written, 0, BlockSums.BLOCK), 5 * BlockSums.BLOCK);
          channel.force(true);
        }
      }
      spoil(5 * BlockSums.BLOCK + 100);
      try (FileChannel channel = open()) {
        assertThatThrownBy(() -> block(channel, 5)).isInstanceOf(GuardRefusedException.class);
      }
    }
  }

  @Test
  void knowsTheBlocksAfterACrash() throws IOException {
    FileChannel channel = open();
    channel.write(ByteBuffer.wrap(blocks(6)), 0);
    channel.force(true);
    DiskImage left = disk.image();
    channel.close();
    disk.close();
    disk = ModelDisk.register("model", left);
    try (FileChannel again = open()) {
      block(again, 4);
      spoil(4 * BlockSums.BLOCK + 100);
      assertThatThrownBy(() -> block(again, 4)).isInstanceOf(GuardRefusedException.class);
    }
  }

  @Test
  void takesAFileThatWasPutInItsPlaceAfterACleanStop() throws IOException {
    try (FileChannel channel = open()) {
      channel.write(ByteBuffer.wrap(blocks(6)), 0);
      channel.force(true);
    }
    byte[] another = blocks(7);
    try (FileChannel data = FilePath.get("model:" + DATA).open("rw")) {
      data.write(ByteBuffer.wrap(another), 0);
    }
    try (FileChannel channel = open()) {
      assertThat(content(channel)).isEqualTo(another);
    }
  }

  /** Does what may force. */
  private interface Forcing {
    void run() throws IOException;
  }

  /** The background work, which may come as late as it can, runs when what is done waits for it. */
  private void helped(Forcing work) {
    AtomicReference<IOException> thrown = new AtomicReference<>();
    Thread force =
        Thread.ofPlatform()
            .start(() -> {
              try {
                work.run();
              } catch (IOException e) {
                thrown.set(e);
              }
            });
    while (force.isAlive()) {
      if (force.getState() == Thread.State.WAITING) {
        runDue();
      }
      Thread.onSpinWait();
    }
    assertThat(thrown.get()).isNull();
  }

  /** Lets the power fail at every moment of the recovery and of the first force after it. */
  private static void crashAgain(DiskImage image, Random random, String where) throws IOException {
    try (ModelDisk disk = ModelDisk.register("again", image)) {
      disk.beginRecording();
      byte[] recovered;
      byte[] written;
      int recoveredAt;
      try (FileChannel channel = FilePath.get("guard:again:" + DATA).open("rw")) {
        recovered = content(channel);
        recoveredAt = disk.position();
        byte[] bytes = new byte[8192];
        random.nextBytes(bytes);
        channel.write(ByteBuffer.wrap(bytes), 4096);
        channel.force(true);
        written = content(channel);
      }
      int end = disk.position();
      CrashSite site = disk.crashSite();
      for (int position = 0; position <= end; position++) {
        site.advanceTo(position);
        List<byte[]> allowed =
            position <= recoveredAt
                ? List.of(recovered)
                : position == end ? List.of(written) : List.of(recovered, written);
        for (CrashSite.Kind kind : CrashSite.Kind.values()) {
          check(
              site.image(kind, random),
              allowed,
              where + ", again at " + position + " of " + end + " " + kind);
        }
      }
    }
  }

  private static void check(DiskImage image, List<byte[]> allowed, String where)
      throws IOException {
    try (ModelDisk _ = ModelDisk.register("crashed", image);
        FileChannel channel = FilePath.get("guard:crashed:" + DATA).open("rw")) {
      byte[] found = content(channel);
      assertThat(allowed.stream().anyMatch(state -> Arrays.equals(state, found)))
          .as(where)
          .isTrue();
    }
  }
}
