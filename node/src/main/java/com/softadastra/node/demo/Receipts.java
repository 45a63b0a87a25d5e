package com.softadastra.node.demo;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Asks the sites again for the receipts that a replay was given. */
final class Receipts {
  private final Replay replay;

  Receipts(Replay replay) {
    this.replay = replay;
  }

  /** Changes whose receipt is missing or names other versions than when it was first given. */
  List<String> differing(Site site, List<RecordedChange> acknowledged) throws InterruptedException {
    return Questions.each(
        acknowledged,
        change -> {
          var answer = site.client().get(Site.SPACE + "/intents/" + change.intent());
          if (!answer.isSuccess()) {
            return change.intent() + ": " + answer.problem();
          }
          return Replay.versions(change, answer.body()).equals(replay.versions(change))
              ? ""
              : change.intent() + " has other versions than were acknowledged";
        });
  }

  /** How many of the changes have a receipt in each state, by the site that took them. */
  Map<String, Long> states(Site site, List<RecordedChange> changes) throws InterruptedException {
    return Questions.each(changes, change -> site.receipt(change).path("state").asString("unknown"))
        .stream()
        .collect(Collectors.groupingBy(state -> state, Collectors.counting()));
  }
}
