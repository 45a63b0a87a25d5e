package com.softadastra.sync;

import com.softadastra.contracts.documents.Documents;
import com.softadastra.contracts.peering.PeerLinks;
import com.softadastra.contracts.time.Schedule;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.contracts.time.ThreadSchedule;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardSettings;
import com.softadastra.sync.documents.CollectionDirectory;
import com.softadastra.sync.documents.DocumentService;
import com.softadastra.sync.documents.DocumentsConfiguration;
import com.softadastra.sync.documents.Receipts;
import com.softadastra.sync.documents.SpaceDirectory;
import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.envelope.EnvelopeConfiguration;
import com.softadastra.sync.identity.DataDirectory;
import com.softadastra.sync.identity.FiledIncarnations;
import com.softadastra.sync.outbox.Outbox;
import com.softadastra.sync.outbox.OutboxConfiguration;
import com.softadastra.sync.peer.Exchanges;
import com.softadastra.sync.peer.PeerConfiguration;
import com.softadastra.sync.relay.CustodyBook;
import com.softadastra.sync.relay.RelayConfiguration;
import com.softadastra.sync.storage.RecordingSettings;
import com.softadastra.sync.storage.Scrubber;
import com.softadastra.sync.storage.Storage;
import com.softadastra.sync.web.SyncWebConfiguration;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/**
 * The sync engine as a layer. It expects a {@link PeerLinks} and a {@link
 * com.softadastra.contracts.mail.MailLinks}, and gives a {@link Documents}, a {@link
 * com.softadastra.contracts.peering.Peering} and a {@link
 * com.softadastra.contracts.peering.Bundles}; who uses them may live in another process.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(SyncProperties.class)
@Import({
  DocumentsConfiguration.class,
  OutboxConfiguration.class,
  PeerConfiguration.class,
  EnvelopeConfiguration.class,
  RelayConfiguration.class,
  SyncWebConfiguration.class
})
public class SyncConfiguration {
  @Bean(destroyMethod = "close")
  DataDirectory dataDirectory(SyncProperties properties) {
    return DataDirectory.open(properties.data());
  }

  @Bean
  FiledIncarnations incarnations(DataDirectory directory, InstantSource clock) {
    return new FiledIncarnations(directory, new SecureRandom(), clock);
  }

  @Bean
  NodeKey nodeKey(DataDirectory directory) {
    return directory.key();
  }

  @Bean
  InstantSource instantSource() {
    return Clock.systemUTC();
  }

  @Bean(destroyMethod = "close")
  ThreadSchedule schedule() {
    return new ThreadSchedule();
  }

  @Bean
  Surroundings surroundings(Schedule schedule, InstantSource clock) {
    return new Surroundings(schedule, clock, new SecureRandom());
  }

  @Bean(destroyMethod = "close")
  Storage storage(
      SyncProperties properties,
      DataDirectory directory,
      FiledIncarnations incarnations,
      NodeKey key,
      InstantSource clock) {
    var settings =
        RecordingSettings.DEFAULT
            .withDocumentBytes((int) properties.limits().document().toBytes())
            .withReserveBytes(properties.storage().reserve().toBytes());
    var storage =
        Storage.open(
            directory.database().toString(),
            key,
            incarnations::birth,
            settings,
            GuardSettings.production(),
            clock,
            directory::freeBytes,
            FailStop.halting());
    incarnations.note(storage.found());
    // so that a start notices where it finds less: a copy put back, or a file that H2 can't read to
    // its end
    storage.whenClosed(incarnations::note);
    return storage;
  }

  @Bean(initMethod = "start", destroyMethod = "close")
  Scrubber scrubber(Storage storage, Schedule schedule) {
    return new Scrubber(storage.readers(), schedule);
  }

  @Bean
  DataSource dataSource(Storage storage) {
    return storage.database().dataSource();
  }

  @Bean
  SpaceNames spaceNames(
      Storage storage,
      SpaceDirectory directory,
      NodeKey key,
      SyncProperties properties,
      InstantSource clock) {
    return new SpaceNames(storage.recording(), directory, key, properties.name(), clock);
  }

  @Bean
  Receipts receipts(
      Storage storage,
      NodeKey key,
      ObjectProvider<Exchanges> exchanges,
      ObjectProvider<CustodyBook> custody) {
    return new Receipts(
        storage.recording(),
        key.nodeId(),
        peer -> exchanges.getObject().link(peer),
        (space, member, position) ->
            custody
                .getObject()
                .covering(space, member, position)
                .map(mark -> new Receipts.Custody.Kept(mark.way().relay(), mark.at())));
  }

  @Bean
  DocumentService documents(
      Storage storage, SpaceNames names, Receipts receipts, CollectionDirectory collections) {
    return new DocumentService(storage, names, receipts, collections);
  }

  @Bean
  Outbox outbox(Storage storage, NodeKey key, InstantSource clock) {
    return new Outbox(storage, key.nodeId(), clock);
  }

  /** The gateway comes up after the engine, which it asks for its certificate. */
  @Bean
  Supplier<PeerLinks> peerLinksLater(ObjectProvider<PeerLinks> links) {
    return links::getObject;
  }

  @Bean
  PeerConfiguration.Node thisNode(SyncProperties properties) {
    var version =
        Optional.ofNullable(SyncConfiguration.class.getPackage().getImplementationVersion());
    return new PeerConfiguration.Node(
        properties.name(),
        version.orElse("development"),
        new Exchanges.LaneSettings(
            properties.lane().backoff(),
            properties.lane().backoffCap(),
            properties.clock().tolerance()));
  }
}
