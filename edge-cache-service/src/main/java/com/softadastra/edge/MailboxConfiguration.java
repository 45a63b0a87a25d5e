package com.softadastra.edge;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.mail.MailLinks;
import com.softadastra.contracts.mail.RelayDuties;
import com.softadastra.contracts.mail.RelayDuty;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.edge.database.EdgeDatabase;
import com.softadastra.edge.mailbox.MailboxService;
import com.softadastra.edge.mailbox.MailboxStore;
import com.softadastra.edge.mailbox.h2.H2MailboxStore;
import com.softadastra.edge.mailbox.web.MailboxWebConfiguration;
import java.nio.file.Path;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/**
 * The edge's mailboxes as a layer. They give a {@link com.softadastra.contracts.mail.Mailboxes},
 * ask a {@link RelayDuties}, without which this node is a relay of no space, and reach other relays
 * by {@link MailLinks}.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(EdgeProperties.class)
@Import({EdgeDatabaseConfiguration.class, MailboxWebConfiguration.class})
public class MailboxConfiguration {
  @Bean(destroyMethod = "close")
  MailboxStore mailboxStore(
      EdgeProperties edge,
      EdgeDatabase database,
      @Value("${softadastra.data:.softadastra/edge}") Path data) {
    return new H2MailboxStore(database, edge.mailbox().quotas(), data.toFile()::getUsableSpace);
  }

  /** The sync engine may come up later than this. */
  @Bean(destroyMethod = "close")
  MailboxService mailboxes(
      MailboxStore store,
      EdgeProperties edge,
      Surroundings surroundings,
      ObjectProvider<RelayDuties> duties,
      ObjectProvider<MailLinks> links) {
    var later =
        new RelayDuties() {
          @Override
          public NodeId node() {
            return duties.getObject().node();
          }

          @Override
          public List<RelayDuty> duties() {
            var known = duties.getIfAvailable();
            return known == null ? List.of() : known.duties();
          }

          @Override
          public byte[] certifyMailboxes(byte[] mailboxes) {
            return duties.getObject().certifyMailboxes(mailboxes);
          }
        };
    return new MailboxService(
        store,
        later,
        (relay, addresses, frames) -> links.getObject().mail(relay, addresses, frames),
        edge.mailbox().rules(),
        surroundings);
  }

  /** Other relays are called when everything else is up. */
  @Bean
  ApplicationRunner mailboxesStart(MailboxService mailboxes) {
    return _ -> mailboxes.start();
  }
}
