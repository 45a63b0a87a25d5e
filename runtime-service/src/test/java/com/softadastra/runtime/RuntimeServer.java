package com.softadastra.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.http.RawHttp;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** The runtime over the fake engine, listening on a port of its own. */
final class RuntimeServer implements AutoCloseable {
  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @Import(RuntimeConfiguration.class)
  static class Application {
    @Bean
    InMemoryDocuments documents() {
      return new InMemoryDocuments();
    }
  }

  static final String SHOP = "/api/v1/spaces/shop";
  static final String THINGS = SHOP + "/documents/things/";
  static final String JSON = "Content-Type: application/json";

  private final ConfigurableApplicationContext context;
  final InMemoryDocuments documents;
  final int port;

  RuntimeServer(String... settings) {
    var arguments = new ArrayList<>(List.of(settings));
    arguments.add("--server.port=0");
    arguments.add("--management.endpoints.web.exposure.include=health,prometheus");
    context = SpringApplication.run(Application.class, arguments.toArray(String[]::new));
    documents = context.getBean(InMemoryDocuments.class);
    port = ((ServletWebServerApplicationContext) context).getWebServer().getPort();
  }

  RawHttp.Answer get(String path, String... headers) throws IOException {
    return send("GET", path, new byte[0], headers);
  }

  RawHttp.Answer put(String id, String body, String... headers) throws IOException {
    return send("PUT", THINGS + id, body, with(JSON, headers));
  }

  RawHttp.Answer post(String path, String body, String... headers) throws IOException {
    return send("POST", path, body, with(JSON, headers));
  }

  RawHttp.Answer send(String method, String path, String body, String... headers)
      throws IOException {
    return send(method, path, body.getBytes(StandardCharsets.UTF_8), headers);
  }

  RawHttp.Answer send(String method, String path, byte[] body, String... headers)
      throws IOException {
    return RawHttp.send(port, request(method, path, body, headers));
  }

  byte[] request(String method, String path, byte[] body, String... headers) throws IOException {
    var head = new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n");
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    if (body.length > 0 || method.startsWith("P")) {
      head.append("Content-Length: ").append(body.length).append("\r\n");
    }
    var request = new ByteArrayOutputStream();
    request.write(head.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
    request.write(body);
    return request.toByteArray();
  }

  static String[] with(String first, String... more) {
    var all = new ArrayList<>(List.of(first));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  static String encoded(String id) {
    return URLEncoder.encode(id, StandardCharsets.UTF_8).replace("+", "%20").replace(".", "%2E");
  }

  static Json.Obj json(RawHttp.Answer answer) {
    try {
      return JsonReader.object(answer.body());
    } catch (JsonReader.MalformedJson e) {
      throw new AssertionError("not JSON: " + answer.text(), e);
    }
  }

  static Json.Obj assertProblem(RawHttp.Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
    var problem = json(answer);
    assertThat(problem.get("code")).isEqualTo(new Json.Str(code));
    assertThat(problem.get("status")).isEqualTo(new Json.Num(Integer.toString(status)));
    assertThat(problem.members()).containsKeys("type", "title", "detail", "retryable");
    return problem;
  }

  @Override
  public void close() {
    context.close();
  }
}
