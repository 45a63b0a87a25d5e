package com.softadastra.sync.web;

import com.softadastra.contracts.documents.ConflictState;
import com.softadastra.contracts.documents.ConflictView;
import com.softadastra.contracts.documents.Documents;
import com.softadastra.contracts.peering.PeerView;
import com.softadastra.contracts.peering.Peering;
import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.outbox.DeadLetters;
import com.softadastra.sync.outbox.OutboxView;
import com.softadastra.sync.storage.DamagedEntry;
import com.softadastra.sync.storage.Scrubber;
import com.softadastra.sync.storage.Storage;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;

/** What {@code /actuator} shows of the engine, as JSON that a dashboard can draw. */
final class Dashboards {
  private Dashboards() {}

  /** The log: how far it has come, and what a group commit costs. */
  @Endpoint(id = "wal")
  static final class Wal {
    private final Storage storage;
    private final Scrubber scrubber;

    Wal(Storage storage, Scrubber scrubber) {
      this.storage = storage;
      this.scrubber = scrubber;
    }

    record Body(
        String incarnation,
        long position,
        long entries,
        int waiting,
        boolean storageFull,
        long openingMillis,
        long commits,
        long intents,
        long received,
        long lastBatch,
        long lastCommitMicros,
        long meanCommitMicros,
        long journalForces,
        long dataForces,
        long redoForces,
        long redoBytes,
        long journalBytes,
        long dataBytes,
        long damagedReads,
        long mendedBlocks,
        List<String> damagedEntries,
        Scrubber.Report scrub) {}

    @ReadOperation
    Body wal() {
      var recording = storage.recording();
      var measures = recording.measures();
      var guard = storage.database().guard().counters();
      return new Body(
          recording.incarnation().toString(),
          recording.durable(),
          recording.views().values().stream().mapToLong(view -> view.entries()).sum(),
          recording.waiting(),
          recording.full(),
          storage.opening().toMillis(),
          measures.commits(),
          measures.intents(),
          measures.received(),
          measures.lastBatch(),
          measures.lastCommitNanos() / 1000,
          measures.commits() == 0 ? 0 : measures.commitNanos() / measures.commits() / 1000,
          guard.journalForces(),
          guard.dataForces(),
          storage.redoForces(),
          storage.redoBytes(),
          guard.journalBytes(),
          guard.dataBytes(),
          guard.damagedBlocks(),
          guard.mendedBlocks(),
          recording.damaged().stream().map(DamagedEntry::toString).toList(),
          scrubber.report());
    }
  }

  /** The lanes. */
  @Endpoint(id = "outbox")
  static final class OutboxEndpoint {
    private static final int SHOWN = 1000;

    private final OutboxView view;
    private final DeadLetters deadLetters;

    OutboxEndpoint(OutboxView view, DeadLetters deadLetters) {
      this.view = view;
      this.deadLetters = deadLetters;
    }

    record Body(List<OutboxView.LaneView> lanes, List<DeadLetters.DeadLetter> deadLetters) {}

    @ReadOperation
    Body outbox() {
      return new Body(
          view.lanes(), deadLetters.newest(DeadLetters.Listing.OPEN, SHOWN).deadLetters());
    }
  }

  /** The peers. */
  @Endpoint(id = "peers")
  static final class Peers {
    private final Peering peering;

    Peers(Peering peering) {
      this.peering = peering;
    }

    record Body(List<PeerView> peers) {}

    @ReadOperation
    Body peers() {
      return new Body(peering.peers());
    }
  }

  /** How many conflicts are open, and the first of each space. */
  @Endpoint(id = "conflicts")
  static final class Conflicts {
    private static final int PAGE = 1000;

    private final Documents documents;
    private final SpaceNames names;

    Conflicts(Documents documents, SpaceNames names) {
      this.documents = documents;
      this.names = names;
    }

    record Body(long open, Map<String, List<ConflictView>> spaces) {}

    @ReadOperation
    Body conflicts() {
      var spaces = new TreeMap<String, List<ConflictView>>();
      long open = 0;
      for (var space : names.all().keySet()) {
        for (var after = Long.valueOf(0); after != null; ) {
          var page = documents.conflicts(space, ConflictState.OPEN, after, PAGE).orThrow();
          spaces.putIfAbsent(space, page.conflicts());
          open += page.conflicts().size();
          after = page.next();
        }
      }
      return new Body(open, spaces);
    }
  }
}
