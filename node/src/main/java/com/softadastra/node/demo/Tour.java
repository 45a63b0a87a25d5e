package com.softadastra.node.demo;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * The tour's chapters, one method each: two nodes start and pair, work together, are cut off, one
 * is killed and comes back, they meet, they are never up together and an edge carries for them, and
 * what they hold is compared.
 */
final class Tour {
  private static final Duration START = Duration.ofMinutes(4);
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int DIFFERENCES_SHOWN = 10;

  private final RecordedHistory history;
  private final Narrator narrator;
  private final Site north;
  private final Site south;
  private final List<Site> sites;
  private final Site mast;

  /** From this change on all goes by way of the edge. */
  private final int last;

  // known once they are up
  private String northId = "";
  private String southId = "";

  Tour(RecordedHistory history, Stage stage, Narrator narrator) {
    this.history = history;
    this.narrator = narrator;
    this.north = stage.site(0, "north");
    this.south = stage.site(1, "south");
    this.sites = List.of(north, south);
    this.mast = stage.site(2, "mast");
    int size = history.size();
    this.last = CutPoint.of(history, size * 3 / 4, size * 19 / 20, size).position();
  }

  /** Whether the proof at the end held. */
  boolean run() throws InterruptedException {
    narrator.chapter("The input");
    narrator.say(
        "real edits by %,d people: %,d changes, %,d of which write; %,d writes of %,d documents",
        history.authors(),
        history.size(),
        history.effective(),
        history.operations(),
        history.documents());
    var cut = CutPoint.of(history, last / 5, last * 4 / 5, last);
    start();
    try (var replay = new Replay(history, sites, narrator)) {
      together(replay, cut);
      apart(replay, cut);
      meet(replay);
      byEdge(replay);
      boolean same = prove(replay);
      narrator.say(
          same
              ? "done: both nodes are the same, and they are what the file says"
              : "FAILED: the proof does not hold");
      return same;
    }
  }

  private void start() throws InterruptedException {
    narrator.chapter("Two nodes");
    sites.forEach(site -> site.process().start());
    for (var site : sites) {
      var took = site.process().awaitReady(START);
      narrator.say(
          "%s is ready after %.1f s: process %d, http://127.0.0.1:%d, peers on %d",
          site.name(),
          took.toMillis() / 1000.0,
          site.process().pid(),
          site.process().port(),
          site.process().meshPort());
    }
    north.openSpace();
    northId = north.nodeId();
    southId = south.nodeId();
    south.join(north.invite("writer"));
    Site.await("both are connected", SOON, this::areConnected);
    narrator.say("north made a space and invited south; they are paired and connected");
  }

  private void together(Replay replay, CutPoint cut) throws InterruptedException {
    narrator.chapter("Working together");
    narrator.say(
        "each change is written where its author sits, on the versions that its author had seen");
    long begun = System.nanoTime();
    replay.allowUpTo(cut.position());
    replay.runUntil(replay::isEverywhere);
    double seconds = Narrator.secondsSince(begun);
    narrator.say(
        "%,d changes recorded and on both nodes in %.1f s, %,.0f a second; open conflicts: %d",
        replay.recorded(),
        seconds,
        replay.recorded() / seconds,
        north.digest().path("conflicts").asInt());
  }

  private void apart(Replay replay, CutPoint cut) throws InterruptedException {
    narrator.chapter("Cut off from each other");
    north.switchLink(southId, "off");
    Site.await(
        "the link is cut",
        SOON,
        () -> !north.isConnectedTo(southId) && !south.isConnectedTo(northId));
    int northBefore = replay.recordedAt(north);
    int southBefore = replay.recordedAt(south);
    narrator.say("the link is switched off; both go on with what they can do alone");

    replay.allowUpTo(last);
    int half = southBefore + cut.second() / 2;
    replay.runUntil(() -> replay.recordedAt(south) >= half);
    south.process().kill();
    replay.down(south);
    var acknowledged = replay.acknowledgedBy(south);
    narrator.say(
        "south is killed with kill -9 in the middle, %,d writes after the cut, others under way",
        replay.recordedAt(south) - southBefore);
    south.process().start();
    replay.runUntil(replay::isIdle);
    narrator.say(
        "north has gone on meanwhile: %,d changes alone", replay.recordedAt(north) - northBefore);

    var took = south.process().awaitReady(START);
    var lost = new Receipts(replay).differing(south, acknowledged);
    failWhereAny("lost in the crash", lost);
    narrator.say(
        "south is back after %.1f s; all %,d changes that it ever acknowledged are there",
        took.toMillis() / 1000.0, acknowledged.size());

    replay.up(south);
    replay.runUntil(replay::isIdle);
    var alone =
        replay.acknowledgedBy(south).stream()
            .filter(change -> change.position() >= cut.position())
            .toList();
    narrator.say(
        "south goes on: %,d changes alone, its receipts say %s; the digests differ: %s",
        replay.recordedAt(south) - southBefore,
        inWords(new Receipts(replay).states(south, alone)),
        !digest(north).equals(digest(south)));
  }

  private void meet(Replay replay) throws InterruptedException {
    narrator.chapter("They meet again");
    int before = replay.recorded();
    long begun = System.nanoTime();
    north.switchLink(southId, "on");
    Site.await("both are connected", SOON, this::areConnected);
    narrator.say("the link is on again, connected after %.1f s", Narrator.secondsSince(begun));
    long rest = System.nanoTime();
    replay.runUntil(replay::isEverywhere);
    double seconds = Narrator.secondsSince(rest);
    narrator.say(
        "the rest is recorded and on both nodes: %,d changes in %.1f s, %,.0f a second",
        replay.recorded() - before, seconds, (replay.recorded() - before) / seconds);
  }

  private boolean areConnected() {
    return north.isConnectedTo(southId) && south.isConnectedTo(northId);
  }

  private void byEdge(Replay replay) throws InterruptedException {
    narrator.chapter("Never up at the same time");
    mast.process().start();
    mast.process().awaitReady(START);
    mast.join(north.invite("relay"));
    String mastId = mast.nodeId();
    Site.await("south knows the mast", SOON, () -> south.isConnectedTo(mastId));
    narrator.say(
        "a third node, mast, is made a relay: it keeps sealed mail and can read none of it; "
            + "south learns of it from the membership");

    stop(replay, south);
    replay.allowUpTo(history.size());
    alone(replay, north, southId, "south is off; north");

    stop(replay, north);
    start(replay, south);
    replay.runUntil(() -> replay.holdsAll(south));
    narrator.say("north is off, south is on again, and has by the mast all that north wrote");
    alone(replay, south, northId, "south");

    stop(replay, south);
    start(replay, north);
    replay.runUntil(() -> replay.holdsAll(north));
    narrator.say("south is off, north is on again, and has by the mast all that south wrote");
    start(replay, south);
    replay.runUntil(replay::isEverywhere);
    narrator.say("both are on again; the rest is recorded and on both nodes");
  }

  /** Works on alone, and says where that is then. */
  private void alone(Replay replay, Site site, String other, String how)
      throws InterruptedException {
    int before = replay.recordedAt(site);
    replay.runUntil(replay::isIdle);
    var changes =
        replay.acknowledgedBy(site).stream().filter(change -> change.position() >= last).toList();
    var receipts = new Receipts(replay);
    long deadline = System.nanoTime() + SOON.toNanos();
    var states = receipts.states(site, changes);
    while (states.containsKey("recorded") && System.nanoTime() < deadline) {
      TimeUnit.MILLISECONDS.sleep(200);
      states = receipts.states(site, changes);
    }
    narrator.say(
        "%s goes on, %,d changes alone; its receipts say %s, and the mast keeps %,d envelopes",
        how, replay.recordedAt(site) - before, inWords(states), mast.keepsFor(other));
    if (states.containsKey("recorded")) {
      throw new TourFailed("the mast has not taken what " + site.name() + " wrote");
    }
  }

  private static void stop(Replay replay, Site site) throws InterruptedException {
    replay.down(site);
    replay.runUntil(replay::isIdle);
    site.process().stop();
  }

  private static void start(Replay replay, Site site) throws InterruptedException {
    site.process().start();
    site.process().awaitReady(START);
    replay.up(site);
  }

  private boolean prove(Replay replay) throws InterruptedException {
    narrator.chapter("The proof");
    Site.await("both digests are equal", SOON, () -> digest(north).equals(digest(south)));
    for (var site : sites) {
      var digest = site.digest();
      narrator.say(
          "%s: digest %s, %,d entries, %,d documents, %,d open conflicts",
          site.name(),
          digest.path("digest").asString(),
          digest.path("entries").asLong(),
          digest.path("documents").asLong(),
          digest.path("conflicts").asLong());
    }
    var expected = NaiveHeads.of(history);
    var proof = new Proof(history, replay, expected);
    boolean same = true;
    for (var site : sites) {
      var heads = proof.differingHeads(site);
      var conflicts = proof.differingConflicts(site);
      narrator.say(
          "%s: heads of %,d documents compared with a separate naive program, %,d differ; "
              + "it expects %,d conflicts, %,d differ",
          site.name(),
          expected.byDocument().size(),
          heads.size(),
          expected.conflicts(),
          conflicts.size());
      heads.stream().limit(DIFFERENCES_SHOWN).forEach(line -> narrator.say("  %s", line));
      conflicts.stream().limit(DIFFERENCES_SHOWN).forEach(line -> narrator.say("  %s", line));
      same &= heads.isEmpty() && conflicts.isEmpty();
    }
    return same & receipts(replay);
  }

  /** Whether every write's receipt tells that it is everywhere, as soon as word is back. */
  private boolean receipts(Replay replay) throws InterruptedException {
    var receipts = new Receipts(replay);
    boolean all = true;
    for (var site : sites) {
      var changes = replay.acknowledgedBy(site);
      long deadline = System.nanoTime() + SOON.toNanos();
      var states = receipts.states(site, changes);
      while (states.getOrDefault("everywhere", 0L) < changes.size()
          && System.nanoTime() < deadline) {
        TimeUnit.MILLISECONDS.sleep(500);
        states = receipts.states(site, changes);
      }
      narrator.say(
          "%s: receipts of its %,d writes: %s", site.name(), changes.size(), inWords(states));
      all &= states.getOrDefault("everywhere", 0L) == changes.size();
    }
    return all;
  }

  private static String digest(Site site) {
    return site.digest().path("digest").asString();
  }

  private static String inWords(Map<String, Long> states) {
    return states.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .map(each -> "%,d %s".formatted(each.getValue(), each.getKey()))
        .collect(Collectors.joining(", "));
  }

  private static void failWhereAny(String what, List<String> found) {
    if (!found.isEmpty()) {
      throw new TourFailed("%s: %d, the first: %s".formatted(what, found.size(), found.getFirst()));
    }
  }
}
