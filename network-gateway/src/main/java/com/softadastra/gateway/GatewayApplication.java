package com.softadastra.gateway;

import com.softadastra.contracts.http.HttpSurface;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** The gateway as a process of its own. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({GatewayConfiguration.class, HttpSurface.class, LinkConfiguration.class})
public class GatewayApplication {
  /** Below every other source of settings. */
  private static final Map<String, Object> DEFAULTS =
      Map.of(
          // one class path serves every layer; the storage is the sync engine's
          "spring.autoconfigure.exclude",
              "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration,"
                  + "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration,"
                  + "org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration",
          "spring.application.name", "network-gateway",
          "server.port", "8082",
          "softadastra.link.port", "7602",
          "management.endpoints.web.exposure.include", "health,prometheus",
          "management.endpoint.health.probes.enabled", "true",
          "management.endpoint.health.group.readiness.include", "readinessState,mesh");

  public static void main(String[] arguments) {
    application().run(arguments);
  }

  static SpringApplication application() {
    var application = new SpringApplication(GatewayApplication.class);
    application.setDefaultProperties(DEFAULTS);
    return application;
  }
}
