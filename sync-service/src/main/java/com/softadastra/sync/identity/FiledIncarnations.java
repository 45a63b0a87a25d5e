package com.softadastra.sync.identity;

import com.softadastra.contracts.Incarnation;
import com.softadastra.sync.storage.Birth;
import com.softadastra.sync.storage.Found;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which incarnation a node is of, as a file outside the storage tells. Where the incarnation's file doesn't fit the machine, the
 * database's file or what the database says of itself, the storage was restored or copied, and
 * takes a new incarnation before its first write. A copy that keeps all of these (a snapshot of the
 * whole machine) is recognised by its peers.
 */
public final class FiledIncarnations implements Incarnations {
  private static final Logger LOG = LoggerFactory.getLogger(FiledIncarnations.class);
  private static final long EPOCH_HOUR_2026 =
      Instant.parse("2026-01-01T00:00:00Z").getEpochSecond() / 3600;

  private final IncarnationFile file;
  private final RandomGenerator random;
  private final InstantSource clock;

  /**
   * @param random unpredictable, and never the same in two copies of a node
   */
  public FiledIncarnations(IncarnationFile file, RandomGenerator random, InstantSource clock) {
    this.file = file;
    this.random = random;
    this.clock = clock;
  }

  /**
   * As which incarnation the storage is to be opened.
   *
   * @param found empty for a database without content
   */
  public Birth birth(Optional<Found> found) {
    var written = file.read();
    if (found.isEmpty()) {
      return new Birth(draw(), written.isEmpty() ? 0 : startAbove(0));
    }
    var inside = found.get();
    if (written.isEmpty()) {
      LOG.warn("the incarnation file is missing: the storage was restored or copied");
      return reborn(inside.lastPosition());
    }
    var outside = written.get();
    if (!outside.incarnation().equals(inside.incarnation().toString())) {
      LOG.warn("the database is of another incarnation: the storage was restored or copied");
    } else if (!outside.machine().equals(file.machine())
        || !outside.storage().equals(file.storage())) {
      LOG.warn(
          "the database lies on another machine or in another file: the storage was restored or copied");
    } else if (inside.opened() < outside.opened() || inside.lastPosition() < outside.position()) {
      LOG.warn("the database is older than the incarnation file: the storage was restored");
    } else {
      return new Birth(inside.incarnation(), 0);
    }
    return reborn(inside.lastPosition());
  }

  @Override
  public Birth reborn(long lastPosition) {
    return new Birth(draw(), startAbove(lastPosition));
  }

  @Override
  public void note(Found inside) {
    file.write(
        new IncarnationFile.Content(
            inside.incarnation().toString(),
            file.machine(),
            file.storage(),
            inside.opened(),
            inside.lastPosition()));
  }

  // Above anything an earlier life can have issued. The hour keeps two restores of one backup
  // apart.
  private long startAbove(long lastPosition) {
    long hours = Math.max(0, clock.instant().getEpochSecond() / 3600 - EPOCH_HOUR_2026);
    return Math.max((lastPosition / Birth.STRIDE + 1) * Birth.STRIDE, hours * Birth.STRIDE);
  }

  private Incarnation draw() {
    var bytes = new byte[Incarnation.BYTES];
    random.nextBytes(bytes);
    return Incarnation.of(bytes);
  }
}
