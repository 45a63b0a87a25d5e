package com.softadastra.sync.peer;

import com.softadastra.contracts.blob.BlobPeers;
import com.softadastra.contracts.blob.BlobPeers.BlobPeer;
import com.softadastra.contracts.peering.PeerLinks;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.identity.Incarnations;
import com.softadastra.sync.outbox.Outbox;
import com.softadastra.sync.storage.Storage;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.jpa.repository.config.EnableJpaRepositories;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Peers, invitations and lanes are entities; sessions and lanes live as long as the application.
 */
@Configuration(proxyBeanMethods = false)
@EntityScan(basePackageClasses = PeerEntity.class)
@EnableJpaRepositories(basePackageClasses = PeerRepository.class)
public class PeerConfiguration {
  private static final Logger LOG = LoggerFactory.getLogger(PeerConfiguration.class);

  /** How this node introduces itself and calls others. */
  public record Node(String name, String version, Exchanges.LaneSettings lanes) {}

  @Bean
  PeerStore peerStore(
      PeerRepository peers,
      LaneRepository lanes,
      CustodyRepository custody,
      RelayDutyRepository duties,
      PlatformTransactionManager transactions) {
    return new JpaPeerStore(peers, lanes, custody, duties, new TransactionTemplate(transactions));
  }

  @Bean
  PeerDirectory peerDirectory(Storage storage, PeerStore store) {
    return new PeerDirectory(storage.recording(), store);
  }

  @Bean
  RelayDirectory relayDirectory(Storage storage, PeerStore store) {
    return new RelayDirectory(storage.recording(), store);
  }

  @Bean(destroyMethod = "")
  Exchanges exchanges(
      Storage storage,
      Incarnations incarnations,
      NodeKey key,
      Node node,
      PeerDirectory peers,
      Supplier<PeerLinks> links,
      Surroundings surroundings) {
    return new Exchanges(
        storage.recording(),
        incarnations,
        key,
        node.name(),
        peers,
        links,
        node.lanes(),
        surroundings);
  }

  @Bean
  Pairing pairing(
      Storage storage,
      NodeKey key,
      Node node,
      SpaceNames spaces,
      PeerDirectory peers,
      RelayDirectory relays,
      InvitationRepository invitations,
      PlatformTransactionManager transactions,
      Exchanges exchanges,
      Supplier<PeerLinks> links,
      InstantSource clock) {
    return new Pairing(
        storage.recording(),
        key,
        node.name(),
        spaces,
        peers,
        relays,
        invitations,
        new TransactionTemplate(transactions),
        exchanges,
        links,
        clock);
  }

  @Bean
  PeeringService peering(
      Storage storage,
      NodeKey key,
      Node node,
      SpaceNames spaces,
      PeerDirectory peers,
      Pairing pairing,
      Exchanges exchanges,
      Routes routes,
      Outbox outbox,
      Supplier<PeerLinks> links,
      InstantSource clock) {
    return new PeeringService(
        storage.recording(),
        key,
        node.name(),
        node.version(),
        spaces,
        peers,
        pairing,
        exchanges,
        routes,
        outbox,
        links,
        clock);
  }

  @Bean
  BlobPeers blobPeers(PeerDirectory peers, Exchanges exchanges) {
    return () ->
        peers.all().stream()
            .filter(PeerDirectory.Peer::linkOn)
            // it must not see what members have
            .filter(peer -> !exchanges.isOnlyRelay(peer.node()))
            .sorted(Comparator.comparing(peer -> !exchanges.connected(peer.node())))
            .map(peer -> new BlobPeer(peer.node(), peer.addresses()))
            .toList();
  }

  /** Lanes start when everything else is up, and stop first. */
  @Bean
  SmartLifecycle exchangesLifecycle(Exchanges exchanges) {
    return new SmartLifecycle() {
      private volatile boolean running;

      @Override
      public void start() {
        exchanges.start();
        running = true;
      }

      @Override
      public void stop() {
        running = false;
        var _ = exchanges.stop();
      }

      @Override
      public void stop(Runnable stopped) {
        running = false;
        var _ =
            exchanges
                .stop()
                .whenComplete((_, failure) -> {
                  if (failure != null) {
                    LOG.warn("how the lanes stood was not kept", failure);
                  }
                  stopped.run();
                });
      }

      @Override
      public boolean isRunning() {
        return running;
      }

      @Override
      public int getPhase() {
        return Integer.MAX_VALUE - 10;
      }
    };
  }
}
