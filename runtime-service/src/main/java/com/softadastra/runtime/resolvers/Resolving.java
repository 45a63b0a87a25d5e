package com.softadastra.runtime.resolvers;

import com.softadastra.contracts.LayerUnreachable;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.documents.ConflictView;
import com.softadastra.contracts.documents.ConflictView.Turn;
import com.softadastra.contracts.documents.Documents;
import com.softadastra.contracts.documents.Resolution;
import com.softadastra.contracts.json.JsonReader;
import com.softadastra.contracts.json.JsonText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls functions for the open conflicts that are theirs, when it is this node's turn, and has what
 * they say recorded. It keeps nothing that a restart would miss: what is open is asked for anew.
 *
 * <p>One thread calls {@link #look}; any may ask what is wrong.
 */
final class Resolving {
  private static final Logger LOG = LoggerFactory.getLogger(Resolving.class);
  private static final int PAGE = 100;

  /** So many conflicts are remembered at most; others wait at the engine. */
  private final int most;

  private final Documents documents;
  private final Map<String, Resolver> functions;
  private final ResolverProperties settings;
  private final DoubleSupplier random;

  private final Map<String, Long> seen = new HashMap<>();
  private final Map<Place, Pending> pending = new LinkedHashMap<>();
  private final Map<Place, Settled> settled =
      Collections.synchronizedMap(
          new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<Place, Settled> eldest) {
              return size() > Resolving.this.most;
            }
          });
  private long scannedNanos;

  private record Place(String space, String conflict) {}

  /**
   * A conflict that is to be looked at.
   *
   * @param version of its document
   * @param dueNanos when
   */
  private record Pending(String version, Turn turn, long dueNanos) {}

  /** That a version of a document stays as it is, and why. */
  private record Settled(String version, String problem) {}

  /** What a function has said, or why nothing came of it. */
  private record Answer(Resolver.@Nullable Verdict verdict, String problem) {}

  /**
   * @param random from 0 up to 1
   */
  Resolving(
      Documents documents,
      Map<String, Resolver> functions,
      ResolverProperties settings,
      int most,
      DoubleSupplier random) {
    this.documents = documents;
    this.functions = Map.copyOf(functions);
    this.settings = settings;
    this.most = most;
    this.random = random;
  }

  Set<String> functions() {
    return functions.keySet();
  }

  /** The conflict, with what this node has to say of its function. */
  ConflictView told(String space, ConflictView conflict) {
    var resolver = conflict.resolver();
    if (resolver == null) {
      return conflict;
    }
    var stays = settled.get(new Place(space, conflict.id()));
    String problem = null;
    if (!functions.containsKey(resolver.name())) {
      problem = "this node has no function " + resolver.name();
    } else if (stays != null && stays.version().equals(resolver.version())) {
      problem = stays.problem();
    }
    return problem == null
        ? conflict
        : conflict.with(
            new ConflictView.Resolver(
                resolver.name(), resolver.version(), resolver.turn(), problem));
  }

  /** Takes up what is new, and does what is due. */
  void look(long nowNanos) {
    if (nowNanos - scannedNanos > settings.patience().toNanos()) {
      // it may be this node's turn by now, where it was others'
      seen.clear();
      scannedNanos = nowNanos;
    }
    for (var space : documents.spaces()) {
      takeUp(space.space(), nowNanos);
    }
    var due = new ArrayList<Place>();
    pending.forEach((place, each) -> {
      if (each.dueNanos() - nowNanos <= 0) {
        due.add(place);
      }
    });
    due.forEach(place -> settle(place, nowNanos));
  }

  private void takeUp(String space, long nowNanos) {
    while (pending.size() < most) {
      long since = seen.getOrDefault(space, 0L);
      int room = Math.min(PAGE, most - pending.size());
      var page = documents.undecided(space, since, room).orThrow();
      page.conflicts().forEach(conflict -> takeUp(space, conflict, nowNanos));
      seen.put(space, page.next());
      if (page.next() == since) {
        return;
      }
    }
  }

  private void takeUp(String space, ConflictView conflict, long nowNanos) {
    var resolver = conflict.resolver();
    var place = new Place(space, conflict.id());
    if (resolver == null || resolver.turn() == Turn.OTHERS) {
      return;
    }
    var before = pending.get(place);
    if (before != null && before.version().equals(resolver.version())) {
      return;
    }
    var stays = settled.get(place);
    if (stays != null && stays.version().equals(resolver.version())) {
      return;
    }
    settled.remove(place);
    pending.put(place, pending(resolver, nowNanos));
  }

  private Pending pending(ConflictView.Resolver resolver, long nowNanos) {
    var until =
        switch (resolver.turn()) {
          case FIRST -> Duration.ZERO;
          case NEXT -> jittered(settings.delay());
          case LAST, OTHERS -> settings.patience().plus(jittered(settings.delay()));
        };
    return new Pending(resolver.version(), resolver.turn(), nowNanos + until.toNanos());
  }

  /** Later, where it could not be done. */
  private Pending again(Pending before, long nowNanos) {
    long wait = jittered(settings.delay()).toNanos();
    return new Pending(before.version(), before.turn(), nowNanos + wait);
  }

  private Duration jittered(Duration least) {
    return least.plusNanos((long) (least.toNanos() * random.getAsDouble()));
  }

  private void settle(Place place, long nowNanos) {
    var before = pending.get(place);
    var found = documents.conflict(place.space(), place.conflict());
    if (before == null) {
      return;
    }
    if (found.problem() != null && found.problem().code() != ProblemCode.CONFLICT_UNKNOWN) {
      pending.put(place, again(before, nowNanos));
      return;
    }
    pending.remove(place);
    var conflict = found.value();
    var resolver = conflict == null ? null : conflict.resolver();
    if (conflict == null || resolver == null || resolver.turn() == Turn.OTHERS) {
      settled.remove(place);
      return;
    }
    boolean changed = !resolver.version().equals(before.version());
    // whoever has the label now is waited for
    boolean waits = resolver.turn().compareTo(before.turn()) > 0;
    if ((changed && resolver.turn() != Turn.FIRST) || waits) {
      pending.put(place, pending(resolver, nowNanos));
      return;
    }
    var now = new Pending(resolver.version(), resolver.turn(), nowNanos);
    decide(new Place(place.space(), conflict.id()), conflict, resolver, again(now, nowNanos));
  }

  /**
   * @param again where it can't be recorded now
   */
  private void decide(
      Place place, ConflictView conflict, ConflictView.Resolver resolver, Pending again) {
    var function = functions.get(resolver.name());
    if (function == null) {
      LOG.warn(
          "a conflict is open for the function {}, which this node doesn't have", resolver.name());
      return;
    }
    var answer = ask(function, place.space(), conflict);
    if (answer.verdict() == null) {
      stays(place, resolver, answer.problem());
      return;
    }
    var by = new Resolution.Function(resolver.name(), resolver.version());
    Resolution resolution;
    switch (answer.verdict()) {
      case Resolver.Verdict.Becomes(var body) -> {
        var object = object(body);
        if (object == null) {
          stays(place, resolver, "its body is no JSON object");
          return;
        }
        resolution = new Resolution(object, null, false, null, by);
      }
      case Resolver.Verdict.Deleted() -> resolution = new Resolution(null, null, true, null, by);
      case Resolver.Verdict.LeftOpen(var why) -> {
        settled.put(place, new Settled(resolver.version(), "left to somebody: " + why));
        return;
      }
    }
    record(place, resolver, resolution, again);
  }

  private void record(
      Place place, ConflictView.Resolver resolver, Resolution resolution, Pending again) {
    try {
      documents.resolve(place.space(), place.conflict(), resolution).orThrow();
      settled.remove(place);
    } catch (LayerUnreachable unreachable) {
      pending.put(place, again);
      throw unreachable;
    } catch (Refused refused) {
      var code = refused.problem().code();
      if (code == ProblemCode.VERSION_MISMATCH || code == ProblemCode.CONFLICT_RESOLVED) {
        // it has changed meanwhile, and comes again where it is still open
        return;
      }
      stays(place, resolver, "its result is refused: " + refused.getMessage());
      if (code.retryable()) {
        pending.put(place, again);
      }
    }
  }

  private void stays(Place place, ConflictView.Resolver resolver, String problem) {
    LOG.warn("the function {} has not decided a conflict: {}", resolver.name(), problem);
    settled.put(place, new Settled(resolver.version(), problem));
  }

  private static @Nullable JsonText object(JsonText body) {
    try {
      return JsonText.of(JsonReader.object(body.utf8()));
    } catch (JsonReader.MalformedJson e) {
      return null;
    }
  }

  /** On a thread of its own, which is given up where it takes too long. */
  private Answer ask(Resolver function, String space, ConflictView conflict) {
    var dispute =
        new Resolver.Dispute(
            space,
            conflict.collection(),
            conflict.document(),
            conflict.sides(),
            conflict.ancestor());
    var task = new FutureTask<Resolver.@Nullable Verdict>(() -> function.resolve(dispute));
    Thread.ofPlatform().daemon().name("function " + function.name()).start(task);
    try {
      var verdict = task.get(settings.within().toNanos(), TimeUnit.NANOSECONDS);
      return new Answer(verdict, "it answers nothing");
    } catch (ExecutionException e) {
      return new Answer(null, "it fails with " + e.getCause());
    } catch (TimeoutException e) {
      task.cancel(true);
      return new Answer(null, "it doesn't answer within " + settings.within().toSeconds() + " s");
    } catch (InterruptedException e) {
      task.cancel(true);
      Thread.currentThread().interrupt();
      return new Answer(null, "it was interrupted");
    }
  }
}
