package com.softadastra.sync.identity;

import com.softadastra.sync.storage.Birth;
import com.softadastra.sync.storage.Found;
import java.time.InstantSource;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which incarnation a node is of, as a file outside the storage tells. Where the incarnation's file
 * doesn't fit the machine, the database's file or what the database says of itself, the storage was
 * restored or copied, and takes a new incarnation before its first write. A copy that keeps all of
 * these (a snapshot of the whole machine) is recognised by its peers.
 */
public final class FiledIncarnations implements Incarnations {
  private static final Logger LOG = LoggerFactory.getLogger(FiledIncarnations.class);

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
      return written.isEmpty() ? Birth.first(random) : reborn(0);
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

  private Birth reborn(long lastPosition) {
    return Birth.after(lastPosition, clock.instant(), random);
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
}
