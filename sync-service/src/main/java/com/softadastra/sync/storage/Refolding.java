package com.softadastra.sync.storage;

import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.space.Clocks;
import com.softadastra.engine.space.SpaceState;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Documents that are to be folded again, because something else is said of a clock than when they
 * were folded last: as many as one commit takes in the commit that brings it, others in those that
 * follow, and what can't be read now when something that was damaged is mended. A space of which
 * some are left is written down as not followed, so that a start begins again.
 *
 * <p>Owned by the thread that records.
 */
final class Refolding {
  private static final Logger LOG = LoggerFactory.getLogger(Refolding.class);

  /** So many documents are folded with one group commit. */
  static final int PAGE = 256;

  private final Map<SpaceId, SpaceState> spaces;
  private final Mending mending;
  private final Consumer<DamagedRow> noticed;
  private final Set<DocumentKey> waiting = new LinkedHashSet<>();
  private final Set<DocumentKey> damaged = new LinkedHashSet<>();
  private final Set<SpaceId> followed = new HashSet<>();
  private long progress;
  private @Nullable Batch last;
  private int room;

  /**
   * @param spaces as the recording has them
   * @param noticed is told of damaged rows
   */
  Refolding(Map<SpaceId, SpaceState> spaces, Mending mending, Consumer<DamagedRow> noticed) {
    this.spaces = spaces;
    this.mending = mending;
    this.noticed = noticed;
  }

  /**
   * Begins with what an earlier life left, or earlier software did not do.
   *
   * @param before the spaces that are written down as followed
   */
  void recover(Set<SpaceId> before, Journal journal) {
    followed.addAll(before);
    for (var space : spaces.keySet()) {
      if (!before.contains(space) && saysSomething(space, journal)) {
        waiting.addAll(journal.disputed(space));
      }
    }
  }

  private boolean saysSomething(SpaceId space, Journal journal) {
    return Objects.requireNonNull(spaces.get(space)).chains().values().stream()
        .map(head -> Clocks.key(space, head.author()))
        .distinct()
        .anyMatch(key -> isThere(key, journal));
  }

  private static boolean isThere(DocumentKey key, Journal journal) {
    try {
      return journal.document(key) != null;
    } catch (DamagedRow row) {
      return true;
    }
  }

  /** A space is new, and has nothing to follow. */
  void created(SpaceId space) {
    followed.add(space);
  }

  /** Whether there is something to fold now. */
  boolean hasWork() {
    return !waiting.isEmpty() || (!damaged.isEmpty() && progress != mending.progress());
  }

  /** Folds what is left, as far as there is room. */
  void step(Batch batch) {
    if (progress != mending.progress()) {
      progress = mending.progress();
      waiting.addAll(damaged);
      damaged.clear();
    }
    fold(batch);
  }

  /** These are to be folded, in this commit as far as there is room. */
  void add(Collection<DocumentKey> documents, Batch batch) {
    waiting.addAll(documents);
    fold(batch);
  }

  private void fold(Batch batch) {
    if (batch != last) {
      last = batch;
      room = PAGE;
    }
    for (var next = waiting.iterator(); room > 0 && next.hasNext(); room--) {
      var key = next.next();
      next.remove();
      try {
        batch.add(Clocks.foldedAgain(key, batch, batch.now()));
      } catch (DamagedRow row) {
        noticed.accept(row);
        damaged.add(key);
      } catch (RuntimeException e) {
        LOG.error("the document {} can't be folded again yet", key.id(), e);
        damaged.add(key);
      }
    }
  }

  /** Writes down with a commit of which spaces all is folded, where that changes with it. */
  void end(Batch batch) {
    var left =
        Stream.concat(waiting.stream(), damaged.stream())
            .map(DocumentKey::space)
            .collect(Collectors.toSet());
    for (var space : spaces.keySet()) {
      boolean all = !left.contains(space);
      if (all ? followed.add(space) : followed.remove(space)) {
        batch.followClocks(space, all);
      }
    }
  }
}
