package com.softadastra.simulation.world;

import com.softadastra.contracts.NodeId;
import com.softadastra.edge.mailbox.InMemoryMailboxStore;
import com.softadastra.edge.mailbox.MailboxStore;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.simulation.world.Disk.Before;
import com.softadastra.simulation.world.Disk.Stop;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/** The product's mailboxes in memory, which forget what was not forced. */
final class MemoryMailboxDisk extends MailboxDisk {
  private final Agenda agenda;
  private final RandomGenerator random;
  private final InMemoryMailboxStore.Disk disk;

  MemoryMailboxDisk(Agenda agenda, RandomGenerator random) {
    this.agenda = agenda;
    this.random = random;
    var seed = new byte[NodeKey.SEED_BYTES];
    random.nextBytes(seed);
    disk = new InMemoryMailboxStore.Disk(seed);
  }

  @Override
  MailboxStore open(Life life, LongSupplier freeBytes, Before before, Stop stop) {
    return new InMemoryMailboxStore(disk, QUOTAS, freeBytes, life, FORCE);
  }

  @Override
  void crash(RandomGenerator chance) {
    // a unit is on the disk when it is forced, and not before
  }

  @Override
  MailboxStore reader() {
    return open(Duration.ZERO);
  }

  private InMemoryMailboxStore open(Duration force) {
    return new InMemoryMailboxStore(disk, QUOTAS, new Life(agenda, random), force);
  }

  @Override
  void lose(NodeId destination, UUID id) {
    open(Duration.ZERO).taken(destination, id, new CompletableFuture<>());
  }

  @Override
  MailboxDisk empty() {
    return new MemoryMailboxDisk(agenda, random);
  }

  @Override
  void close() {
    // it has nothing else
  }
}
