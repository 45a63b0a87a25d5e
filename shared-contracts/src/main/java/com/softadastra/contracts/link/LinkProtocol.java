package com.softadastra.contracts.link;

import io.rsocket.Payload;
import io.rsocket.util.DefaultPayload;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * What both ends of a link agree on.
 *
 * <table>
 * <caption>Payloads</caption>
 * <tr><th>frame</th><th>metadata</th><th>data</th></tr>
 * <tr><td>setup</td><td>the secret, or nothing</td><td>{@link #VERSION}</td></tr>
 * <tr><td>a request</td><td>{@code Contract.method}</td><td>the arguments, a CBOR array in which the
 * one that streams is left out</td></tr>
 * <tr><td>any other</td><td>none</td><td>one value, as {@link WireForm} has it; a null result is an
 * answer without a payload</td></tr>
 * <tr><td>error</td><td></td><td>as {@link WireFailure} has it</td></tr>
 * </table>
 */
final class LinkProtocol {
  static final String VERSION = "softadastra-link/1";
  static final String DATA_TYPE = "application/cbor";
  static final String METADATA_TYPE = "text/plain";

  /** How long a connection may take to be made. */
  static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  /**
   * A side that answers no keepalive for so long is taken for dead; three are sent in that time.
   */
  static final Duration LONGEST_SILENCE = Duration.ofSeconds(15);

  /**
   * Longest frame on the wire; longer payloads are cut into several, so that none holds the rest
   * up.
   */
  static final int FRAME_BYTES = 64 * 1024;

  /** Largest payload that is put together again. */
  static final int LARGEST_PAYLOAD_BYTES = 64 * 1024 * 1024;

  /** How many elements of a stream are asked for before the first of them is taken. */
  static final int WINDOW = 32;

  /**
   * Where implementations and subscribers run: a virtual thread for each task, so that a stream may
   * keep the one that subscribed to it and still be asked for more. Nothing here interrupts: an
   * interrupt closes the files that the thread works on.
   */
  static final Scheduler CALLS =
      Schedulers.fromExecutor(Thread.ofVirtual().name("link-", 0)::start);

  private LinkProtocol() {}

  static Payload payload(byte[] data) {
    return DefaultPayload.create(data);
  }

  static Payload payload(byte[] data, byte[] metadata) {
    return DefaultPayload.create(data, metadata);
  }

  static byte[] data(Payload payload) {
    var buffer = payload.getData();
    var bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  static byte[] metadata(Payload payload) {
    var buffer = payload.getMetadata();
    var bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String text(byte[] utf8) {
    return new String(utf8, StandardCharsets.UTF_8);
  }
}
