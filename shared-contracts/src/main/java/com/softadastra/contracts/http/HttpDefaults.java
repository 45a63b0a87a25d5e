package com.softadastra.contracts.http;

import java.util.Map;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Settings that every HTTP service of a node starts from. They stand below all other sources, so
 * that a file, an environment variable or an argument replaces each of them.
 *
 * <p>Form, multipart and static resource handling are off because each reads or answers a request
 * before a controller of ours has seen it.
 */
final class HttpDefaults implements EnvironmentPostProcessor {
  private static final Map<String, Object> DEFAULTS =
      Map.ofEntries(
          Map.entry("server.address", "127.0.0.1"),
          Map.entry("server.shutdown", "graceful"),
          Map.entry("spring.lifecycle.timeout-per-shutdown-phase", "5s"),
          Map.entry("spring.main.banner-mode", "off"),
          Map.entry("spring.threads.virtual.enabled", "true"),
          Map.entry("spring.mvc.formcontent.filter.enabled", "false"),
          Map.entry("spring.servlet.multipart.enabled", "false"),
          Map.entry("spring.web.resources.add-mappings", "false"),
          Map.entry("server.tomcat.max-connections", "1024"),
          // a connection that is used stays: Tomcat would end it after a hundred requests
          Map.entry("server.tomcat.max-keep-alive-requests", "-1"));

  @Override
  public void postProcessEnvironment(
      ConfigurableEnvironment environment, SpringApplication application) {
    environment.getPropertySources().addLast(new MapPropertySource("softadastraHttp", DEFAULTS));
  }
}
