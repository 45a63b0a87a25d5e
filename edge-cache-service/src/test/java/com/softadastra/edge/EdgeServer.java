package com.softadastra.edge;

import com.softadastra.contracts.http.HttpSurface;
import com.softadastra.contracts.http.RawHttp;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.contracts.time.ThreadSchedule;
import com.softadastra.contracts.web.WebReads;
import com.softadastra.edge.database.EdgeDatabase;
import com.softadastra.edge.read.ReadsByLink;
import com.softadastra.edge.read.Resources;
import com.softadastra.edge.store.ResponseStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** An edge that listens on a port of its own, with a clock that can be put forward. */
final class EdgeServer implements AutoCloseable {
  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @Import({EdgeConfiguration.class, HttpSurface.class})
  static class Application {
    @Bean
    Clock clock() {
      return new Clock();
    }

    @Bean(destroyMethod = "close")
    ThreadSchedule schedule() {
      return new ThreadSchedule();
    }

    @Bean
    Surroundings surroundings(ThreadSchedule schedule, Clock clock) {
      return new Surroundings(schedule, clock, new Random());
    }
  }

  static final class Clock implements InstantSource {
    private volatile Duration ahead = Duration.ZERO;

    @Override
    public Instant instant() {
      return Instant.now().plus(ahead);
    }
  }

  private final ConfigurableApplicationContext context;
  final int port;

  EdgeServer(Path data, int originPort, String... settings) {
    var arguments = new ArrayList<>(List.of(settings));
    arguments.add("--server.port=0");
    arguments.add("--softadastra.data=" + data);
    arguments.add("--softadastra.edge.origins.shop.url=http://127.0.0.1:" + originPort);
    context = SpringApplication.run(Application.class, arguments.toArray(String[]::new));
    port = ((ServletWebServerApplicationContext) context).getWebServer().getPort();
  }

  void later(long seconds) {
    var clock = context.getBean(Clock.class);
    clock.ahead = clock.ahead.plusSeconds(seconds);
  }

  ResponseStore store() {
    return context.getBean(ResponseStore.class);
  }

  /** As another process has them over the link. */
  WebReads reads() {
    return new ReadsByLink(List.copyOf(context.getBeansOfType(Resources.class).values()));
  }

  EdgeDatabase database() {
    return context.getBean(EdgeDatabase.class);
  }

  RawHttp.Answer get(String path, String... headers) throws IOException {
    return send("GET", path, "", headers);
  }

  RawHttp.Answer send(String method, String path, String body, String... headers)
      throws IOException {
    return RawHttp.send(port, request(method, path, body, headers));
  }

  static String request(String method, String path, String body, String... headers) {
    var head = new StringBuilder(method + " " + path + " HTTP/1.1\r\n");
    if (headers.length == 0 || !headers[0].startsWith("Host:")) {
      head.append("Host: localhost\r\n");
    }
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    if (!body.isEmpty()) {
      head.append("Content-Length: ").append(body.length()).append("\r\n");
    }
    return head + "\r\n" + body;
  }

  @Override
  public void close() {
    context.close();
  }
}
