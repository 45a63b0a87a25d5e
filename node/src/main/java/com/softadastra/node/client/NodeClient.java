package com.softadastra.node.client;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import com.softadastra.contracts.peering.Bundles;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.ProtocolException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Speaks to one node. Calls block, and any number of threads may make them at once.
 *
 * <p>Paths begin with a slash and stand after the node's address; whoever builds one encodes its
 * parts with {@link #segment}.
 */
public final class NodeClient implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(3);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final JsonMapper JSON = JsonMapper.shared();

  private final URI node;
  private final @Nullable String token;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT)
          .executor(Executors.newVirtualThreadPerTaskExecutor())
          .build();

  /**
   * @param node {@code http://host:port}
   * @param token what a protected node asks for, or null
   */
  public NodeClient(URI node, @Nullable String token) {
    this.node = node;
    this.token = token;
  }

  /** Encodes a part of a path, slashes included. */
  public static String segment(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  public static ObjectNode object() {
    return JSON.createObjectNode();
  }

  public URI node() {
    return node;
  }

  public Answer get(String path) {
    return call("GET", path, null);
  }

  public Answer delete(String path) {
    return call("DELETE", path, null);
  }

  public Answer put(String path, @Nullable JsonNode body) {
    return call("PUT", path, body);
  }

  public Answer post(String path, @Nullable JsonNode body) {
    return call("POST", path, body);
  }

  /**
   * @param headers names and values in turn
   * @throws NodeUnreachable where no whole answer came
   */
  public Answer call(String method, String path, @Nullable JsonNode body, String... headers) {
    var request =
        request(path)
            .timeout(PATIENCE)
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)));
    if (body != null) {
      request.header("Content-Type", "application/json");
    }
    if (headers.length > 0) {
      request.headers(headers);
    }
    var response = send(request.build(), BodyHandlers.ofByteArray());
    return new Answer(response.statusCode(), received(() -> read(response.body())));
  }

  private <T> HttpResponse<T> send(HttpRequest request, BodyHandler<T> body) {
    return received(() -> {
      try {
        return http.send(request, body);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException(e);
      }
    });
  }

  private interface Receiving<T> {
    T receive() throws IOException;
  }

  /** What fails on the way from the node is the node's absence, and not this machine's disk. */
  private <T> T received(Receiving<T> receiving) {
    try {
      return receiving.receive();
    } catch (IOException e) {
      throw new NodeUnreachable(node, e);
    }
  }

  /**
   * Fetches a bundle into a file, which is there when all of it is, and not before.
   *
   * @return whether it lacks something that the node can't read from its disk
   * @throws RequestRefused where the node doesn't give it
   * @throws NodeUnreachable where no whole answer came
   * @throws UncheckedIOException where the file can't be written
   */
  public boolean downloadBundle(String path, Path file) {
    var response = send(request(path).build(), BodyHandlers.ofInputStream());
    var partial = file.resolveSibling(file.getFileName() + ".part");
    try (var body = response.body()) {
      if (response.statusCode() != 200) {
        throw new RequestRefused(
            new Answer(response.statusCode(), received(() -> read(body.readAllBytes()))));
      }
      boolean lacks = fetch(body, partial);
      Files.move(
          partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      return lacks;
    } catch (NodeUnreachable e) {
      throw new NodeUnreachable(node, true, e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      partial.toFile().delete();
    }
  }

  /**
   * Fetches a bundle into a file, and forces it.
   *
   * @return how it ends, as above
   */
  private boolean fetch(InputStream body, Path file) throws IOException {
    try (var out = FileChannel.open(file, CREATE, READ, WRITE, TRUNCATE_EXISTING)) {
      byte[] piece = new byte[64 << 10];
      for (int length = received(() -> body.read(piece));
          length >= 0;
          length = received(() -> body.read(piece))) {
        var bytes = ByteBuffer.wrap(piece, 0, length);
        while (bytes.hasRemaining()) {
          out.write(bytes);
        }
      }
      out.force(true);
      var end = ByteBuffer.allocate(Integer.BYTES);
      boolean whole = out.size() > Integer.BYTES;
      if (whole) {
        out.read(end, out.size() - Integer.BYTES);
      }
      if (!whole
          || end.hasRemaining()
          || (end.getInt(0) != Bundles.END && end.getInt(0) != Bundles.END_LACKING)) {
        throw new NodeUnreachable(node, new EOFException("a bundle without an end"));
      }
      return end.getInt(0) == Bundles.END_LACKING;
    }
  }

  /**
   * Posts a file.
   *
   * @throws NodeUnreachable where no whole answer came
   * @throws UncheckedIOException where the file can't be read
   */
  public Answer upload(String path, Path file) {
    try {
      var request =
          request(path)
              .header("Content-Type", "application/octet-stream")
              .POST(HttpRequest.BodyPublishers.ofFile(file))
              .build();
      var response = send(request, BodyHandlers.ofByteArray());
      return new Answer(response.statusCode(), received(() -> read(response.body())));
    } catch (FileNotFoundException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Hears a space's changes, those that are there and then those that come, until the node ends the
   * stream or the calling thread is interrupted.
   *
   * @param since the position after which to begin
   * @throws NodeUnreachable where the stream broke off or never began
   * @throws RequestRefused where the node doesn't serve it
   */
  public void follow(String space, long since, Consumer<JsonNode> change) {
    hear("/api/v1/spaces/" + segment(space) + "/changes?since=" + since, change);
  }

  /** As {@link #follow}, of changes of conflicts. */
  public void followConflicts(String space, long since, Consumer<JsonNode> change) {
    hear("/api/v1/spaces/" + segment(space) + "/conflicts?since=" + since, change);
  }

  private void hear(String feed, Consumer<JsonNode> data) {
    var request = request(feed).header("Accept", "text/event-stream").build();
    try {
      var response = http.send(request, BodyHandlers.ofLines());
      try (var lines = response.body()) {
        if (response.statusCode() != 200) {
          throw new RequestRefused(new Answer(response.statusCode(), MissingNode.getInstance()));
        }
        var text = new StringBuilder();
        for (var each = lines.iterator(); each.hasNext(); ) {
          String line = each.next();
          if (line.startsWith("data:")) {
            text.append(line, "data:".length(), line.length());
          } else if (line.isEmpty() && !text.isEmpty()) {
            data.accept(JSON.readTree(text.toString()));
            text.setLength(0);
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | UncheckedIOException e) {
      if (interrupted(e)) {
        Thread.currentThread().interrupt();
        return;
      }
      throw new NodeUnreachable(node, e);
    }
  }

  /** The client wraps the interruption of a thread that reads. */
  private static boolean interrupted(Exception e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof InterruptedException) {
        return true;
      }
    }
    return false;
  }

  /** Ends what is under way, streams included. */
  @Override
  public void close() {
    http.shutdownNow();
  }

  private HttpRequest.Builder request(String path) {
    var request = HttpRequest.newBuilder(URI.create(node + path));
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    return request;
  }

  private static JsonNode read(byte[] body) throws IOException {
    if (body.length == 0) {
      return MissingNode.getInstance();
    }
    try {
      return JSON.readTree(body);
    } catch (JacksonException e) {
      var otherForm = new ProtocolException("the answer is not JSON");
      otherForm.initCause(e);
      throw otherForm;
    }
  }
}
