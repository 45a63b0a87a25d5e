package com.softadastra.runtime;

import com.softadastra.runtime.edge.EdgeConfiguration;
import com.softadastra.runtime.link.LinkConfiguration;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

/**
 * The runtime layer as a process of its own. It keeps nothing: the sync engine, which it reaches
 * over a local link, has the data, and the edge, over another, what is read through it.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({RuntimeConfiguration.class, LinkConfiguration.class, EdgeConfiguration.class})
public class RuntimeApplication {
  private static final Map<String, Object> DEFAULTS =
      Map.of(
          // one class path serves every layer; the storage is the sync engine's
          "spring.autoconfigure.exclude",
              "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration,"
                  + "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration,"
                  + "org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration",
          "spring.application.name", "runtime-service",
          "server.port", "8080",
          "management.endpoints.web.exposure.include", "health,prometheus",
          "management.endpoint.health.probes.enabled", "true",
          "management.endpoint.health.group.readiness.include", "readinessState,sync");

  /** Settings come from arguments and the environment; see {@code DESIGN.md} for all of them. */
  public static void main(String[] arguments) {
    application().run(arguments);
  }

  static SpringApplication application() {
    var application = new SpringApplication(RuntimeApplication.class);
    application.setDefaultProperties(DEFAULTS);
    return application;
  }
}
