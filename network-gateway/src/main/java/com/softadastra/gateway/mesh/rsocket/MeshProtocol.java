package com.softadastra.gateway.mesh.rsocket;

import io.rsocket.Payload;
import io.rsocket.util.DefaultPayload;
import io.rsocket.util.EmptyPayload;
import java.nio.charset.StandardCharsets;

/**
 * The form of a mesh connection. The SETUP frame's data is {@link #NAME}; the metadata of the one
 * request that follows names its route; all other data is the sync engine's or the edge's, unread.
 *
 * <pre>
 * route    interaction       first payload      then
 * pair     request-response  the request        the answer
 * session  request-channel   route, no data     frames, both ways
 * mail     request-channel   route, no data     frames, both ways
 * blob     request-channel   route, no data     frames, both ways
 * </pre>
 */
final class MeshProtocol {
  static final String NAME = "softadastra-mesh/1";
  static final String PAIR = "pair";
  static final String SESSION = "session";
  static final String MAIL = "mail";
  static final String BLOB = "blob";

  /** The stream of the one request: the first that a client opens. */
  static final int STREAM = 1;

  /** Bytes of one RSocket frame: room for a fragment and what stands before it. */
  static final int MAX_FRAME = 128 << 10;

  /** Bytes until a request is put together, SETUP included: a pairing fits, a flood doesn't. */
  static final int MAX_OPENING = 256 << 10;

  /** Bytes of one frame of ours, put together again: an envelope can hold the biggest entry. */
  static final int MAX_PAYLOAD = 20 << 20;

  /** Bytes at which a payload is cut, so that a big one doesn't hold up signs of life. */
  static final int FRAGMENT = 64 << 10;

  /** Frames of ours that a side may have on their way without having been taken. */
  static final int CREDIT = 32;

  /** The same for mail, whose frames may be as large as can be and come of anybody, and blobs. */
  static final int MAIL_CREDIT = 2;

  static final String DATA_TYPE = "application/octet-stream";
  static final String METADATA_TYPE = "text/plain";

  private MeshProtocol() {}

  static int credit(String route) {
    return route.equals(SESSION) ? CREDIT : MAIL_CREDIT;
  }

  static Payload request(String route, byte[] data) {
    return DefaultPayload.create(data, route.getBytes(StandardCharsets.UTF_8));
  }

  static Payload frame(byte[] data) {
    return data.length == 0 ? EmptyPayload.INSTANCE : DefaultPayload.create(data);
  }

  static boolean isFor(String route, Payload request) {
    return request.hasMetadata() && request.getMetadataUtf8().equals(route);
  }

  /** The payload's data; the payload is let go. */
  static byte[] data(Payload payload) {
    try {
      var data = payload.getData();
      var bytes = new byte[data.remaining()];
      data.get(bytes);
      return bytes;
    } finally {
      payload.release();
    }
  }
}
