package com.softadastra.system;

import static com.softadastra.system.TestNode.SOON;
import static com.softadastra.system.TestNode.awaitSame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.softadastra.node.client.Answer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What two nodes that were cut off from each other make of writes under the policies that decide.
 * They are the same for all methods, which have a space each.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PoliciesIT {

  private Nodes nodes;
  private TestNode a;
  private TestNode b;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    nodes = new Nodes(directory);
    a = nodes.create("a");
    b = nodes.create("b");
    Nodes.start(a, b);
  }

  @BeforeEach
  void meet(TestInfo test) {
    String space = test.getTestMethod().orElseThrow().getName().toLowerCase(Locale.ROOT);
    a = a.in(space);
    b = b.in(space);
    a.openSpace();
    b.join(a.invite("writer"));
    // a method that failed may have left them apart
    a.switchLink(b.id(), "on");
    a.awaitLinkTo(b.id(), "connected");
  }

  @AfterAll
  void clear() {
    nodes.close();
  }

  private static JsonNode json(String text) {
    return JsonMapper.shared().readTree(text);
  }

  private static void declare(TestNode node, String collection, String definition) {
    node.client().put(node.at() + "/collections/" + collection, json(definition)).orThrow();
  }

  private static void put(TestNode node, String document, String body) {
    node.client().put(node.at() + "/documents/" + document, json(body)).orThrow();
  }

  private static JsonNode get(TestNode node, String document) {
    return node.client().get(node.at() + "/documents/" + document).orThrow();
  }

  private static JsonNode conflicts(TestNode node, String state) {
    return node.client().get(node.at() + "/conflicts?state=" + state).orThrow().path("conflicts");
  }

  private void apart(Runnable writes) {
    awaitSame(SOON, a, b);
    a.switchLink(b.id(), "off");
    a.awaitLinkTo(b.id(), "off");
    writes.run();
    assertThat(a.digest()).isNotEqualTo(b.digest());
    a.switchLink(b.id(), "on");
    awaitSame(SOON, a, b);
  }

  private static TreeSet<String> items(JsonNode array) {
    var items = new TreeSet<String>();
    array.forEach(item -> items.add(item.asString()));
    return items;
  }

  @Test
  void fieldsComeTogetherUnderMerge() {
    declare(
        a,
        "items",
        """
        {"policy": "merge", "fields": {"stock": {"type": "counter"}, "tags": {"type": "set"}}}
        """);
    put(
        a,
        "items/tea",
        """
        {"name": "Tea", "price": 4, "stock": 10, "tags": ["hot", "new"]}
        """);
    apart(() -> {
      put(
          a,
          "items/tea",
          """
          {"name": "Tea", "price": 5, "stock": 7, "tags": ["hot", "new", "green"]}
          """);
      put(
          b,
          "items/tea",
          """
          {"name": "Black tea", "price": 6, "stock": 8, "tags": ["hot", "old"]}
          """);
      a.record(
              json(
                  """
                  {"operations": [{"op": "patch", "collection": "items", "id": "tea",
                    "patch": {"increment": {"stock": 2}}}]}
                  """))
          .orThrow();
    });

    for (var node : new TestNode[] {a, b}) {
      var tea = get(node, "items/tea");
      assertThat(tea.path("stock").asInt()).isEqualTo(10 - 3 - 2 + 2);
      assertThat(items(tea.path("tags"))).containsExactly("green", "hot", "old");
      assertThat(tea.path("name").asString()).isEqualTo("Black tea");
      assertThat(tea.path("price").asInt()).isEqualTo(6);
      assertThat(node.openConflicts()).isEmpty();
      assertThat(conflicts(node, "resolved")).hasSize(1);
      var conflict = conflicts(node, "resolved").get(0);
      assertThat(conflict.path("policy").asString()).isEqualTo("merge");
      assertThat(conflict.path("fields")).hasSize(1);
      assertThat(conflict.path("fields").get(0).asString()).isEqualTo("/price");
      assertThat(conflict.path("sides")).hasSize(2);
      assertThat(conflict.path("sides").get(1).path("body").path("price").asInt()).isEqualTo(5);
      assertThat(conflict.path("ancestor").path("body").path("price").asInt()).isEqualTo(4);
    }

    String conflict = conflicts(b, "resolved").get(0).path("id").asString();
    assertThat(conflicts(a, "resolved").get(0).path("id").asString()).isEqualTo(conflict);
    undo(b, conflict).orThrow();
    awaitSame(SOON, a, b);
    for (var node : new TestNode[] {a, b}) {
      assertThat(get(node, "items/tea").path("price").asInt()).isEqualTo(5);
      assertThat(get(node, "items/tea").path("stock").asInt()).isEqualTo(7);
      assertThat(conflicts(node, "resolved")).isEmpty();
      assertThat(conflicts(node, "undone").get(0).path("id").asString()).isEqualTo(conflict);
      assertThat(undo(node, conflict).status()).isEqualTo(409);
    }
  }

  @Test
  void theLaterDocumentCountsUnderLatest() {
    declare(a, "texts", "{\"policy\": \"latest\"}");
    put(a, "texts/one", "{\"text\": \"before\", \"by\": \"nobody\"}");
    put(a, "texts/two", "{\"text\": \"before\"}");
    apart(() -> {
      put(a, "texts/one", "{\"text\": \"of a\", \"by\": \"a\"}");
      put(a, "texts/two", "{\"text\": \"of a\"}");
      put(b, "texts/one", "{\"text\": \"of b\"}");
      b.client().delete(b.at() + "/documents/texts/two").orThrow();
    });
    for (var node : new TestNode[] {a, b}) {
      assertThat(get(node, "texts/one")).isEqualTo(json("{\"text\": \"of b\"}"));
      assertThat(node.client().get(node.at() + "/documents/texts/two").status()).isEqualTo(410);
      assertThat(conflicts(node, "resolved")).hasSize(2);
    }
    for (var conflict : conflicts(a, "resolved")) {
      undo(a, conflict.path("id").asString()).orThrow();
    }
    awaitSame(SOON, a, b);
    assertThat(get(b, "texts/one")).isEqualTo(json("{\"text\": \"of a\", \"by\": \"a\"}"));
    assertThat(get(b, "texts/two")).isEqualTo(json("{\"text\": \"of a\"}"));
    assertThat(conflicts(b, "undone")).hasSize(2);
  }

  private static JsonNode relabel(TestNode by, TestNode member, String labels) {
    return by.client()
        .put(by.at() + "/members/" + member.id(), json("{\"labels\": " + labels + "}"))
        .orThrow();
  }

  /** Waits until a node knows its labels. */
  private static void awaitLabels(TestNode node, String labels) {
    await()
        .atMost(SOON)
        .until(() -> {
          for (var member : node.client().get(node.at() + "/members").orThrow()) {
            if (member.path("node").asString().equals(node.id())) {
              return member.path("labels").toString().equals(labels);
            }
          }
          return false;
        });
  }

  @Test
  void theNodeWithTheLabelCountsUnderLocalRole() {
    declare(a, "prices", "{\"policy\": \"local-role\", \"labels\": [\"hq\", \"depot\"]}");
    awaitSame(SOON, a, b);
    var declared = b.client().get(b.at() + "/collections").orThrow().path("collections");
    assertThat(declared.get(0).path("labels")).isEqualTo(json("[\"hq\", \"depot\"]"));
    put(a, "prices/tea", "{\"price\": 4}");
    put(a, "prices/rum", "{\"price\": 9}");
    relabel(a, b, "[\"depot\"]");
    awaitLabels(b, "[\"depot\"]");

    // b has a label, a has none: what b wrote counts, though a wrote later
    apart(() -> {
      put(b, "prices/tea", "{\"price\": 5}");
      put(a, "prices/tea", "{\"price\": 6}");
      b.client().delete(b.at() + "/documents/prices/rum").orThrow();
      put(a, "prices/rum", "{\"price\": 8}");
    });
    for (var node : new TestNode[] {a, b}) {
      assertThat(get(node, "prices/tea").path("price").asInt()).isEqualTo(5);
      assertThat(node.client().get(node.at() + "/documents/prices/rum").status()).isEqualTo(410);
      assertThat(node.openConflicts()).isEmpty();
      assertThat(conflicts(node, "resolved")).hasSize(2);
      var conflict = conflicts(node, "resolved").get(0);
      assertThat(conflict.path("policy").asString()).isEqualTo("local-role");
      assertThat(conflict.path("reason").asString()).contains("the label depot");
      assertThat(conflict.path("sides").get(0).path("node").asString()).isEqualTo(b.id());
      assertThat(conflict.path("sides").get(1).path("node").asString()).isEqualTo(a.id());
    }

    // a gives itself the label before: from its next write on it counts first
    relabel(a, a, "[\"hq\"]");
    awaitLabels(a, "[\"hq\"]");
    apart(() -> {
      put(a, "prices/tea", "{\"price\": 7}");
      put(b, "prices/tea", "{\"price\": 10}");
      put(b, "prices/tea", "{\"price\": 11}");
    });
    for (var node : new TestNode[] {a, b}) {
      assertThat(get(node, "prices/tea").path("price").asInt()).isEqualTo(7);
      assertThat(node.openConflicts()).isEmpty();
    }
    var lost = json("[]");
    for (var conflict : conflicts(b, "resolved")) {
      if (conflict.path("reason").asString().contains("the label hq")) {
        lost = conflict;
      }
    }
    assertThat(lost.path("sides").get(1).path("body").path("price").asInt()).isEqualTo(11);
    undo(b, lost.path("id").asString()).orThrow();
    awaitSame(SOON, a, b);
    assertThat(get(a, "prices/tea").path("price").asInt()).isEqualTo(11);

    // both have the first label: as under keep
    relabel(a, b, "[\"hq\"]");
    awaitLabels(b, "[\"hq\"]");
    apart(() -> {
      put(a, "prices/tea", "{\"price\": 12}");
      put(b, "prices/tea", "{\"price\": 13}");
    });
    for (var node : new TestNode[] {a, b}) {
      var open = conflicts(node, "open");
      assertThat(open).hasSize(1);
      assertThat(open.get(0).path("policy").asString()).isEqualTo("local-role");
      assertThat(open.get(0).path("reason").asString()).contains("none or several");
    }
    assertThat(get(a, "prices/tea")).isEqualTo(get(b, "prices/tea"));
    // b is no admin
    assertThat(
            b.client()
                .put(b.at() + "/members/" + b.id(), json("{\"labels\": [\"depot\"]}"))
                .status())
        .isEqualTo(403);
  }

  @Test
  void whatWasWrittenSinceIsNotUndone() {
    declare(a, "items", "{\"policy\": \"merge\"}");
    put(a, "items/tea", "{\"price\": 4, \"name\": \"Tea\"}");
    apart(() -> {
      put(a, "items/tea", "{\"price\": 5, \"name\": \"Tea\"}");
      put(b, "items/tea", "{\"price\": 6, \"name\": \"Tea\"}");
    });
    String conflict = conflicts(a, "resolved").get(0).path("id").asString();
    put(a, "items/tea", "{\"price\": 7, \"name\": \"Tea\"}");
    var refused = undo(a, conflict);
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.body().path("code").asString()).isEqualTo("conflict-not-undoable");
    assertThat(get(a, "items/tea").path("price").asInt()).isEqualTo(7);
    awaitSame(SOON, a, b);
  }

  @Test
  void ofNumbersTheGreatestAndTheLeastCount() {
    declare(
        a,
        "tanks",
        """
        {"policy": "merge", "fields": {"highest": {"type": "max"}, "lowest": {"type": "min"}}}
        """);
    put(a, "tanks/diesel", "{\"highest\": 50, \"lowest\": 40}");
    apart(() -> {
      put(a, "tanks/diesel", "{\"highest\": 70, \"lowest\": 30}");
      put(b, "tanks/diesel", "{\"highest\": 60, \"lowest\": 20}");
    });
    for (var node : new TestNode[] {a, b}) {
      var diesel = get(node, "tanks/diesel");
      assertThat(diesel.path("highest").asInt()).isEqualTo(70);
      assertThat(diesel.path("lowest").asInt()).isEqualTo(20);
      assertThat(node.openConflicts()).isEmpty();
    }
  }

  @Test
  void ofDefinitionsThatWereChangedApartOneCounts() {
    declare(a, "items", "{\"policy\": \"keep\"}");
    put(a, "items/tea", "{\"stock\": 10}");
    apart(() -> {
      declare(a, "items", "{\"policy\": \"latest\"}");
      declare(
          b,
          "items",
          """
          {"policy": "merge", "fields": {"stock": {"type": "counter"}}}
          """);
      put(a, "items/tea", "{\"stock\": 8}");
      put(b, "items/tea", "{\"stock\": 7}");
    });
    var collection = a.client().get(a.at() + "/collections").orThrow();
    assertThat(b.client().get(b.at() + "/collections").orThrow()).isEqualTo(collection);
    assertThat(get(a, "items/tea")).isEqualTo(get(b, "items/tea"));
    boolean merges =
        collection.path("collections").get(0).path("policy").asString().equals("merge");
    assertThat(get(a, "items/tea").path("stock").asInt()).isEqualTo(merges ? 5 : 7);
    assertThat(a.openConflicts()).isEmpty();
    assertThat(collection.path("collections").get(0).path("generation").asInt()).isEqualTo(2);
  }

  /** Each at its node, apart, and the one that comes after the other is the greater hash. */
  private String changedApart(String atA, String atB) {
    declare(a, "items", "{\"policy\": \"keep\"}");
    put(a, "items/tea", "{\"stock\": 10}");
    apart(() -> {
      declare(a, "items", atA);
      declare(b, "items", atB);
      put(a, "items/tea", "{\"stock\": 8}");
      put(b, "items/tea", "{\"stock\": 7}");
    });
    var collections = a.client().get(a.at() + "/collections").orThrow();
    assertThat(b.client().get(b.at() + "/collections").orThrow()).isEqualTo(collections);
    assertThat(get(a, "items/tea")).isEqualTo(get(b, "items/tea"));
    return collections.path("collections").get(0).path("policy").asString();
  }

  @Test
  void aChangeToLocalRoleBesideAnotherTakesEffectAlike() {
    relabel(a, b, "[\"depot\"]");
    awaitLabels(b, "[\"depot\"]");
    var policy =
        changedApart(
            "{\"policy\": \"latest\"}",
            "{\"policy\": \"local-role\", \"labels\": [\"hq\", \"depot\"]}");
    // b's is the later, and has the label
    assertThat(policy).isIn("latest", "local-role");
    assertThat(get(a, "items/tea").path("stock").asInt()).isEqualTo(7);
    for (var node : new TestNode[] {a, b}) {
      assertThat(node.openConflicts()).isEmpty();
      assertThat(conflicts(node, "resolved")).hasSize(1);
      assertThat(conflicts(node, "resolved").get(0).path("policy").asString()).isEqualTo(policy);
    }
    // from now on it is made under the one that counts
    apart(() -> {
      put(b, "items/tea", "{\"stock\": 5}");
      put(a, "items/tea", "{\"stock\": 6}");
    });
    for (var node : new TestNode[] {a, b}) {
      assertThat(node.openConflicts()).isEmpty();
      assertThat(get(node, "items/tea").path("stock").asInt())
          .isEqualTo(policy.equals("latest") ? 6 : 5);
    }
  }

  @Test
  void aChangeToFunctionBesideAnotherTakesEffectAlike() {
    var policy =
        changedApart(
            "{\"policy\": \"function\", \"resolver\": \"of-nobody\"}",
            "{\"policy\": \"local-role\", \"labels\": [\"hq\"]}");
    assertThat(policy).isIn("function", "local-role");
    for (var node : new TestNode[] {a, b}) {
      var open = conflicts(node, "open");
      assertThat(open).hasSize(1);
      assertThat(open.get(0).path("policy").asString()).isEqualTo(policy);
      assertThat(open.get(0).path("resolver").path("name").asString(""))
          .isEqualTo(policy.equals("function") ? "of-nobody" : "");
    }
    assertThat(conflicts(a, "open").get(0).path("id"))
        .isEqualTo(conflicts(b, "open").get(0).path("id"));
  }

  @Test
  void howAnOpenConflictWasResolvedCanBeUndone() throws Exception {
    put(a, "notes/one", "{\"text\": \"before\"}");
    apart(() -> {
      put(a, "notes/one", "{\"text\": \"of a\"}");
      put(b, "notes/one", "{\"text\": \"of b\"}");
    });
    String conflict = conflicts(a, "open").get(0).path("id").asString();
    var open = undo(a, conflict);
    assertThat(open.status()).isEqualTo(409);
    assertThat(open.body().path("code").asString()).isEqualTo("conflict-not-undoable");
    var heard = new LinkedBlockingQueue<JsonNode>();
    var listener =
        Thread.ofVirtual().start(() -> b.client().followConflicts(b.space(), 0, heard::add));
    try {
      next(heard, "open", "notes");
      resolve(a, conflict, "{\"body\": {\"text\": \"of a\"}}");
      var resolved = next(heard, "resolved", "notes").path("conflict");
      assertThat(resolved.path("resolution").path("node").asString()).isEqualTo(a.id());
      undo(b, conflict).orThrow();
      assertThat(next(heard, "undone", "notes").path("id").asString()).isEqualTo(conflict);
    } finally {
      listener.interrupt();
      listener.join();
    }
    awaitSame(SOON, a, b);
    for (var node : new TestNode[] {a, b}) {
      assertThat(get(node, "notes/one").path("text").asString()).isEqualTo("of b");
      assertThat(conflicts(node, "undone").get(0).path("id").asString()).isEqualTo(conflict);
      assertThat(conflicts(node, "resolved")).isEmpty();
      assertThat(undo(node, conflict).body().path("code").asString())
          .isEqualTo("conflict-not-undoable");
    }

    // what was written since stays
    apart(() -> {
      put(a, "notes/one", "{\"text\": \"a again\"}");
      put(b, "notes/one", "{\"text\": \"b again\"}");
    });
    String second = conflicts(b, "open").get(0).path("id").asString();
    resolve(b, second, "{\"body\": {\"text\": \"of both\"}}");
    put(b, "notes/one", "{\"text\": \"later\"}");
    assertThat(undo(b, second).status()).isEqualTo(409);
    assertThat(get(b, "notes/one").path("text").asString()).isEqualTo("later");
  }

  @Test
  void theIdOfAConflictLeadsToTheOneThatHasTakenItsPlace() {
    var bases = new ArrayDeque<String>();
    for (var text : List.of("first", "second", "third")) {
      bases.push(version(writeOn(a, null, text)));
    }
    String youngest = bases.pop();
    apart(() -> {
      writeOn(a, youngest, "of a");
      writeOn(b, youngest, "of b");
    });
    String former = conflicts(a, "open").get(0).path("id").asString();
    int sides = 2;
    // what is made of an earlier version makes it another conflict, over that
    for (String base : bases) {
      writeOn(a, base, "late");
      awaitSame(SOON, a, b);
      sides++;
      for (var node : new TestNode[] {a, b}) {
        var open = conflicts(node, "open");
        assertThat(open).hasSize(1);
        assertThat(open.get(0).path("id").asString()).isNotEqualTo(former);
        assertThat(open.get(0).path("ancestor").path("version").asString()).isEqualTo(base);
        assertThat(open.get(0).path("sides")).hasSize(sides);
        assertThat(conflict(node, former)).isEqualTo(open.get(0));
      }
    }

    resolve(b, former, "{\"body\": {\"text\": \"of all\"}}");
    awaitSame(SOON, a, b);
    for (var node : new TestNode[] {a, b}) {
      assertThat(node.text("one")).isEqualTo("of all");
      assertThat(conflicts(node, "open")).isEmpty();
      assertThat(conflicts(node, "resolved")).hasSize(1);
      assertThat(conflict(node, former)).isEqualTo(conflicts(node, "resolved").get(0));
    }
  }

  private static JsonNode conflict(TestNode node, String id) {
    return node.client().get(node.at() + "/conflicts/" + id).orThrow();
  }

  /** Writes the note on one version of it, or on what there is. */
  private static JsonNode writeOn(TestNode node, @Nullable String base, String text) {
    var headers = base == null ? new String[0] : new String[] {"Softadastra-Base", quoted(base)};
    return node.client()
        .call("PUT", node.at() + "/documents/notes/one", TestNode.body(text), headers)
        .orThrow();
  }

  private static String quoted(String version) {
    return '"' + version + '"';
  }

  private static String version(JsonNode receipt) {
    return receipt.path("operations").get(0).path("version").asString();
  }

  @Test
  void whoListensHearsOfConflictsAtOnce() throws Exception {
    declare(a, "items", "{\"policy\": \"merge\"}");
    put(a, "items/tea", "{\"price\": 4}");
    put(a, "notes/one", "{\"text\": \"before\"}");
    var heard = new LinkedBlockingQueue<JsonNode>();
    var listener =
        Thread.ofVirtual().start(() -> b.client().followConflicts(b.space(), 0, heard::add));
    try {
      apart(() -> {
        put(a, "items/tea", "{\"price\": 5}");
        put(b, "items/tea", "{\"price\": 6}");
        put(a, "notes/one", "{\"text\": \"of a\"}");
        put(b, "notes/one", "{\"text\": \"of b\"}");
      });
      var decided = next(heard, "resolved", "items");
      var open = next(heard, "open", "notes");
      assertThat(open.path("conflict").path("sides")).hasSize(2);

      undo(a, decided.path("id").asString()).orThrow();
      assertThat(next(heard, "undone", "items").path("id")).isEqualTo(decided.path("id"));
      resolve(a, open.path("id").asString(), "{\"body\": {\"text\": \"of both\"}}");
      var resolved = next(heard, "resolved", "notes");
      assertThat(resolved.path("id")).isEqualTo(open.path("id"));
      assertThat(resolved.path("change").asLong()).isGreaterThan(open.path("change").asLong());
    } finally {
      listener.interrupt();
      listener.join();
    }

    // who comes back hears once how each conflict stands now
    var again = new LinkedBlockingQueue<JsonNode>();
    var late = Thread.ofVirtual().start(() -> b.client().followConflicts(b.space(), 0, again::add));
    try {
      next(again, "undone", "items");
      next(again, "resolved", "notes");
      assertThat(again).isEmpty();
    } finally {
      late.interrupt();
      late.join();
    }
  }

  /** The next change that is heard, which has to be of such a conflict. */
  private static JsonNode next(LinkedBlockingQueue<JsonNode> heard, String state, String collection)
      throws InterruptedException {
    var change = heard.poll(SOON.toSeconds(), TimeUnit.SECONDS);
    assertThat(change).isNotNull();
    var conflict = change.path("conflict");
    assertThat(conflict.path("collection").asString()).as(change.toString()).isEqualTo(collection);
    assertThat(conflict.path("state").asString()).as(change.toString()).isEqualTo(state);
    assertThat(conflict.path("id")).isEqualTo(change.path("id"));
    return change;
  }

  private static void resolve(TestNode node, String conflict, String resolution) {
    node.client()
        .post(node.at() + "/conflicts/" + conflict + "/resolution", json(resolution))
        .orThrow();
  }

  private static Answer undo(TestNode node, String conflict) {
    return node.client().delete(node.at() + "/conflicts/" + conflict + "/resolution");
  }
}
