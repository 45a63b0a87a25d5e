package com.softadastra.sync.web;

import com.softadastra.contracts.documents.Documents;
import com.softadastra.contracts.peering.PeerView;
import com.softadastra.contracts.peering.Peering;
import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.outbox.DeadLetters;
import com.softadastra.sync.outbox.Outbox;
import com.softadastra.sync.outbox.OutboxView;
import com.softadastra.sync.relay.Relays;
import com.softadastra.sync.storage.Scrubber;
import com.softadastra.sync.storage.Storage;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** Endpoints and metrics of the engine. */
@Configuration(proxyBeanMethods = false)
@Import(OutboxController.class)
public class SyncWebConfiguration {
  @Bean
  OutboxView outboxView(Storage storage, Outbox outbox, Peering peering, SpaceNames names) {
    return new OutboxView(storage, outbox, peering, names);
  }

  @Bean
  Dashboards.Wal walEndpoint(Storage storage, Scrubber scrubber) {
    return new Dashboards.Wal(storage, scrubber);
  }

  @Bean
  Dashboards.OutboxEndpoint outboxEndpoint(OutboxView view, DeadLetters deadLetters) {
    return new Dashboards.OutboxEndpoint(view, deadLetters);
  }

  @Bean
  Dashboards.Peers peersEndpoint(Peering peering) {
    return new Dashboards.Peers(peering);
  }

  @Bean
  Dashboards.Conflicts conflictsEndpoint(Documents documents, SpaceNames names) {
    return new Dashboards.Conflicts(documents, names);
  }

  @Bean
  MeterBinder recordingMetrics(Storage storage) {
    return registry -> {
      var recording = storage.recording();
      var measures = recording.measures();
      FunctionCounter.builder("softadastra.recording.intents", measures, m -> m.intents())
          .description("Intents recorded")
          .register(registry);
      FunctionCounter.builder("softadastra.recording.received", measures, m -> m.received())
          .description("Entries received and stored")
          .register(registry);
      FunctionCounter.builder("softadastra.recording.commits", measures, m -> m.commits())
          .description("Group commits")
          .register(registry);
      FunctionCounter.builder(
              "softadastra.recording.commit.seconds", measures, m -> m.commitNanos() / 1e9)
          .description("Time spent in group commits")
          .register(registry);
      FunctionCounter.builder(
              "softadastra.recording.forces",
              storage,
              s -> s.redoForces() + s.database().guard().counters().journalForces())
          .description("Forces of the redo log and the journal")
          .register(registry);
      FunctionCounter.builder(
              "softadastra.recording.bytes",
              storage,
              s ->
                  s.redoBytes()
                      + s.database().guard().counters().journalBytes()
                      + s.database().guard().counters().dataBytes())
          .baseUnit("bytes")
          .description("Written to the redo log, the journal and the database file")
          .register(registry);
      Gauge.builder("softadastra.recording.position", recording, r -> r.durable())
          .description("Position up to which the log is forced")
          .register(registry);
      Gauge.builder("softadastra.recording.waiting", recording, r -> r.waiting())
          .description("Intents and batches that wait for the disk")
          .register(registry);
      Gauge.builder("softadastra.storage.full", recording, r -> r.full() ? 1 : 0)
          .description("1 while new intents are refused for want of room")
          .register(registry);
    };
  }

  @Bean
  MeterBinder scrubMetrics(Storage storage, Scrubber scrubber) {
    return registry -> {
      Gauge.builder("softadastra.storage.damaged", scrubber, s -> s.report().damaged().size())
          .description("Damages that the last reading of all rows found, and this one so far")
          .register(registry);
      FunctionCounter.builder("softadastra.storage.scrubbed", scrubber, s -> s.report().rows())
          .description("Rows read again to see whether they are damaged")
          .register(registry);
      FunctionCounter.builder(
              "softadastra.storage.damaged.reads",
              storage,
              s -> s.database().guard().counters().damagedBlocks())
          .description("Reads that failed because a block was not what was written")
          .register(registry);
      FunctionCounter.builder(
              "softadastra.storage.mended.blocks",
              storage,
              s -> s.database().guard().counters().mendedBlocks())
          .description("Blocks in which a bit had turned, and was turned back")
          .register(registry);
    };
  }

  @Bean
  MeterBinder peerMetrics(Peering peering, Outbox outbox, Relays relays) {
    return registry -> {
      Gauge.builder("softadastra.peers", peering, p -> p.peers().size())
          .description("Peers paired with")
          .register(registry);
      Gauge.builder(
              "softadastra.peers.connected",
              peering,
              p ->
                  p.peers().stream()
                      .filter(peer -> peer.state() == PeerView.State.CONNECTED)
                      .count())
          .description("Peers in reach")
          .register(registry);
      Gauge.builder(
              "softadastra.lanes.owed",
              peering,
              p -> p.peers().stream().mapToLong(peer -> peer.lag().entries()).sum())
          .description("Entries owed, summed over the lanes")
          .register(registry);
      Gauge.builder("softadastra.risk.entries", outbox, o -> o.risk().entries())
          .description("Entries that exist here alone")
          .register(registry);
      Gauge.builder("softadastra.mail.unopened", relays, r -> r.unopened())
          .description("Envelopes for this node at relays that it could not take in")
          .register(registry);
    };
  }
}
