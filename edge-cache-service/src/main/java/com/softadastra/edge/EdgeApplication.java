package com.softadastra.edge;

import com.softadastra.contracts.http.HttpSurface;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** The edge as a process of its own. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({
  EdgeConfiguration.class,
  MailboxConfiguration.class,
  BlobConfiguration.class,
  HttpSurface.class,
  LinkConfiguration.class
})
public class EdgeApplication {
  /** Below every other source of settings. */
  private static final Map<String, Object> DEFAULTS =
      Map.of(
          // one class path serves every layer; the storage is the sync engine's
          "spring.autoconfigure.exclude",
              "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration,"
                  + "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration,"
                  + "org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration",
          "spring.application.name", "edge-cache-service",
          "server.port", "8083",
          "softadastra.link.port", "7603",
          "management.endpoints.web.exposure.include", "health,prometheus,edge",
          "management.endpoint.health.probes.enabled", "true");

  public static void main(String[] arguments) {
    application().run(arguments);
  }

  static SpringApplication application() {
    var application = new SpringApplication(EdgeApplication.class);
    application.setDefaultProperties(DEFAULTS);
    return application;
  }
}
