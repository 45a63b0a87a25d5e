package com.softadastra.guard;

/**
 * What happens to the process when a guarded file has failed.
 *
 * <p>After a failed force nobody knows what the disk holds: the operating system may have dropped
 * the pages and reports success next time. Going on, or trying again, would acknowledge what is not
 * there. So the process ends and the next start replays the journal.
 */
@FunctionalInterface
public interface FailStop {

  /** The exit status of {@link #halting()}: EX_TEMPFAIL, a restart may help. */
  int EXIT_STATUS = 75;

  /**
   * Called once for each file that fails, on the thread that met the failure, after the file has
   * been poisoned.
   *
   * @param file the guarded file
   * @param cause the first error
   */
  void stop(String file, Throwable cause);

  /** Prints one line to standard error and halts, without running shutdown hooks. */
  static FailStop halting() {
    return (file, cause) -> {
      System.err.println("guarded file " + file + " failed, halting: " + cause);
      Runtime.getRuntime().halt(EXIT_STATUS);
    };
  }
}
