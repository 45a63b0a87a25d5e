package com.softadastra.edge.mailbox.web;

import com.softadastra.edge.forward.Forwards;
import com.softadastra.edge.mailbox.MailboxService;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Optional;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** Endpoints and metrics of the mailboxes. */
@Configuration(proxyBeanMethods = false)
@Import(MailboxController.class)
public class MailboxWebConfiguration {
  @Bean
  EdgeEndpoint edgeEndpoint(MailboxService service, Optional<Forwards> forwards) {
    return new EdgeEndpoint(service, forwards);
  }

  @Bean
  MeterBinder mailboxMetrics(MailboxService service) {
    return registry -> {
      Gauge.builder("softadastra.mailbox.envelopes", service, s -> s.totals().envelopes())
          .description("Envelopes that wait for their destination")
          .register(registry);
      Gauge.builder("softadastra.mailbox.bodies", service, s -> s.totals().bodies())
          .description("Bodies that envelopes share, each counted once")
          .register(registry);
      Gauge.builder("softadastra.mailbox.size", service, s -> s.totals().bytes())
          .baseUnit("bytes")
          .description("Bytes of the envelopes that wait, each with its body")
          .register(registry);
      Gauge.builder("softadastra.mailbox.connections", service, MailboxService::connections)
          .description("Nodes that are connected for their mail")
          .register(registry);
      Gauge.builder("softadastra.mailbox.siblings", service, MailboxService::siblingConnections)
          .description("Other relays that are connected")
          .register(registry);
      var counts = service.counts();
      FunctionCounter.builder("softadastra.mailbox.kept", counts, c -> c.kept())
          .description("Custody receipts given")
          .register(registry);
      FunctionCounter.builder("softadastra.mailbox.taken", counts, c -> c.taken())
          .description("Envelopes that their destination took")
          .register(registry);
      FunctionCounter.builder("softadastra.mailbox.lapsed", counts, c -> c.lapsed())
          .description("Envelopes that were dropped untaken")
          .register(registry);
      FunctionCounter.builder("softadastra.mailbox.refused", counts, c -> c.refused())
          .description("Envelopes that were not kept")
          .register(registry);
      FunctionCounter.builder("softadastra.mailbox.passed", counts, c -> c.passedOver())
          .description("Envelopes that their destination could not take in")
          .register(registry);
      FunctionCounter.builder("softadastra.mailbox.copied", counts, c -> c.copied())
          .description("Envelopes of which another relay took a copy")
          .register(registry);
      FunctionCounter.builder("softadastra.mailbox.brought", counts, c -> c.brought())
          .description("Envelopes that other relays brought")
          .register(registry);
    };
  }
}
