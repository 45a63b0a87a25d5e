package com.softadastra.node;

import com.softadastra.node.client.NodeClient;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** What a node says of itself, for a person at a terminal. */
final class StatusTable {
  private final NodeClient node;
  private final Instant now = Instant.now();
  private final StringBuilder text = new StringBuilder();

  private StatusTable(NodeClient node) {
    this.node = node;
  }

  /**
   * Asks the node and lays out what it answers.
   *
   * @throws com.softadastra.node.client.NodeUnreachable where it doesn't answer
   * @throws com.softadastra.node.client.RequestRefused where it doesn't tell
   */
  static String of(NodeClient node) {
    var table = new StatusTable(node);
    table.itself();
    table.peers();
    table.lanes();
    table.spaces();
    table.risk();
    return table.text.toString();
  }

  private void itself() {
    var self = node.get("/api/v1/node").orThrow();
    text.append(self.path("name").asString(""))
        .append("   node ")
        .append(self.path("node").asString(""))
        .append("   version ")
        .append(self.path("version").asString(""))
        .append('\n');
    self.path("addresses")
        .forEach(
            address -> text.append("peers reach it at ").append(address.asString("")).append('\n'));
  }

  private void peers() {
    var table = new TextTable("PEER", "STATE", "ROUTE", "BEHIND", "SEEN", "NEXT TRY", "LAST ERROR");
    for (var peer : node.get("/api/v1/peers").orThrow()) {
      table.row(
          peer.path("name").asString(""),
          peer.path("state").asString(""),
          peer.path("route").asString(""),
          behind(peer.path("lag")),
          ago(peer.path("lastSeen")),
          in(peer.path("nextAttempt")),
          peer.path("lastError").asString(""));
    }
    section(table, "no peers");
  }

  private void lanes() {
    var table = new TextTable("LANE TO", "SPACE", "STATE", "OWED", "BYTES", "OLDEST");
    for (var lane : node.get("/api/v1/outbox").orThrow().path("lanes")) {
      table.row(
          lane.path("name").asString(lane.path("node").asString("")),
          lane.path("space").asString(""),
          lane.path("state").asString(""),
          Readable.count(lane.path("entries").asLong(0)),
          Readable.bytes(lane.path("bytes").asLong(0)),
          age(lane.path("oldest")));
    }
    section(table, "no lanes: there is nobody to owe anything to");
  }

  private void spaces() {
    var table = new TextTable("SPACE", "MEMBERS", "ENTRIES", "DOCUMENTS", "OPEN CONFLICTS");
    for (var space : node.get("/api/v1/spaces").orThrow().path("spaces")) {
      String name = space.path("space").asString("");
      var digest = node.get("/api/v1/spaces/" + NodeClient.segment(name) + "/digest").orThrow();
      table.row(
          name,
          Readable.count(space.path("members").asLong(0)),
          Readable.count(digest.path("entries").asLong(0)),
          Readable.count(digest.path("documents").asLong(0)),
          Readable.count(digest.path("conflicts").asLong(0)));
    }
    section(table, "no spaces");
  }

  private void risk() {
    var risk = node.get("/api/v1/risk").orThrow();
    long intents = risk.path("intents").asLong(0);
    text.append('\n');
    if (intents == 0) {
      text.append("nothing is at risk: everything recorded here is at another member too\n");
    } else {
      text.append("at risk, because it exists here alone: ")
          .append(Readable.count(intents))
          .append(intents == 1 ? " intent, " : " intents, ")
          .append(Readable.bytes(risk.path("bytes").asLong(0)));
      String oldest = age(risk.path("oldest"));
      text.append(oldest.isEmpty() ? "" : ", the oldest " + oldest + " old").append('\n');
    }
  }

  private void section(TextTable table, String empty) {
    text.append('\n').append(table.isEmpty() ? empty + '\n' : table.text());
  }

  private static String behind(JsonNode lag) {
    long entries = lag.path("entries").asLong(0);
    if (entries == 0) {
      return "nothing";
    }
    return Readable.count(entries)
        + (entries == 1 ? " entry, " : " entries, ")
        + Readable.bytes(lag.path("bytes").asLong(0));
  }

  private String ago(JsonNode time) {
    return instant(time).map(at -> Readable.duration(later(at)) + " ago").orElse("");
  }

  // the node's clock may be ahead of what was read before
  private Duration later(Instant at) {
    var since = Duration.between(at, now);
    return since.isNegative() ? Duration.ZERO : since;
  }

  private String in(JsonNode time) {
    return instant(time).map(at -> "in " + Readable.duration(Duration.between(now, at))).orElse("");
  }

  /** How old something is that is told as a time or as a duration. */
  private String age(JsonNode value) {
    var since = instant(value).map(at -> Duration.between(at, now));
    if (since.isEmpty() && value.isString()) {
      try {
        since = Optional.of(Duration.parse(value.asString()));
      } catch (DateTimeParseException _) {
        return value.asString();
      }
    }
    return since.map(Readable::duration).orElse("");
  }

  private static Optional<Instant> instant(JsonNode value) {
    try {
      return value.isString() ? Optional.of(Instant.parse(value.asString())) : Optional.empty();
    } catch (DateTimeParseException _) {
      return Optional.empty();
    }
  }
}
