package com.softadastra.edge;

import com.softadastra.edge.database.DatabaseFailure;
import com.softadastra.edge.database.EdgeDatabase;
import com.softadastra.edge.forward.ForwardRepair;
import com.softadastra.edge.mailbox.h2.MailboxRepair;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardFileSystem;
import com.softadastra.guard.GuardSettings;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The database of mailboxes and kept requests. */
@Configuration(proxyBeanMethods = false)
class EdgeDatabaseConfiguration {
  @Bean(destroyMethod = "close")
  EdgeDatabase edgeDatabase(@Value("${softadastra.data:.softadastra/edge}") Path data) {
    var directory = data.resolve("mailboxes").toAbsolutePath();
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new DatabaseFailure("The directory " + directory + " can't be made.", e);
    }
    return EdgeDatabase.open(
        directory.resolve("mailboxes").toString(),
        GuardFileSystem.register(EdgeDatabase.GUARD, GuardSettings.production()),
        FailStop.halting(),
        connection -> {
          new MailboxRepair().on(connection);
          new ForwardRepair().on(connection);
        });
  }

  @Bean
  MeterBinder edgeDatabaseMetrics(EdgeDatabase database) {
    return registry ->
        FunctionCounter.builder("softadastra.edge.damaged", database, EdgeDatabase::damagedReads)
            .description("Reads of mailboxes and kept requests that met a damaged block")
            .register(registry);
  }
}
