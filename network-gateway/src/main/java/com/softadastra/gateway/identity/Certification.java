package com.softadastra.gateway.identity;

import com.softadastra.contracts.peering.Peering;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Gets this gateway its {@link TransportIdentity} and keeps it for the life of the process. The
 * sync engine may start later than the gateway, so it is asked until it answers. Owns one thread
 * while it asks; {@link #identity} may be read by any.
 */
public final class Certification implements SmartLifecycle {
  private static final Logger LOG = LoggerFactory.getLogger(Certification.class);

  /** After the sync engine, before the web server. */
  public static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 8192;

  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  private final Supplier<Peering> peering;
  private volatile @Nullable TransportIdentity identity;
  private volatile @Nullable CountDownLatch asking;

  /**
   * @param peering looked up only once this runs, because the sync engine in turn needs the gateway
   */
  public Certification(Supplier<Peering> peering) {
    this.peering = peering;
  }

  /** Empty until the sync engine has answered. */
  public Optional<TransportIdentity> identity() {
    return Optional.ofNullable(identity);
  }

  @Override
  public void start() {
    var stop = new CountDownLatch(1);
    asking = stop;
    Thread.ofVirtual().name("mesh-certification").start(() -> askUntilAnswered(stop));
  }

  private void askUntilAnswered(CountDownLatch stop) {
    var pause = FIRST_PAUSE;
    try {
      while (identity == null && stop.getCount() > 0) {
        if (ask() || stop.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
          return;
        }
        pause =
            pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0
                ? pause.multipliedBy(2)
                : LONGEST_PAUSE;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean ask() {
    try {
      var certified = TransportIdentity.certifiedBy(peering.get());
      identity = certified;
      LOG.info("this gateway speaks for node {}", certified.node());
      return true;
    } catch (GeneralSecurityException | RuntimeException e) {
      LOG.warn("the transport's key is not certified yet, asking again: {}", e.toString());
      return false;
    }
  }

  @Override
  public void stop() {
    var running = asking;
    asking = null;
    if (running != null) {
      running.countDown();
    }
  }

  @Override
  public boolean isRunning() {
    return asking != null;
  }

  @Override
  public int getPhase() {
    return PHASE;
  }
}
