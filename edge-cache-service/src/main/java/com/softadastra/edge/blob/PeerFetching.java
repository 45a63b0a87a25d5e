package com.softadastra.edge.blob;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.softadastra.contracts.LayerUnreachable;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.blob.BlobLinks;
import com.softadastra.contracts.blob.BlobPeers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches blobs from peers, each once for all who want it. They are served when the whole is
 * verified: until then nobody can tell whether any of it is right.
 */
public final class PeerFetching implements BlobSource {
  private static final Logger LOG = LoggerFactory.getLogger(PeerFetching.class);

  /** Fetches at once; each is one connection of the few that a peer lets one node have. */
  private static final int MOST_FLIGHTS = 4;

  private final BlobStore store;
  private final BlobPeers peers;
  private final BlobLinks links;
  private final Patience patience;
  private final Cache<BlobId, Boolean> absent;
  private final ConcurrentHashMap<BlobId, CompletableFuture<Outcome>> flights =
      new ConcurrentHashMap<>();
  private final Semaphore places = new Semaphore(MOST_FLIGHTS);

  private enum Outcome {
    THERE,
    ABSENT,
    /** All places were taken. */
    BUSY
  }

  /**
   * How long is waited.
   *
   * @param place for one of the few fetches at once
   * @param answer for what peers say that are asked
   * @param piece for the next piece
   * @param whole for all of a blob; what is there then stays for the next who asks
   * @param absence how long it is believed that no peer has a blob
   */
  public record Patience(
      Duration place, Duration answer, Duration piece, Duration whole, Duration absence) {
    public static final Patience DEFAULT =
        new Patience(
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(10),
            Duration.ofHours(1),
            Duration.ofSeconds(2));
  }

  public PeerFetching(BlobStore store, BlobPeers peers, BlobLinks links, Patience patience) {
    this.store = store;
    this.peers = peers;
    this.links = links;
    this.patience = patience;
    this.absent =
        Caffeine.newBuilder().maximumSize(100_000).expireAfterWrite(patience.absence()).build();
  }

  @Override
  public boolean fetch(BlobId id) {
    if (store.has(id)) {
      return true;
    }
    if (absent.getIfPresent(id) != null) {
      return false;
    }
    var mine = new CompletableFuture<Outcome>();
    var flight = flights.putIfAbsent(id, mine);
    if (flight == null) {
      Thread.ofVirtual().name("blob-fetch").start(() -> fly(id, mine));
      flight = mine;
    }
    return switch (flight.join()) {
      case THERE -> true;
      case ABSENT -> false;
      case BUSY ->
          throw new Refused(ProblemCode.BUSY, MOST_FLIGHTS + " other blobs are being fetched");
    };
  }

  private void fly(BlobId id, CompletableFuture<Outcome> flight) {
    var outcome = Outcome.ABSENT;
    try {
      outcome = outcome(id);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (LayerUnreachable e) {
      LOG.debug("blob {} can't be fetched", id, e);
    } catch (RuntimeException e) {
      LOG.warn("fetching blob {} failed", id, e);
    } finally {
      if (outcome == Outcome.ABSENT) {
        absent.put(id, true);
      }
      flights.remove(id, flight);
      flight.complete(outcome);
    }
  }

  private Outcome outcome(BlobId id) throws InterruptedException {
    if (!places.tryAcquire(patience.place().toMillis(), TimeUnit.MILLISECONDS)) {
      return Outcome.BUSY;
    }
    try {
      boolean isThere = new BlobFlight(id, store, links, patience).bring(peers.peers());
      return isThere ? Outcome.THERE : Outcome.ABSENT;
    } finally {
      places.release();
    }
  }
}
