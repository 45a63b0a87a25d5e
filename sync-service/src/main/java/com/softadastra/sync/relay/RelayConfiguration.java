package com.softadastra.sync.relay;

import com.softadastra.contracts.mail.MailLinks;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.sync.envelope.Envelopes;
import com.softadastra.sync.peer.Exchanges;
import com.softadastra.sync.peer.PeerConfiguration;
import com.softadastra.sync.peer.PeerDirectory;
import com.softadastra.sync.peer.RelayDirectory;
import com.softadastra.sync.storage.Storage;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Lanes to relays, and this node as one. */
@Configuration(proxyBeanMethods = false)
public class RelayConfiguration {
  @Bean
  CustodyBook custodyBook(Storage storage, RelayDirectory relays) {
    return new CustodyBook(storage.recording(), relays);
  }

  @Bean(destroyMethod = "")
  Relays relays(
      Storage storage,
      Envelopes envelopes,
      Exchanges exchanges,
      PeerDirectory peers,
      CustodyBook custody,
      NodeKey key,
      ObjectProvider<MailLinks> links,
      PeerConfiguration.Node node,
      Surroundings surroundings) {
    return new Relays(
        storage.recording(),
        envelopes,
        exchanges,
        peers,
        custody,
        key.nodeId(),
        // the gateway comes up after the engine
        (relay, addresses, frames) -> links.getObject().mail(relay, addresses, frames),
        node.lanes(),
        surroundings);
  }

  @Bean
  RelayService relayDuties(RelayDirectory relays, NodeKey key) {
    return new RelayService(relays, key);
  }

  /** Lanes start when everything else is up, and stop first. */
  @Bean
  SmartLifecycle relaysLifecycle(Relays relays) {
    return new SmartLifecycle() {
      private volatile boolean running;

      @Override
      public void start() {
        relays.start();
        running = true;
      }

      @Override
      public void stop() {
        running = false;
        relays.stop();
      }

      @Override
      public boolean isRunning() {
        return running;
      }

      @Override
      public int getPhase() {
        return Integer.MAX_VALUE - 9;
      }
    };
  }
}
