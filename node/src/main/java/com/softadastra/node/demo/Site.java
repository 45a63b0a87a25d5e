package com.softadastra.node.demo;

import com.softadastra.node.client.NodeClient;
import com.softadastra.node.client.NodeUnreachable;
import com.softadastra.node.process.NodeProcess;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import tools.jackson.databind.JsonNode;

/**
 * One of the tour's two nodes.
 *
 * @param index 0 or 1: authors whose number leaves this remainder write here
 */
record Site(int index, NodeProcess process) {
  static final String SPACE = "/api/v1/spaces/edits";
  static final String SPACE_NAME = "edits";
  static final String COLLECTION = "files";

  private static final long POLL_MILLIS = 50;

  String name() {
    return process.name();
  }

  NodeClient client() {
    return process.client();
  }

  String nodeId() {
    return client().get("/api/v1/node").orThrow().path("node").asString();
  }

  JsonNode digest() {
    return client().get(SPACE + "/digest").orThrow();
  }

  JsonNode receipt(RecordedChange change) {
    return client().get(SPACE + "/intents/" + change.intent()).orThrow();
  }

  void openSpace() {
    client().put(SPACE, null).orThrow();
  }

  String invite(String role) {
    var request = NodeClient.object().put("uses", 1).put("expiresIn", "PT10M");
    request.putArray("spaces").addObject().put("space", SPACE_NAME).put("role", role);
    return client().post("/api/v1/invitations", request).orThrow().path("invitation").asString();
  }

  void join(String invitation) {
    client().post("/api/v1/peers", NodeClient.object().put("invitation", invitation)).orThrow();
  }

  void switchLink(String peer, String state) {
    client()
        .put("/api/v1/peers/" + peer + "/link", NodeClient.object().put("state", state))
        .orThrow();
  }

  /** Whether the link to a peer stands. */
  boolean isConnectedTo(String node) {
    for (var peer : client().get("/api/v1/peers").orThrow()) {
      if (peer.path("node").asString("").equals(node)) {
        return peer.path("state").asString("").equals("connected");
      }
    }
    return false;
  }

  /** How many envelopes this node, a relay, keeps for a node. */
  long keepsFor(String node) {
    for (var mailbox : client().get("/api/v1/mailboxes").orThrow().path("mailboxes")) {
      if (mailbox.path("node").asString("").equals(node)) {
        return mailbox.path("envelopes").asLong();
      }
    }
    return 0;
  }

  /**
   * @throws TourFailed where it doesn't come about in time
   */
  static void await(String what, Duration patience, BooleanSupplier condition)
      throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!holds(condition)) {
      if (System.nanoTime() > deadline) {
        throw new TourFailed("after %d s still not: %s".formatted(patience.toSeconds(), what));
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
  }

  private static boolean holds(BooleanSupplier condition) {
    try {
      return condition.getAsBoolean();
    } catch (NodeUnreachable _) {
      return false;
    }
  }
}
