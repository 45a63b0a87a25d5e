package com.softadastra.edge.forward;

import com.softadastra.contracts.Hash;
import com.softadastra.edge.policy.Headers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.UUID;

/**
 * A request as it is kept.
 *
 * @param origin its name
 * @param site of the origin; nobody else gets the request, with whatever it is authorised by
 * @param order what it is in order with
 * @param key under which the origin can tell that it has seen it before; goes with each attempt
 * @param target path and query below the origin's URL
 * @param headers as they go on, the key among them
 */
record Kept(
    UUID id,
    String origin,
    String site,
    String order,
    String key,
    String method,
    String target,
    Headers headers,
    byte[] body,
    Instant accepted) {
  static Hash lane(String origin, String order) {
    return Hash.sha256((origin + '\n' + order).getBytes(StandardCharsets.UTF_8));
  }

  Hash lane() {
    return lane(origin, order);
  }

  /** Equal where the same was asked for; who asked, and when, is no part of it. */
  Hash fingerprint() {
    String head =
        method
            + ' '
            + target
            + '\n'
            + headers.joined("Content-Type")
            + '\n'
            + headers.joined("Content-Encoding")
            + '\n';
    return Hash.sha256(head.getBytes(StandardCharsets.UTF_8), body);
  }
}
