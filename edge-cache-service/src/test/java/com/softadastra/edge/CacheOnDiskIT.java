package com.softadastra.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.edge.store.StoreUnusable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is left after stops, crashes and damage. */
@Timeout(60)
class CacheOnDiskIT {
  private static final String FRESH = "Cache-Control: max-age=60\r\nETag: \"a\"\r\n";

  @TempDir Path data;
  private TestOrigin origin;

  @BeforeEach
  void start() throws IOException {
    origin = new TestOrigin();
  }

  @AfterEach
  void stop() {
    origin.close();
  }

  private Path only(String ending) throws IOException {
    return files(ending).getFirst();
  }

  private List<Path> files(String ending) throws IOException {
    var found = new ArrayList<Path>();
    try (var files = Files.newDirectoryStream(data.resolve("http-cache"), "*" + ending)) {
      files.forEach(found::add);
    }
    return found;
  }

  private EdgeServer edge(String... settings) {
    return new EdgeServer(data, origin.port, settings);
  }

  /** Stores that, and stops. */
  private void store(String body) throws IOException {
    origin.answers(200, FRESH, body);
    try (var edge = edge()) {
      assertThat(edge.get("/cache/shop/a").text()).isEqualTo(body);
    }
  }

  @Test
  void survivesAStop() throws IOException {
    store("tea");
    origin.stop();
    try (var edge = edge()) {
      var hit = edge.get("/cache/shop/a");
      assertThat(hit.text()).isEqualTo("tea");
      assertThat(hit.header("ETag")).isEqualTo("\"a\"");
      assertThat(hit.header("Cache-Status")).contains("; hit");
      edge.later(100);
      assertThat(edge.get("/cache/shop/a").text()).isEqualTo("tea");
    }
  }

  @Test
  void whatWasPurgedStaysAway() throws IOException {
    store("tea");
    try (var edge = edge()) {
      edge.send("DELETE", "/api/v1/cache/shop", "");
    }
    origin.stop();
    try (var edge = edge()) {
      assertThat(edge.get("/cache/shop/a").status()).isEqualTo(504);
    }
    assertThat(files(".body")).isEmpty();
  }

  @Test
  void aRefreshedHeadSurvives() throws IOException {
    store("tea");
    origin.answers(
        (_, out) -> out.write(("HTTP/1.1 304 x\r\n" + FRESH + "X-A: new\r\n\r\n").getBytes()));
    try (var edge = edge()) {
      edge.later(61);
      edge.get("/cache/shop/a");
    }
    origin.stop();
    try (var edge = edge()) {
      assertThat(edge.get("/cache/shop/a").header("X-A")).isEqualTo("new");
    }
  }

  @Test
  void halfABodyIsNothing() throws IOException {
    store("tea");
    Files.delete(only(".head"));
    Files.writeString(data.resolve("http-cache/0123.new"), "x");
    origin.answers(200, FRESH, "coffee");
    try (var edge = edge()) {
      assertThat(edge.store().count()).isZero();
      assertThat(edge.get("/cache/shop/a").text()).isEqualTo("coffee");
    }
    assertThat(files(".body")).hasSize(1);
    assertThat(files(".new")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4, 9, 30, 60, 120})
  void aDamagedHeadIsNothing(int at) throws IOException {
    store("tea");
    flip(only(".head"), at);
    origin.answers(200, FRESH, "coffee");
    try (var edge = edge()) {
      assertThat(edge.get("/cache/shop/a").text()).isEqualTo("coffee");
    }
  }

  @Test
  void anEmptyHeadOrAShortBodyIsNothing() throws IOException {
    store("tea");
    Files.write(only(".head"), new byte[0]);
    origin.answers(200, FRESH, "coffee");
    try (var edge = edge()) {
      assertThat(edge.get("/cache/shop/a").text()).isEqualTo("coffee");
    }
    Files.writeString(only(".body"), "coff");
    origin.answers(200, FRESH, "milk");
    try (var edge = edge()) {
      assertThat(edge.get("/cache/shop/a").text()).isEqualTo("milk");
    }
  }

  @Test
  void aDamagedSmallBodyIsFetchedAgain() throws IOException {
    store("tea");
    flip(only(".body"), 1);
    origin.answers(200, FRESH, "coffee");
    try (var edge = edge()) {
      assertThat(edge.get("/cache/shop/a").text()).isEqualTo("coffee");
    }
  }

  @Test
  void aDamagedLargeBodyIsNeverWholeAndFetchedAgain() throws IOException {
    String large = "0123456789".repeat(50_000);
    store(large);
    flip(only(".body"), 7);
    try (var edge = edge()) {
      assertThat(edge.get("/cache/shop/a").body()).hasSizeLessThan(large.length());
      assertThat(edge.get("/cache/shop/a").text()).isEqualTo(large);
    }
  }

  private static void flip(Path file, int at) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[Math.min(at, bytes.length - 1)] ^= 1;
    Files.write(file, bytes);
  }

  @Test
  void staysWithinItsBudget() throws IOException {
    try (var edge =
        edge("--softadastra.edge.cache.disk=2MB", "--softadastra.edge.cache.memory=100KB")) {
      origin.answers(200, FRESH, "x".repeat(100_000));
      for (int i = 0; i < 60; i++) {
        edge.get("/cache/shop/" + i);
      }
      assertThat(edge.store().bytes()).isBetween(1_000_000L, 2L << 20);
    }
    long bytes = 0;
    for (var file : files(".body")) {
      bytes += Files.size(file);
    }
    assertThat(bytes).isBetween(1_000_000L, 2L << 20);
    assertThat(files(".head")).hasSameSizeAs(files(".body"));
  }

  @Test
  void anOriginAtAnotherUrlIsAnother() throws IOException {
    store("tea");
    try (var other = new TestOrigin()) {
      other.answers(200, FRESH, "coffee");
      try (var edge = new EdgeServer(data, other.port)) {
        assertThat(edge.get("/cache/shop/a").text()).isEqualTo("coffee");
      }
    }
    assertThat(files(".body")).hasSize(1);
  }

  @Test
  void twoProcessesDoNotShareADirectory() {
    try (var edge = edge()) {
      assertThat(edge.port).isPositive();
      assertThatThrownBy(this::edge).hasRootCauseInstanceOf(StoreUnusable.class);
    }
  }

  @Test
  void aWrongSettingIsSaid() {
    assertThatThrownBy(() -> edge("--softadastra.edge.origins.shop.prviate-network=true"))
        .satisfies(e -> assertThat(messages(e)).contains("prviate-network"));
    assertThatThrownBy(() -> edge("--softadastra.edge.origins.other.url=ftp://a"))
        .satisfies(e ->
            assertThat(messages(e)).contains("softadastra.edge.origins.other.url must be like"));
  }

  private static String messages(Throwable e) {
    var all = new StringBuilder();
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      all.append(Objects.toString(cause)).append('\n');
    }
    return all.toString();
  }
}
