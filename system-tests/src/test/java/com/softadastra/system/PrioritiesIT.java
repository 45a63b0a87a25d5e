package com.softadastra.system;

import static com.softadastra.system.TestNode.SOON;
import static com.softadastra.system.TestNode.awaitSame;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.SpaceId;
import com.softadastra.node.client.NodeClient;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In which order a peer gets what several spaces have for it. */
class PrioritiesIT {
  private static final List<String> SPACES = List.of("north", "south", "west");

  /** A document that is a batch of entries alone. */
  private static final String LARGE = "x".repeat(300_000);

  @TempDir Path directory;

  private Nodes nodes;

  @AfterEach
  void clear() {
    nodes.close();
  }

  /** The ids of all spaces at a node, in their order, each with its name. */
  private static TreeMap<SpaceId, String> spaces(TestNode node) {
    var names = new TreeMap<SpaceId, String>();
    for (var space : node.client().get("/api/v1/spaces").orThrow().path("spaces")) {
      names.put(SpaceId.parse(space.path("id").asString()), space.path("space").asString());
    }
    return names;
  }

  private static void write(TestNode node, String priority, int count, String text) {
    for (int i = 0; i < count; i++) {
      var intent = NodeClient.object().put("id", priority + "-" + i).put("priority", priority);
      intent
          .putArray("operations")
          .addObject()
          .put("op", "put")
          .put("collection", "notes")
          .put("id", priority + "-" + i)
          .set("body", TestNode.body(text));
      node.record(intent).orThrow();
    }
  }

  /** Where a node's log, which is one for all spaces, has what this one's changes came with. */
  private static LinkedHashMap<String, Long> positions(TestNode node) {
    var positions = new LinkedHashMap<String, Long>();
    for (var change :
        node.client().get(node.at() + "/changes?since=0&limit=500").orThrow().path("changes")) {
      positions.put(change.path("intent").asString(), change.path("position").asLong());
    }
    return positions;
  }

  @Test
  void urgentArrivesBeforeNormalBeforeBulk() throws Exception {
    nodes = new Nodes(directory);
    var a = nodes.create("a");
    var b = nodes.create("b");
    Nodes.start(a, b);
    for (var space : SPACES) {
      a.in(space).openSpace();
      b.in(space).join(a.in(space).invite("writer"));
      awaitSame(SOON, a.in(space), b.in(space));
    }
    // A peer tells of its spaces in the order of their ids, and is sent nothing of one before it
    // has: what is sent while it tells is of the first.
    var ids = spaces(a);
    assertThat(ids).hasSameSizeAs(SPACES);
    String first = ids.firstEntry().getValue();
    String second = ids.higherEntry(ids.firstKey()).getValue();
    String third = ids.lastEntry().getValue();

    a.switchLink(b.id(), "off");
    a.awaitLinkTo(b.id(), "off");
    write(a.in(second), "normal", 12, LARGE);
    write(a.in(third), "bulk", 16, LARGE);
    // these go with the urgent one that follows on them, all of them before the turn that is fair
    write(a.in(first), "bulk", 5, LARGE);
    write(a.in(first), "urgent", 1, "now");
    assertThat(b.in(first).text("urgent-0")).isNull();

    a.switchLink(b.id(), "on");
    for (var space : SPACES) {
      awaitSame(SOON, a.in(space), b.in(space));
    }
    a.in(first).awaitReceipt("urgent-0", "everywhere");
    var urgent = positions(b.in(first));
    var normal = positions(b.in(second));
    var bulk = positions(b.in(third));
    assertThat(urgent).hasSize(6);
    assertThat(normal).hasSize(12);
    assertThat(bulk).hasSize(16);
    assertThat(normal.values()).allMatch(position -> position > urgent.get("urgent-0"));
    assertThat(bulk.values()).allMatch(position -> position > urgent.get("urgent-0"));
    assertThat(bulk.get("bulk-15")).isGreaterThan(normal.get("normal-11"));
  }
}
