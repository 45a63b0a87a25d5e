package com.softadastra.edge.mailbox;

import static com.softadastra.edge.mailbox.Envelopes.ANN;
import static com.softadastra.edge.mailbox.Envelopes.BOB;
import static com.softadastra.edge.mailbox.Envelopes.arrived;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.time.EventQueue;
import com.softadastra.edge.mailbox.MailboxStore.Put;
import com.softadastra.engine.log.Signatures.NodeKey;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class InMemoryMailboxStoreTest extends MailboxStoreContract {
  private static final Duration FORCE = Duration.ofMillis(5);

  private final EventQueue events = new EventQueue();
  private final InMemoryMailboxStore.Disk disk =
      new InMemoryMailboxStore.Disk(new byte[NodeKey.SEED_BYTES]);

  @Override
  protected MailboxStore open() {
    return new InMemoryMailboxStore(disk, QUOTAS, events, FORCE);
  }

  @Override
  protected void crash() {
    store.close();
  }

  @Override
  protected <T> T await(CompletableFuture<T> forced) {
    events.advance(FORCE);
    return forced.join();
  }

  @Test
  void aCrashForgetsWhatWasNotForced() {
    var forced = new CompletableFuture<Put>();
    store.put(arrived(ANN, BOB, 1), forced);
    events.advance(FORCE.minusMillis(1));

    crash();
    store = open();
    events.advance(FORCE);

    assertThat(forced).isCompletedExceptionally();
    assertThat(store.waiting(BOB.nodeId(), 10)).isEmpty();
  }
}
