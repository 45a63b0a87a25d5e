package com.softadastra.contracts.http;

import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.core.StandardHost;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.Ordered;
import org.springframework.core.env.Environment;
import org.springframework.http.MediaType;
import org.springframework.http.converter.json.JacksonJsonHttpMessageConverter;
import org.springframework.web.servlet.config.annotation.ContentNegotiationConfigurer;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import tools.jackson.databind.json.JsonMapper;

/** What each HTTP service imports, once per process. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(AccessProperties.class)
@Import(ProblemAdvice.class)
public class HttpSurface {
  /** What a caller may go on sending after a refusal, so that it comes to read the refusal. */
  private static final int SWALLOWED_BYTES = 64 << 20;

  private static final String RELAXED = "\"<>[\\]^`{|}";

  @Bean
  OwnToken ownToken(AccessProperties access) {
    return new OwnToken(access);
  }

  /**
   * @throws AccessNotConfigured where strangers could connect and there is no token, or where a
   *     second port for management would stand beside the one that is guarded
   */
  @Bean
  FilterRegistrationBean<AccessFilter> accessFilter(
      AccessProperties access, OwnToken token, ServerProperties server, Environment environment) {
    var managementPort = environment.getProperty("management.server.port", Integer.class);
    if (managementPort != null && !managementPort.equals(server.getPort())) {
      throw new AccessNotConfigured(
          "management.server.port must stay unset: access is guarded on one port alone.");
    }
    var filter = new FilterRegistrationBean<>(new AccessFilter(server.getAddress(), access, token));
    filter.setOrder(Ordered.HIGHEST_PRECEDENCE);
    return filter;
  }

  @Bean
  FilterRegistrationBean<FormFilter> formFilter() {
    var filter = new FilterRegistrationBean<>(new FormFilter());
    filter.setOrder(Ordered.HIGHEST_PRECEDENCE + 1);
    return filter;
  }

  @Bean
  WebServerFactoryCustomizer<TomcatServletWebServerFactory> exactHttp() {
    return factory -> {
      factory.setProtocol(ExactPathProtocol.class.getName());
      factory.addConnectorCustomizers(HttpSurface::configure);
      factory.addContextCustomizers(HttpSurface::reportProblems);
    };
  }

  /** A 406 after a write would hide its receipt. */
  @Bean
  WebMvcConfigurer jsonWhateverIsAccepted() {
    return new WebMvcConfigurer() {
      @Override
      public void configureContentNegotiation(ContentNegotiationConfigurer negotiation) {
        negotiation.ignoreAcceptHeader(true).defaultContentType(MediaType.APPLICATION_JSON);
      }
    };
  }

  /** Takes the place of the framework's own. */
  @Bean
  JacksonJsonHttpMessageConverter jsonConverter(JsonMapper json) {
    return new WholeJsonConverter(json);
  }

  /** Takes the place of the framework's error page, which would answer at a path of its own. */
  @Bean
  ErrorController noErrorPage() {
    return new ErrorController() {};
  }

  private static void configure(Connector connector) {
    connector.setProperty("maxSwallowSize", Integer.toString(SWALLOWED_BYTES));
    connector.setProperty("continueResponseTiming", "onRead");
    connector.setProperty("relaxedPathChars", RELAXED);
    connector.setProperty("relaxedQueryChars", RELAXED);
  }

  /** Without error pages every error that leaves the application reaches the valve. */
  private static void reportProblems(Context context) {
    for (var page : context.findErrorPages()) {
      context.removeErrorPage(page);
    }
    if (context.getParent() instanceof StandardHost host) {
      host.setErrorReportValveClass(ProblemReportValve.class.getName());
    }
  }
}
