package com.softadastra.system;

import static com.softadastra.node.client.NodeClient.segment;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.softadastra.node.client.Answer;
import com.softadastra.node.client.NodeClient;
import com.softadastra.node.client.NodeUnreachable;
import java.time.Duration;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/** A node and what tests ask of it, in one space. */
record TestNode(Layers layers, String space) {
  static final String SPACE = "shop";
  static final Duration SOON = Duration.ofSeconds(60);

  /** In the space that most tests do with. */
  TestNode(Layers layers) {
    this(layers, SPACE);
  }

  /** The same node in another space. */
  TestNode in(String other) {
    return new TestNode(layers, other);
  }

  /** The path of the space. */
  String at() {
    return "/api/v1/spaces/" + space;
  }

  private String document(String id) {
    return at() + "/documents/notes/" + segment(id);
  }

  static ObjectNode body(String text) {
    return NodeClient.object().put("text", text);
  }

  /**
   * @throws ClassCastException for a node that the test didn't start as processes
   */
  NodeProcesses process() {
    return (NodeProcesses) layers;
  }

  NodeClient client() {
    return layers.client();
  }

  JsonNode self() {
    return layers.gateway().get("/api/v1/node").orThrow();
  }

  String id() {
    return self().path("node").asString();
  }

  String incarnation() {
    return self().path("incarnation").asString();
  }

  void openSpace() {
    client().put(at(), null).orThrow();
  }

  Answer put(String id, JsonNode body) {
    return client().put(document(id), body);
  }

  /** Writes and is acknowledged. */
  JsonNode write(String id, String text) {
    return put(id, body(text)).orThrow();
  }

  /** The text of a document, null where there is none. */
  String text(String id) {
    return client().get(document(id)).body().path("text").asString(null);
  }

  /** All live documents: text by id. */
  TreeMap<String, JsonNode> documents() {
    var all = new TreeMap<String, JsonNode>();
    String after = "";
    do {
      var page =
          client()
              .get(
                  at()
                      + "/documents/notes?limit=500"
                      + (after.isEmpty() ? "" : "&after=" + segment(after)))
              .orThrow();
      page.path("documents").forEach(row -> all.put(row.path("id").asString(), row.path("body")));
      after = page.path("next").asString("");
    } while (!after.isEmpty());
    return all;
  }

  Answer record(JsonNode intent) {
    return client().post(at() + "/intents", intent);
  }

  JsonNode receipt(String intent) {
    return client().get(at() + "/intents/" + segment(intent)).orThrow();
  }

  JsonNode digest() {
    return client().get(at() + "/digest").orThrow();
  }

  JsonNode openConflicts() {
    return client().get(at() + "/conflicts?state=open").orThrow().path("conflicts");
  }

  String invite(String role) {
    var request = NodeClient.object().put("uses", 1).put("expiresIn", "PT10M");
    request.putArray("spaces").addObject().put("space", space).put("role", role);
    return layers
        .gateway()
        .post("/api/v1/invitations", request)
        .orThrow()
        .path("invitation")
        .asString();
  }

  void join(String invitation) {
    layers
        .gateway()
        .post("/api/v1/peers", NodeClient.object().put("invitation", invitation))
        .orThrow();
  }

  void switchLink(String peer, String state) {
    layers
        .gateway()
        .put("/api/v1/peers/" + peer + "/link", NodeClient.object().put("state", state))
        .orThrow();
  }

  String linkTo(String peer) {
    return peer(peer).path("state").asString("unknown");
  }

  /** A peer as this node sees it; missing where it is not paired. */
  JsonNode peer(String peer) {
    for (var each : layers.gateway().get("/api/v1/peers").orThrow()) {
      if (each.path("node").asString("").equals(peer)) {
        return each;
      }
    }
    return MissingNode.getInstance();
  }

  /** What a relay keeps, and which others it knows. */
  JsonNode mailboxes() {
    return layers.edge().get("/api/v1/mailboxes").orThrow();
  }

  /** What a relay keeps for a node; missing where that is nothing. */
  JsonNode mailbox(String node) {
    for (var mailbox : mailboxes().path("mailboxes")) {
      if (mailbox.path("node").asString().equals(node)) {
        return mailbox;
      }
    }
    return MissingNode.getInstance();
  }

  /** How many intents exist here alone. */
  int atRisk() {
    return layers.sync().get("/api/v1/risk").orThrow().path("intents").asInt();
  }

  void awaitLinkTo(String peer, String state) {
    await("link of " + layers.name() + " is " + state)
        .atMost(SOON)
        .ignoreException(NodeUnreachable.class)
        .untilAsserted(() -> assertThat(linkTo(peer)).isEqualTo(state));
  }

  void awaitReceipt(String intent, String state) {
    await("receipt of " + intent + " at " + layers.name())
        .atMost(SOON)
        .untilAsserted(() -> assertThat(receipt(intent).path("state").asString()).isEqualTo(state));
  }

  void awaitText(String id, String text) {
    await("what " + id + " says at " + layers.name())
        .atMost(SOON)
        .untilAsserted(() -> assertThat(text(id)).isEqualTo(text));
  }

  void awaitDigest(JsonNode digest) {
    await("the digest of " + layers.name())
        .atMost(SOON)
        .untilAsserted(() -> assertThat(digest()).isEqualTo(digest));
  }

  /** Waits until all have the same state, heads and conflicts. */
  static void awaitSame(Duration patience, TestNode... nodes) {
    await("equal digests")
        .atMost(patience)
        .ignoreException(NodeUnreachable.class)
        .untilAsserted(() -> {
          for (var node : nodes) {
            assertThat(node.digest()).isEqualTo(nodes[0].digest());
          }
        });
  }
}
