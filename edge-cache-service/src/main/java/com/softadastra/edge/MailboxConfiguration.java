package com.softadastra.edge;

import com.softadastra.contracts.mail.RelayDuties;
import com.softadastra.contracts.mail.RelayDuty;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.edge.mailbox.MailboxException;
import com.softadastra.edge.mailbox.MailboxService;
import com.softadastra.edge.mailbox.MailboxStore;
import com.softadastra.edge.mailbox.h2.H2MailboxStore;
import com.softadastra.edge.mailbox.web.MailboxWebConfiguration;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardFileSystem;
import com.softadastra.guard.GuardSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/**
 * The edge's mailboxes as a layer. They give a {@link com.softadastra.contracts.mail.Mailboxes} and
 * ask a {@link RelayDuties}, without which this node is a relay of no space.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(EdgeProperties.class)
@Import(MailboxWebConfiguration.class)
public class MailboxConfiguration {
  @Bean(destroyMethod = "close")
  MailboxStore mailboxStore(
      EdgeProperties edge, @Value("${softadastra.data:.softadastra/edge}") Path data) {
    var directory = data.resolve("mailboxes").toAbsolutePath();
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new MailboxException("The directory " + directory + " can't be made.", e);
    }
    return H2MailboxStore.open(
        directory.resolve("mailboxes").toString(),
        GuardFileSystem.register(H2MailboxStore.GUARD, GuardSettings.production()),
        edge.mailbox().quotas(),
        directory.toFile()::getUsableSpace,
        FailStop.halting());
  }

  /** The sync engine may come up later than this. */
  @Bean(initMethod = "start", destroyMethod = "close")
  MailboxService mailboxes(
      MailboxStore store,
      EdgeProperties edge,
      Surroundings surroundings,
      ObjectProvider<RelayDuties> duties) {
    var later =
        new RelayDuties() {
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
    return new MailboxService(store, later, edge.mailbox().rules(), surroundings);
  }
}
