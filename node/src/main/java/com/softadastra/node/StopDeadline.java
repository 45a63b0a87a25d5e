package com.softadastra.node;

import java.time.Duration;

/**
 * Bounds how long a stop takes. Whatever hangs at the end may be cut off: what was acknowledged is
 * on the disk, and the next start treats it as after a crash.
 */
final class StopDeadline {
  private static final Duration DEADLINE = Duration.ofSeconds(9);
  private static final int CUT_OFF = 124;

  private StopDeadline() {}

  static void install() {
    // The hook itself ends at once, or the JVM would wait for it; daemon threads still run then.
    var hook =
        new Thread(
            () -> Thread.ofPlatform().daemon().name("stop-deadline").start(StopDeadline::await));
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private static void await() {
    try {
      Thread.sleep(DEADLINE);
    } catch (InterruptedException _) {
      return;
    }
    Runtime.getRuntime().halt(CUT_OFF);
  }
}
