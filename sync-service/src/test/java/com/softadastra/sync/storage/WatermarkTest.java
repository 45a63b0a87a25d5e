package com.softadastra.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Incarnation;
import com.softadastra.engine.log.Signatures.NodeKey;
import java.time.Instant;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 1, unit = TimeUnit.MINUTES)
class WatermarkTest {
  private final Recording recording =
      Recording.open(
          new InMemoryJournal(new InMemoryJournal.Medium()),
          new NodeKey(new byte[NodeKey.SEED_BYTES]),
          new Birth(Incarnation.of(new byte[Incarnation.BYTES]), 0),
          RecordingSettings.DEFAULT,
          new Machine(
              () -> Instant.EPOCH,
              new SplittableRandom(1),
              () -> Long.MAX_VALUE,
              Runnable::run,
              SpaceOfTwo.stopped()));

  private final Watermark watermark = new Watermark(recording);
  private final AtomicBoolean out = new AtomicBoolean();
  private final Thread reader =
      Thread.ofPlatform()
          .unstarted(() -> {
            watermark.shown("an answer");
            out.set(true);
          });

  @Test
  void nothingIsShownThatIsCommittedAndNotForced() throws Exception {
    assertThat(readsWhile(() -> {})).isCompletedWithValue(true);
    reader.join();
    assertThat(out).isTrue();
  }

  @Test
  void workThatFailsIsForcedAsFarAsItWent() throws Exception {
    var failure = new IllegalStateException("as planned");
    var done =
        readsWhile(() -> {
          throw failure;
        });
    assertThat(done).isCompletedExceptionally();
    assertThat(done.exceptionNow()).isSameAs(failure);
    reader.join();
    assertThat(out).isTrue();
  }

  /** Commits what appends nothing, and has an answer ready before it is forced. */
  private CompletableFuture<Boolean> readsWhile(Runnable then) {
    var done =
        recording.administer(() -> {
          recording.reborn();
          reader.start();
          while (reader.getState() != Thread.State.TIMED_WAITING
              && reader.getState() != Thread.State.TERMINATED) {
            Thread.onSpinWait();
          }
          assertThat(out).isFalse();
          then.run();
          return true;
        });
    recording.recordNext();
    return done;
  }
}
