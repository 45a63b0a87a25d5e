package com.softadastra.edge.blob;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.softadastra.contracts.LayerUnreachable;
import com.softadastra.contracts.blob.BlobLinks;
import com.softadastra.contracts.blob.BlobPeers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
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
  private final ConcurrentHashMap<BlobId, CompletableFuture<Boolean>> flights =
      new ConcurrentHashMap<>();
  private final Semaphore places = new Semaphore(MOST_FLIGHTS);

  /**
   * How long is waited.
   *
   * @param answer for what peers say that are asked
   * @param piece for the next piece
   * @param whole for all of a blob; what is there then stays for the next who asks
   * @param absence how long it is believed that no peer has a blob
   */
  public record Patience(Duration answer, Duration piece, Duration whole, Duration absence) {
    public static final Patience DEFAULT =
        new Patience(
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
    var mine = new CompletableFuture<Boolean>();
    var flight = flights.putIfAbsent(id, mine);
    if (flight == null) {
      Thread.ofVirtual().name("blob-fetch").start(() -> fly(id, mine));
      return mine.join();
    }
    return flight.join();
  }

  private void fly(BlobId id, CompletableFuture<Boolean> outcome) {
    boolean isThere = false;
    try {
      places.acquire();
      try {
        isThere = new BlobFlight(id, store, links, patience).bring(peers.peers());
      } finally {
        places.release();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (LayerUnreachable e) {
      LOG.debug("blob {} can't be fetched", id, e);
    } catch (RuntimeException e) {
      LOG.warn("fetching blob {} failed", id, e);
    } finally {
      if (!isThere) {
        absent.put(id, true);
      }
      flights.remove(id, outcome);
      outcome.complete(isThere);
    }
  }
}
