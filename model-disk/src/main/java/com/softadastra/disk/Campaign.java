package com.softadastra.disk;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;

/**
 * A long run of tests that otherwise are content with a little: each goes on for a time, with new
 * seeds, and writes what it did to one report.
 *
 * <p>{@code -Dcampaign.seconds=} is how long each of them goes on; without it, each does what it
 * always does. {@code -Dcampaign.report=} is the folder of the reports, {@code -Dcampaign.command=}
 * what was typed, which the build sets.
 */
public final class Campaign {
  private static final Duration LENGTH = Duration.ofSeconds(Long.getLong("campaign.seconds", 0));

  private final long begun = System.nanoTime();

  /** Begins a test's time. */
  public Campaign() {}

  /** Whether another round is due, after at least one. */
  public boolean goesOn() {
    return System.nanoTime() - begun < LENGTH.toNanos();
  }

  /**
   * Writes down what a test did, its seeds among that; it is printed only where no folder is named.
   *
   * @throws IllegalStateException where a report is to be written that can't say how it is repeated
   */
  public static synchronized void note(String test, String figures) {
    System.out.println(test + ": " + figures);
    String folder = System.getProperty("campaign.report");
    if (folder == null) {
      return;
    }
    try {
      String commit = said("git", "rev-parse", "--short=12", "HEAD");
      Path report = Path.of(folder).resolve(LocalDate.now(ZoneOffset.UTC) + "-" + commit + ".md");
      Files.createDirectories(report.getParent());
      try {
        Files.writeString(report, heading(commit), StandardOpenOption.CREATE_NEW);
      } catch (FileAlreadyExistsException e) {
        // another test, maybe of another process, was the first
      }
      Files.writeString(
          report, "| `" + test + "` | " + figures + " |\n", StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String heading(String commit) throws IOException {
    return """
    # Campaign of %s

    | | |
    |---|---|
    | commit | %s%s |
    | command | `%s` |
    | machine | %d cores, %d GiB of memory, %s |
    | Java | %s |

    | test | what it did |
    |---|---|
    """
        .formatted(
            LocalDate.now(ZoneOffset.UTC),
            commit,
            said("git", "status", "--porcelain", "--untracked-files=no").isEmpty()
                ? ""
                : ", with changes",
            command(),
            Runtime.getRuntime().availableProcessors(),
            memoryGiB(),
            disk(),
            Runtime.version());
  }

  /** All that was typed. */
  private static String command() {
    String command = System.getProperty("campaign.command", "");
    if (command.isEmpty() || command.contains("${")) {
      throw new IllegalStateException(
          "run it by ./mvnw, or say -Dcampaign.command=: a report has the command that repeats it");
    }
    return command;
  }

  private static long memoryGiB() {
    var system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return Math.round(system.getTotalMemorySize() / (double) (1 << 30));
  }

  /** The kind of disk that temporary files lie on, as far as the system tells. */
  private static String disk() throws IOException {
    String kind = Files.getFileStore(Path.of(System.getProperty("java.io.tmpdir"))).type();
    String rotating = said("sh", "-c", "cat /sys/block/[vsn]*/queue/rotational | sort -u");
    return kind
        + switch (rotating) {
          case "0" -> " on disks that don't rotate";
          case "1" -> " on disks that rotate, or say so";
          default -> "";
        };
  }

  private static String said(String... command) throws IOException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return said.strip();
  }
}
