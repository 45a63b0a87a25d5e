package com.softadastra.gateway.mesh;

import java.time.Duration;

/**
 * What bounds a connection, alike on both sides.
 *
 * @param connections that may stand towards this node in all, handshakes included
 * @param connectionsPerNode of these, from one node
 * @param connect until TCP answers, for each address
 * @param handshake until TLS is through
 * @param request until a connection has said what it is for; a connection that is through with it
 *     may linger as long
 * @param pair until a pairing is answered, all addresses together
 * @param keepAlive between signs of life
 * @param silence without one, after which a peer is taken for dead
 */
public record MeshLimits(
    int connections,
    int connectionsPerNode,
    Duration connect,
    Duration handshake,
    Duration request,
    Duration pair,
    Duration keepAlive,
    Duration silence) {
  public static final MeshLimits DEFAULTS =
      new MeshLimits(
          256,
          8,
          Duration.ofSeconds(3),
          Duration.ofSeconds(10),
          Duration.ofSeconds(5),
          Duration.ofSeconds(15),
          Duration.ofSeconds(5),
          Duration.ofSeconds(15));
}
