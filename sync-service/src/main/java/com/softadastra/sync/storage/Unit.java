package com.softadastra.sync.storage;

import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.engine.space.BatchCheck.Checked;
import com.softadastra.engine.space.ReceivedEntry;
import com.softadastra.sync.storage.Recording.Outcome;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.slf4j.LoggerFactory;

/** What waits to be recorded. */
sealed interface Unit {
  void fail(Throwable cause);

  /** About how many bytes of entries it brings. */
  default int size() {
    return 0;
  }

  /** Whether somebody waits for it; what nobody waits for may wait for company. */
  default boolean awaited() {
    return true;
  }

  /** An intent of this node's own. */
  record Submitted(IntentRequest request, SpaceId space, CompletableFuture<Outcome> done)
      implements Unit {
    @Override
    public void fail(Throwable cause) {
      done.completeExceptionally(cause);
    }

    @Override
    public int size() {
      return request.operations().stream().mapToInt(Submitted::size).sum();
    }

    private static int size(OperationRequest operation) {
      var patch = operation.patch();
      int chars = patch == null ? 0 : patch.text().text().length();
      return 256 + chars + (operation.body() == null ? 0 : operation.body().text().length());
    }
  }

  /** Entries from a peer. */
  record Received(SpaceId space, Checked batch, CompletableFuture<Map<Replica, String>> done)
      implements Unit {
    @Override
    public void fail(Throwable cause) {
      done.completeExceptionally(cause);
    }

    @Override
    public int size() {
      return batch.genuine().stream().mapToInt(r -> r.bytes().length).sum();
    }
  }

  /** A statement to keep. */
  record Noted(Ledger.Known known) implements Unit {
    @Override
    public void fail(Throwable cause) {
      LoggerFactory.getLogger(Recording.class)
          .debug("a statement was not kept; its member will make another", cause);
    }

    @Override
    public boolean awaited() {
      return false;
    }
  }

  /** What is found of a replica's clock, from one of its sequences on. */
  record ClockJudged(
      SpaceId space, Replica replica, boolean suspect, long from, CompletableFuture<Boolean> done)
      implements Unit {
    @Override
    public void fail(Throwable cause) {
      done.completeExceptionally(cause);
    }
  }

  /** An entry that is held, to be judged again. */
  record Held(long position) implements Unit {
    @Override
    public void fail(Throwable cause) {
      LoggerFactory.getLogger(Recording.class)
          .info("the next start judges the held entry {}: {}", position, cause.getMessage());
    }
  }

  /** What a space's own entries that were forked asked for. */
  record Forked(SpaceId space) implements Unit {
    @Override
    public void fail(Throwable cause) {
      LoggerFactory.getLogger(Recording.class)
          .info("the next start records again what was forked: {}", cause.getMessage());
    }
  }

  /** Entries that a peer sent for damaged ones. */
  record Again(SpaceId space, List<ReceivedEntry> entries, CompletableFuture<Boolean> done)
      implements Unit {
    @Override
    public void fail(Throwable cause) {
      done.completeExceptionally(cause);
    }

    @Override
    public int size() {
      return entries.stream().mapToInt(entry -> entry.bytes().length).sum();
    }
  }

  /** What is owed to nobody any more, to be forgotten. */
  record Discharge(int most, CompletableFuture<Integer> done) implements Unit {
    @Override
    public void fail(Throwable cause) {
      done.completeExceptionally(cause);
    }

    @Override
    public boolean awaited() {
      return false;
    }
  }

  /** Work that changes the storage by other means, in transactions of its own. */
  record Administered<T>(Callable<T> work, CompletableFuture<T> done) implements Unit {
    @Override
    public void fail(Throwable cause) {
      done.completeExceptionally(cause);
    }
  }
}
