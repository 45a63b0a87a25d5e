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
          for (var version : history(site, document.getKey()).path("versions")) {
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
    var answer = site.client().get(Site.SPACE + "/conflicts?state=open").orThrow();
    for (var conflict : answer.path("conflicts")) {
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

  private static JsonNode history(Site site, String document) {
    return site.client()
        .get(
            Site.SPACE
                + "/documents/"
                + Site.COLLECTION
                + "/"
                + NodeClient.segment(document)
                + "/history")
        .orThrow();
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
