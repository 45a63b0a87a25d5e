package com.softadastra.node.demo;

import com.softadastra.node.client.NodeClient;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/**
 * Compares what a site says with what {@link NaiveHeads} found in the file, document by document.
 */
final class Proof {
  private final RecordedHistory history;
  private final Replay replay;
  private final NaiveHeads expected;

  Proof(RecordedHistory history, Replay replay, NaiveHeads expected) {
    this.history = history;
    this.replay = replay;
    this.expected = expected;
  }

  /** Sentences about documents whose heads are others than expected; none when all agree. */
  List<String> differingHeads(Site site) throws InterruptedException {
    return Questions.each(
        expected.byDocument().entrySet(),
        document -> {
          var found = new TreeSet<String>();
          for (var version : versions(site, document.getKey())) {
            if (version.path("current").asBoolean(false)) {
              found.add(version.path("version").asString());
            }
          }
          return difference(
              document.getKey(), versions(document.getKey(), document.getValue()), found);
        });
  }

  /** Sentences about documents whose open conflict is missing, unexpected or has other sides. */
  List<String> differingConflicts(Site site) {
    var found = new HashMap<String, Set<String>>();
    for (var conflict : all(site, Site.SPACE + "/conflicts?state=open", "conflicts")) {
      var sides = found.computeIfAbsent(conflict.path("document").asString(), _ -> new TreeSet<>());
      conflict.path("sides").forEach(side -> sides.add(side.path("version").asString()));
    }
    var differences = new ArrayList<String>();
    for (var document : expected.inConflict().entrySet()) {
      var sides = found.remove(document.getKey());
      differences.add(
          difference(
              document.getKey(),
              versions(document.getKey(), document.getValue()),
              sides == null ? Set.of() : sides));
    }
    found.forEach((document, sides) -> differences.add(difference(document, Set.of(), sides)));
    differences.removeIf(String::isEmpty);
    return differences;
  }

  private static List<JsonNode> versions(Site site, String document) {
    var path = Site.SPACE + "/documents/" + Site.COLLECTION + "/" + NodeClient.segment(document);
    return all(site, path + "/history?limit=1000", "versions");
  }

  /** What all pages of an answer have under a name. */
  private static List<JsonNode> all(Site site, String path, String name) {
    var all = new ArrayList<JsonNode>();
    for (long after = 0; after >= 0; ) {
      var page = site.client().get(path + "&after=" + after).orThrow();
      page.path(name).forEach(all::add);
      after = page.path("next").asLong(-1);
    }
    return all;
  }

  /** What the sites called the writes that the naive program knows by their place in the file. */
  private SortedSet<String> versions(String document, SortedSet<Integer> writers) {
    var named = new TreeSet<String>();
    for (int position : writers) {
      var change = history.change(position);
      named.add(replay.versions(change).get(change.indexOf(document)));
    }
    return named;
  }

  private static String difference(String document, Set<String> expected, Set<String> found) {
    return expected.equals(found)
        ? ""
        : "%s: expected %s, found %s".formatted(document, expected, found);
  }
}
