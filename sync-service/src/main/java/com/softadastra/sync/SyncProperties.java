package com.softadastra.sync;

import java.nio.file.Path;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The sync engine's settings.
 *
 * @param name what people call this node, 1 to 63 characters; it stands in signed records
 * @param data the directory that holds everything it must not lose
 * @param limits of what is taken
 * @param storage of the disk
 * @param lane between calls of a peer
 * @param clock of the clocks of members
 */
@ConfigurationProperties("softadastra")
record SyncProperties(
    @DefaultValue("local") String name,
    @DefaultValue(".softadastra/local") Path data,
    @DefaultValue Limits limits,
    @DefaultValue StorageSettings storage,
    @DefaultValue LaneSettings lane,
    @DefaultValue ClockSettings clock) {
  private static final int LONGEST_NAME = 63;

  SyncProperties {
    if (name.isBlank() || name.length() > LONGEST_NAME) {
      throw new IllegalArgumentException(
          "softadastra.name has 1 to %d characters, not %d".formatted(LONGEST_NAME, name.length()));
    }
  }

  /**
   * @param document the most bytes of canonical JSON that a document may have
   */
  record Limits(@DefaultValue("1MB") DataSize document) {}

  /**
   * @param reserve of free disk below which new intents are refused
   */
  record StorageSettings(@DefaultValue("64MB") DataSize reserve) {}

  /**
   * @param tolerance beyond which a clock that goes otherwise than those of most members is suspect
   */
  record ClockSettings(@DefaultValue("2m") Duration tolerance) {
    ClockSettings {
      if (!tolerance.isPositive()) {
        throw new IllegalArgumentException("softadastra.clock.tolerance is more than nothing");
      }
    }
  }

  /**
   * @param backoff the bound of the first random wait, which doubles
   * @param backoffCap the bound of every wait
   */
  record LaneSettings(
      @DefaultValue("500ms") Duration backoff, @DefaultValue("30s") Duration backoffCap) {}
}
