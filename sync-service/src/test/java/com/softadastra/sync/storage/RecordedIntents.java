package com.softadastra.sync.storage;

import com.softadastra.disk.CrashSubject;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardSettings;
import com.softadastra.sync.storage.SpaceOfTwo.Story;
import java.util.ArrayList;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The storage as a node opens it, put through power failures. Commit n records 1 to 8 intents at
 * once; beside some it receives what the other writer recorded, or hears what that one has. The
 * recording thread makes one or more group commits of them.
 */
final class RecordedIntents implements CrashSubject {
  private static final int DOCUMENTS = 300;
  private static final int AT_ONCE = 8;
  private static final int RECEIVES_EVERY = 4;
  // so little that every few commits are a checkpoint, and the power fails in those too
  private static final int REDO_BYTES = 8 << 10;
  private static final FailStop THROWING =
      (file, cause) -> {
        throw new IllegalStateException(file + " stopped", cause);
      };

  private final long seed;
  private final boolean guarded;
  private final int journalBytes;
  private final int received;
  private final SpaceOfTwo space;
  private final Story story;

  /** How many answers there were after each commit. */
  private final ConcurrentHashMap<Integer, Integer> answers = new ConcurrentHashMap<>();

  /**
   * @param received how many entries of the other writer come, one in every fourth commit
   */
  RecordedIntents(long seed, boolean guarded, int journalBytes, int received) {
    this.seed = seed;
    this.journalBytes = journalBytes;
    this.guarded = guarded;
    this.received = received;
    space = new SpaceOfTwo(seed, received, DOCUMENTS);
    story = space.new Story(seed);
  }

  private Database database(String files) {
    var settings = GuardSettings.production().withJournalBytes(journalBytes).withFailStop(THROWING);
    return guarded
        ? Database.open(files, settings, REDO_BYTES)
        : Database.openUnguarded(files, settings);
  }

  private int countOf(int commit) {
    var random = new SplittableRandom(seed + commit * 0x9E3779B97F4A7C15L);
    return 1 + random.nextInt(random.nextInt(4) == 0 ? AT_ONCE : 2);
  }

  @Override
  public Session start(String files) {
    var storage =
        Storage.open(
            () -> database(files),
            space.key(),
            SpaceOfTwo::birth,
            RecordingSettings.DEFAULT,
            SpaceOfTwo::now,
            () -> Long.MAX_VALUE,
            THROWING);
    story.createSpace(storage.recording()).join();
    return new Session() {
      private int own;

      @Override
      public void commit(int number) {
        var done = new ArrayList<CompletableFuture<?>>();
        int count = countOf(number);
        int receipt = number / RECEIVES_EVERY;
        switch (number % RECEIVES_EVERY) {
          case 0 -> {
            if (receipt <= received) {
              done.add(story.receive(storage.recording(), receipt - 1, receipt));
            }
          }
          case 2 -> done.add(story.hear(storage.recording(), own));
          default -> {}
        }
        done.addAll(story.record(storage.recording(), AT_ONCE * number, count));
        done.forEach(CompletableFuture::join);
        own += count;
        answers.put(number, story.answers());
      }

      @Override
      public void close() {
        storage.close();
      }
    };
  }

  @Override
  public Optional<String> violation(String files, int acknowledged) {
    var expected = story.upTo(acknowledged == 0 ? 0 : answers.get(acknowledged));
    return expected.violation(() -> space.new Opened(database(files), THROWING));
  }
}
