package com.softadastra.node.demo;

import com.softadastra.node.client.NodeClient;
import com.softadastra.node.client.NodeUnreachable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Records a history on two sites, each change as one intent where its author sits and on what its
 * author had seen. A change waits until its site holds all of its parents, which the site's feed of
 * changes tells; a change without operations isn't recorded and is held where its parents are.
 *
 * <p>One thread calls all methods and owns all state. Requests and feeds run on threads of their
 * own, which see only what never changes again, and tell it by events.
 */
final class Replay implements AutoCloseable {
  private static final int IN_FLIGHT = 16;
  private static final int ATTEMPTS = 100;
  private static final long PAUSE_MILLIS = 200;
  private static final long STALLED_NANOS = TimeUnit.MINUTES.toNanos(3);
  private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(10);

  private sealed interface Event {
    /** The site forced it to its disk and named these versions, one an operation. */
    record Acknowledged(RecordedChange change, List<String> versions) implements Event {}

    /** It can be tried again. */
    record NotAnswered(RecordedChange change, String reason) implements Event {}

    record Refused(RecordedChange change, String reason) implements Event {}

    /** The site's feed of changes has it. */
    record Arrived(int site, String intent) implements Event {}
  }

  private final RecordedHistory history;
  private final Bases bases;
  private final Narrator narrator;
  private final List<Lane> lanes = new ArrayList<>();
  private final List<List<Integer>> children = new ArrayList<>();
  private final @Nullable List<String>[] versions;
  private final int[] attempts;
  private final BitSet recorded = new BitSet();
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final ExecutorService requests = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, Integer> byIntent = new HashMap<>();

  private int limit;
  private volatile boolean closed;

  /** What is known of one site. */
  private static final class Lane {
    final Site site;
    final BitSet held = new BitSet();

    /** Changes that the site's feed has told of, whether or not their versions are known yet. */
    final BitSet arrived = new BitSet();

    final Queue<Integer> ready = new PriorityQueue<>();
    int inFlight;
    int recorded;
    boolean up = true;

    Lane(Site site) {
      this.site = site;
    }
  }

  @SuppressWarnings("unchecked")
  Replay(RecordedHistory history, List<Site> sites, Narrator narrator) {
    this.history = history;
    this.bases = new Bases(history);
    this.narrator = narrator;
    this.versions = new List[history.size()];
    this.attempts = new int[history.size()];
    for (var change : history.changes()) {
      children.add(new ArrayList<>());
      change.parents().stream()
          .distinct()
          .forEach(parent -> children.get(parent).add(change.position()));
      byIntent.put(change.intent(), change.position());
    }
    sites.forEach(site -> lanes.add(new Lane(site)));
    for (var change : history.changes()) {
      if (change.parents().isEmpty()) {
        lanes.forEach(lane -> reach(lane, change.position()));
      }
    }
    for (var site : sites) {
      Thread.ofVirtual().name("changes of " + site.name()).start(() -> follow(site));
    }
  }

  /** Where a change is written: 0 or 1. */
  static int siteOf(RecordedChange change) {
    return Math.floorMod(change.author(), 2);
  }

  /** Lets changes before this position be recorded. */
  void allowUpTo(int position) {
    limit = position;
  }

  /** The site is gone; its writes wait. */
  void down(Site site) {
    lanes.get(site.index()).up = false;
  }

  void up(Site site) {
    lanes.get(site.index()).up = true;
  }

  int recorded() {
    return recorded.cardinality();
  }

  int recordedAt(Site site) {
    return lanes.get(site.index()).recorded;
  }

  /** Changes that the site acknowledged. */
  List<RecordedChange> acknowledgedBy(Site site) {
    return recorded.stream()
        .mapToObj(history::change)
        .filter(change -> siteOf(change) == site.index())
        .toList();
  }

  /** The versions that a recorded change's operations got, in the order of its operations. */
  List<String> versions(RecordedChange change) {
    var named = versions[change.position()];
    if (named == null) {
      throw new IllegalStateException(change.intent() + " is not recorded");
    }
    return named;
  }

  /** Whether every change that was allowed is recorded and held by both sites. */
  boolean isEverywhere() {
    return lanes.stream().allMatch(lane -> lane.held.nextClearBit(0) >= limit);
  }

  /** Whether a site has every change that is recorded. */
  boolean holdsAll(Site site) {
    var missing = (BitSet) recorded.clone();
    missing.andNot(lanes.get(site.index()).held);
    return missing.isEmpty();
  }

  /** Whether no site that is up has anything under way or could begin anything by itself. */
  boolean isIdle() {
    return lanes.stream()
        .allMatch(lane -> lane.inFlight == 0 && (!lane.up || startable(lane) == null));
  }

  /**
   * Records what can be recorded until the condition holds.
   *
   * @throws TourFailed where a site refuses a change, or nothing has happened for minutes
   */
  void runUntil(BooleanSupplier done) throws InterruptedException {
    long begun = System.nanoTime();
    long heard = begun;
    long told = begun;
    int before = recorded();
    while (true) {
      lanes.forEach(this::startWhatCan);
      if (done.getAsBoolean()) {
        return;
      }
      var event = events.poll(100, TimeUnit.MILLISECONDS);
      long now = System.nanoTime();
      if (event != null) {
        heard = now;
        do {
          take(event);
        } while ((event = events.poll()) != null);
      } else if (now - heard > STALLED_NANOS) {
        throw new TourFailed("nothing has happened for minutes: " + describe());
      }
      if (now - told > PROGRESS_NANOS) {
        told = now;
        narrator.say(
            "%,d of %,d changes recorded, %,.0f a second",
            recorded(), history.effective(), (recorded() - before) / Narrator.secondsSince(begun));
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    requests.shutdownNow();
  }

  private void take(Event event) throws InterruptedException {
    switch (event) {
      case Event.Acknowledged(var change, var named) -> {
        var lane = laneOf(change);
        lane.inFlight--;
        if (!recorded.get(change.position())) {
          recorded.set(change.position());
          versions[change.position()] = named;
          lane.recorded++;
        }
        // A change can be at the other site before the word of it is here.
        lanes.stream()
            .filter(each -> each == lane || each.arrived.get(change.position()))
            .forEach(each -> hold(each, change.position()));
      }
      case Event.NotAnswered(var change, var reason) -> {
        var lane = laneOf(change);
        lane.inFlight--;
        lane.ready.add(change.position());
        if (lane.up && ++attempts[change.position()] > ATTEMPTS) {
          throw new TourFailed(
              "%s does not take %s: %s".formatted(lane.site.name(), change.intent(), reason));
        }
      }
      case Event.Refused(var change, var reason) ->
          throw new TourFailed(
              "%s refused %s: %s".formatted(laneOf(change).site.name(), change.intent(), reason));
      case Event.Arrived(var site, var intent) -> {
        var position = byIntent.get(intent);
        if (position != null) {
          lanes.get(site).arrived.set(position);
          if (recorded.get(position)) {
            hold(lanes.get(site), position);
          }
        }
      }
    }
  }

  private Lane laneOf(RecordedChange change) {
    return lanes.get(siteOf(change));
  }

  /** The site has the change now; what waited for it there can go on. */
  private void hold(Lane lane, int position) {
    var news = new ArrayDeque<Integer>(List.of(position));
    while (!news.isEmpty()) {
      int held = news.pop();
      if (lane.held.get(held)) {
        continue;
      }
      lane.held.set(held);
      for (int child : children.get(held)) {
        if (history.change(child).parents().stream().allMatch(lane.held::get)) {
          if (history.change(child).operations().isEmpty()) {
            news.add(child);
          } else {
            reach(lane, child);
          }
        }
      }
    }
  }

  /** All parents of the change are held at the site. */
  private void reach(Lane lane, int position) {
    var change = history.change(position);
    if (change.operations().isEmpty()) {
      hold(lane, position);
    } else if (laneOf(change) == lane) {
      lane.ready.add(position);
    }
  }

  private @Nullable Integer startable(Lane lane) {
    var next = lane.ready.peek();
    return next != null && next < limit ? next : null;
  }

  private void startWhatCan(Lane lane) {
    while (lane.up && lane.inFlight < IN_FLIGHT && startable(lane) != null) {
      var change = history.change(lane.ready.remove());
      lane.inFlight++;
      boolean again = attempts[change.position()] > 0;
      requests.execute(() -> events.add(record(lane.site, change, again)));
    }
  }

  private Event record(Site site, RecordedChange change, boolean again) {
    try {
      if (again) {
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
      var answer = site.client().post(Site.SPACE + "/intents", intent(change));
      if (answer.isRetryable()) {
        return new Event.NotAnswered(change, answer.problem());
      }
      return answer.isSuccess()
          ? new Event.Acknowledged(change, versions(change, answer.body()))
          : new Event.Refused(change, answer.problem());
    } catch (NodeUnreachable unreachable) {
      return new Event.NotAnswered(change, String.valueOf(unreachable.getMessage()));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return new Event.NotAnswered(change, "stopped");
    } catch (RuntimeException e) {
      return new Event.Refused(change, e.toString());
    }
  }

  /** Reads versions only of changes that were recorded before this one began. */
  private JsonNode intent(RecordedChange change) {
    var intent = NodeClient.object().put("id", change.intent());
    intent.put("actor", "person-" + change.author());
    var operations = intent.putArray("operations");
    for (var operation : change.operations()) {
      var one = operations.addObject();
      one.put("op", operation.deletes() ? "delete" : "put");
      one.put("collection", Site.COLLECTION).put("id", operation.document());
      if (!operation.deletes()) {
        one.set("body", body(change, operation));
      }
      var base = one.putArray("base");
      for (int earlier : bases.of(change, operation.document())) {
        var writer = history.change(earlier);
        base.add(versions(writer).get(writer.indexOf(operation.document())));
      }
    }
    return intent;
  }

  private static ObjectNode body(
      RecordedChange change, RecordedChange.RecordedOperation operation) {
    var body = NodeClient.object().put("version", operation.content());
    if (operation.added() >= 0) {
      body.put("added", operation.added()).put("removed", operation.removed());
    }
    return body.put("change", change.id()).put("at", change.at());
  }

  /**
   * The versions of a receipt, in the order of the change's operations.
   *
   * @throws IllegalArgumentException where the receipt names other documents
   */
  static List<String> versions(RecordedChange change, JsonNode receipt) {
    var named = new String[change.operations().size()];
    for (var operation : receipt.path("operations")) {
      int index = change.indexOf(operation.path("id").asString());
      if (index < 0) {
        throw new IllegalArgumentException("a receipt for another document: " + receipt);
      }
      named[index] = operation.path("version").asString();
    }
    return List.of(named);
  }

  private void follow(Site site) {
    var since = new AtomicLong();
    while (!closed && !Thread.currentThread().isInterrupted()) {
      try {
        site.client()
            .follow(
                Site.SPACE_NAME,
                since.get(),
                change -> {
                  since.set(change.path("position").asLong());
                  events.add(new Event.Arrived(site.index(), change.path("intent").asString("")));
                });
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      } catch (RuntimeException _) {
        // Gone for the moment; the feed is resumed where it broke off.
        try {
          TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        } catch (InterruptedException _) {
          return;
        }
      } catch (InterruptedException _) {
        return;
      }
    }
  }

  private String describe() {
    var text = new StringBuilder();
    for (var lane : lanes) {
      int missing = lane.held.nextClearBit(0);
      text.append(
          "%s recorded %d, has %d in flight and %d waiting, misses %s; "
              .formatted(
                  lane.site.name(),
                  lane.recorded,
                  lane.inFlight,
                  lane.ready.size(),
                  missing < history.size() ? history.change(missing).intent() : "nothing"));
    }
    return text.toString();
  }
}
