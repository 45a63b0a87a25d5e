package com.softadastra.node;

import com.softadastra.contracts.http.HttpSurface;
import com.softadastra.edge.BlobConfiguration;
import com.softadastra.edge.EdgeConfiguration;
import com.softadastra.edge.MailboxConfiguration;
import com.softadastra.gateway.GatewayConfiguration;
import com.softadastra.runtime.RuntimeConfiguration;
import com.softadastra.sync.SyncConfiguration;
import com.softadastra.sync.storage.StorageException;
import java.io.File;
import java.nio.file.Path;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

/** The layers of a node in one application context: they call each other's interfaces directly. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({
  SyncConfiguration.class,
  RuntimeConfiguration.class,
  GatewayConfiguration.class,
  EdgeConfiguration.class,
  MailboxConfiguration.class,
  BlobConfiguration.class,
  HttpSurface.class
})
public class NodeApplication {
  /**
   * Puts the HTTP server's folders under the node's own. In the system's temporary directory each
   * process would make new ones, and leave them there when it is killed.
   */
  @Bean
  WebServerFactoryCustomizer<TomcatServletWebServerFactory> serverFolders(
      @Value("${softadastra.data}") Path data) {
    return server -> {
      var base = data.resolve("http").toAbsolutePath().toFile();
      // nothing is served from it, but the server wants to have one
      var documents = new File(base, "documents");
      if (!documents.isDirectory() && !documents.mkdirs()) {
        throw new StorageException("The directory " + documents + " can't be made.", null);
      }
      server.setBaseDirectory(base);
      server.setDocumentRoot(documents);
    };
  }
}
