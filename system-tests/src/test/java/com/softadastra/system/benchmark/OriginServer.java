package com.softadastra.system.benchmark;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/** What is cached: {@code /BYTES/NUMBER} is a body of so many bytes, fresh for an hour. */
final class OriginServer implements AutoCloseable {
  private static final int LARGEST = 1 << 20;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final byte[] noise = new byte[2 * LARGEST];
  private final AtomicLong asked = new AtomicLong();

  OriginServer() throws IOException {
    new Random(1).nextBytes(noise);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.setExecutor(threads);
    server.start();
  }

  private void answer(HttpExchange exchange) throws IOException {
    asked.incrementAndGet();
    var path = exchange.getRequestURI().getPath().split("/");
    int bytes = Integer.parseInt(path[1]);
    int from = Integer.parseInt(path[2]) % LARGEST;
    exchange.getResponseHeaders().set("Cache-Control", "max-age=3600");
    exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
    exchange.sendResponseHeaders(200, bytes);
    try (var body = exchange.getResponseBody()) {
      body.write(noise, from, bytes);
    }
  }

  /** Requests so far. */
  long asked() {
    return asked.get();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
