package com.softadastra.sync.envelope;

import com.softadastra.contracts.time.Surroundings;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.sync.peer.Exchanges;
import com.softadastra.sync.storage.Storage;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Envelopes, and files of them. */
@Configuration(proxyBeanMethods = false)
public class EnvelopeConfiguration {
  @Bean
  Envelopes envelopes(
      Storage storage, Exchanges exchanges, NodeKey key, Surroundings surroundings) {
    return new Envelopes(storage.recording(), exchanges, key, surroundings);
  }

  @Bean
  BundleService bundles(Envelopes envelopes) {
    return new BundleService(envelopes);
  }
}
