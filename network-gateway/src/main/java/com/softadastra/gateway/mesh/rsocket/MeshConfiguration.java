package com.softadastra.gateway.mesh.rsocket;

import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.blob.Blobs;
import com.softadastra.contracts.mail.Mailboxes;
import com.softadastra.contracts.peering.PeerLinks;
import com.softadastra.contracts.peering.Peering;
import com.softadastra.gateway.identity.Certification;
import com.softadastra.gateway.mesh.MailCallers;
import com.softadastra.gateway.mesh.MeshLimits;
import com.softadastra.gateway.mesh.MeshProperties;
import com.softadastra.gateway.mesh.Reachable;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.publisher.Flux;

/**
 * The mesh. {@link Peering} is only looked up once it is called: the sync engine behind it needs
 * the {@link PeerLinks} made here.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(MeshProperties.class)
public class MeshConfiguration {
  /** Of a node whose layers have no edge. */
  private static final Mailboxes NO_MAILBOXES =
      (_, _) -> Flux.error(new Refused(ProblemCode.NOT_SUPPORTED, "this node has no mailboxes"));

  private static final Blobs NO_BLOBS =
      (_, _) -> Flux.error(new Refused(ProblemCode.NOT_SUPPORTED, "this node has no blobs"));

  @Bean
  MeshThreads meshThreads() {
    return new MeshThreads();
  }

  @Bean
  MeshMetrics meshMetrics(MeterRegistry registry) {
    return new MeshMetrics(registry);
  }

  @Bean
  Certification certification(ObjectProvider<Peering> peering) {
    return new Certification(peering::getObject);
  }

  @Bean
  MailCallers mailCallers(ObjectProvider<InstantSource> clock) {
    return new MailCallers(clock.getIfAvailable(InstantSource::system));
  }

  @Bean
  MeshServer meshServer(
      MeshProperties properties,
      Certification certification,
      ObjectProvider<Peering> peering,
      ObjectProvider<Mailboxes> mailboxes,
      MailCallers callers,
      ObjectProvider<Blobs> blobs,
      MeshThreads threads,
      MeshMetrics metrics) {
    return new MeshServer(
        properties,
        MeshLimits.DEFAULTS,
        certification::identity,
        new PeerRequests.Layers(
            peering::getObject,
            () -> callers.noted(mailboxes.getIfAvailable(() -> NO_MAILBOXES)),
            () -> blobs.getIfAvailable(() -> NO_BLOBS)),
        threads,
        metrics);
  }

  /**
   * They are {@link PeerLinks}, {@link com.softadastra.contracts.blob.BlobLinks} and {@link
   * com.softadastra.contracts.mail.MailLinks}.
   */
  @Bean
  RSocketPeerLinks peerLinks(
      MeshProperties properties,
      MeshServer server,
      Certification certification,
      MeshThreads threads,
      MeshMetrics metrics) {
    return new RSocketPeerLinks(
        () ->
            server.address().map(bound -> Reachable.addresses(properties, bound)).orElse(List.of()),
        certification::identity,
        MeshLimits.DEFAULTS,
        threads,
        metrics);
  }

  @Bean
  MeshHealth meshHealthIndicator(MeshServer server, Certification certification) {
    return new MeshHealth(server, certification);
  }
}
