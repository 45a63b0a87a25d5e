package com.softadastra.sync.relay;

import com.softadastra.contracts.time.Schedule;
import com.softadastra.sync.peer.CustodyMark.Way;
import com.softadastra.sync.storage.StorageException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What relays had and have nothing left of: the members are to say soon that they have it. Where
 * one doesn't, it was lost on the way. Goes on while relays can't be reached.
 *
 * <p>Any thread may use it.
 */
final class Grace {
  private static final Logger LOG = LoggerFactory.getLogger(Grace.class);

  /** How long a member may take; doubles each time that it doesn't say so. */
  static final Duration FIRST = Duration.ofMinutes(1);

  private static final int MOST_DOUBLINGS = 6;

  private final CustodyBook custody;
  private final Schedule schedule;
  private final Consumer<Way> lost;

  /** Up to which log position a member is to say that it has everything; by the clock that runs. */
  private final Map<Way, Long> running = new HashMap<>();

  /** The same for what was fetched since that clock began. */
  private final Map<Way, Long> next = new HashMap<>();

  private final Map<Way, Integer> disappointments = new HashMap<>();

  /**
   * @param lost is told what has to be brought again
   */
  Grace(CustodyBook custody, Schedule schedule, Consumer<Way> lost) {
    this.custody = custody;
    this.schedule = schedule;
    this.lost = lost;
  }

  /** A relay has nothing left of what it had signed for. */
  synchronized void begin(Way way) {
    long upTo = custody.upTo(way);
    if (upTo == 0) {
      return;
    }
    if (running.putIfAbsent(way, upTo) != null) {
      next.put(way, upTo);
      return;
    }
    int times = Math.min(disappointments.getOrDefault(way, 0), MOST_DOUBLINGS);
    schedule.after(FIRST.multipliedBy(1L << times), () -> over(way));
  }

  private void over(Way way) {
    long upTo;
    synchronized (this) {
      upTo = running.getOrDefault(way, 0L);
    }
    boolean stands = upTo > 0 && custody.upTo(way) >= upTo;
    boolean lacks;
    try {
      lacks = stands && custody.lacks(way.space(), way.to(), upTo);
    } catch (StorageException e) {
      LOG.warn("whether {} has what it fetched can't be told now: {}", way.to(), e.getMessage());
      schedule.after(FIRST, () -> over(way));
      return;
    }
    boolean more;
    synchronized (this) {
      running.remove(way);
      more = next.remove(way) != null && !lacks;
      if (lacks) {
        disappointments.merge(way, 1, Integer::sum);
      } else if (stands) {
        disappointments.remove(way);
      }
    }
    if (lacks) {
      lost.accept(way);
    } else if (more) {
      begin(way);
    }
  }
}
