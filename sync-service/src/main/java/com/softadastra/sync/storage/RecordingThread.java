package com.softadastra.sync.storage;

import com.softadastra.guard.FailStop;
import java.time.Duration;

/**
 * The one thread that records. It is never interrupted: an interrupt would close H2's files under
 * it.
 */
final class RecordingThread implements AutoCloseable {
  // how often the room on the disk is looked at while nothing is written
  private static final Duration IDLE = Duration.ofMillis(100);

  // how long statements wait for company, since nobody waits for them
  private static final Duration COMPANY = Duration.ofMillis(20);

  private final Recording recording;
  private final FailStop failStop;
  private final Thread thread = Thread.ofPlatform().name("recording").unstarted(this::run);

  RecordingThread(Recording recording, FailStop failStop) {
    this.recording = recording;
    this.failStop = failStop;
  }

  void start() {
    thread.start();
  }

  private void run() {
    try {
      while (recording.awaitWork(IDLE, COMPANY)) {
        recording.recordNext();
      }
      recording.finish();
    } catch (Throwable e) {
      // nobody else records, and whoever waits for a write would wait for ever
      failStop.stop("recording", e);
    }
  }

  /** Records what waits and returns when the thread has ended. */
  @Override
  public void close() {
    recording.end();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
