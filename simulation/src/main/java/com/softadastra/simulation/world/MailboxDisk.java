package com.softadastra.simulation.world;

import com.softadastra.contracts.NodeId;
import com.softadastra.edge.mailbox.MailboxException;
import com.softadastra.edge.mailbox.MailboxStore;
import com.softadastra.edge.mailbox.MailboxStore.Waiting;
import com.softadastra.edge.mailbox.Quotas;
import com.softadastra.simulation.world.Disk.Before;
import com.softadastra.simulation.world.Disk.Stop;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/** What a relay has of envelopes that outlives its process. */
abstract class MailboxDisk {
  static final Quotas QUOTAS = new Quotas(1L << 40, 1L << 40, 1L << 40, 0);

  /** How long a force takes. */
  static final Duration FORCE = Duration.ofMillis(2);

  /**
   * Opens the mailboxes for one process.
   *
   * @param freeBytes how much room there is
   */
  abstract MailboxStore open(Life life, LongSupplier freeBytes, Before before, Stop stop);

  /** The process has ended, and of what was not forced some may be lost. */
  abstract void crash(RandomGenerator random);

  /** What is forced, beside the process or after it. */
  abstract MailboxStore reader();

  /** While no process has it open, an envelope goes. */
  abstract void lose(NodeId destination, UUID id);

  /** Another one with nothing on it. */
  abstract MailboxDisk empty();

  /** Gives back what it took of the machine that simulates. */
  abstract void close();

  /** Whether an envelope is here for a node, whole. */
  final boolean has(NodeId destination, byte[] id) {
    var buffer = ByteBuffer.wrap(id);
    var uuid = new UUID(buffer.getLong(), buffer.getLong());
    var reader = reader();
    return reader.waiting(destination, Integer.MAX_VALUE).stream()
        .filter(waiting -> waiting.id().equals(uuid))
        .anyMatch(waiting -> canBeRead(reader, waiting));
  }

  private static boolean canBeRead(MailboxStore reader, Waiting waiting) {
    try {
      return reader.read(waiting).isPresent();
    } catch (MailboxException _) {
      return false;
    }
  }
}
