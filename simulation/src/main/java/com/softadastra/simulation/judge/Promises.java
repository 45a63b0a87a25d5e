package com.softadastra.simulation.judge;

import static com.softadastra.simulation.judge.Invariant.DURABLE;
import static com.softadastra.simulation.judge.Invariant.GENUINE;
import static com.softadastra.simulation.judge.Invariant.ONCE;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.sync.storage.Recording;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Acknowledged intents: what was asked for where, and whether it is kept. */
final class Promises {
  private final Evidence evidence;
  private final Map<SpaceId, Map<String, Promise>> promises = new LinkedHashMap<>();

  /** An acknowledged intent: where it first was, and what was asked for. */
  private record Promise(int place, IntentRequest request) {}

  Promises(Evidence evidence) {
    this.evidence = evidence;
  }

  /** What was asked for by an acknowledged intent; null where it was not acknowledged. */
  @Nullable IntentRequest of(SpaceId space, String intent) {
    var promise = promises.getOrDefault(space, Map.of()).get(intent);
    return promise == null ? null : promise.request();
  }

  /** What was on a lost disk alone can't be asked for any more. */
  void forgive() {
    promises.forEach((space, intents) ->
        intents
            .keySet()
            .removeIf(intent ->
                evidence.nodes.values().stream()
                    .noneMatch(node -> node.shadow.space(space).intents.containsKey(intent))));
  }

  /**
   * A node has answered an intent.
   *
   * @param forced whether all that the node has committed is forced
   */
  void answered(
      int place, SpaceId space, IntentRequest request, Recording.Outcome outcome, boolean forced) {
    var node = evidence.watched(place);
    if (!forced) {
      evidence.broken(DURABLE, node.name + " answered before it had forced");
    }
    var logged = outcome.entry();
    var there =
        node.journal == null ? List.<LoggedEntry>of() : node.journal.from(logged.position(), 1);
    if (there.isEmpty() || !there.getFirst().hash().equals(logged.hash())) {
      evidence.broken(DURABLE, node.name + " answered with an entry that is not in its log");
    }
    node.answered.add(new Watched.Answered(space, logged.position(), logged.hash()));
    var intent = logged.entry().intent();
    if (intent == null) {
      evidence.broken(ONCE, node.name + " answered with an entry without an intent");
      return;
    }
    if (evidence.readers.contains(new Evidence.Place(space, logged.entry().author().node()))) {
      evidence.broken(
          GENUINE, node.name + " took a write of " + evidence.name(logged.entry().author().node()));
    }
    if (request.id() != null && !request.id().equals(intent.id())) {
      evidence.broken(ONCE, node.name + " answered " + request.id() + " with " + intent.id());
    }
    promises
        .computeIfAbsent(space, _ -> new LinkedHashMap<>())
        .putIfAbsent(intent.id(), new Promise(place, request));
  }

  /**
   * Every acknowledged intent has effect, once, at each of these nodes, and says what was asked;
   * but for one that took of a share that lived twice, which is void and says why.
   */
  void kept(int place) {
    var node = evidence.watched(place);
    promises.forEach((id, intents) -> {
      if (node.recording == null || node.recording.view(id).isEmpty()) {
        return;
      }
      var space = node.shadow.space(id);
      intents.forEach((intent, promise) -> {
        var entry = space.effective(intent);
        // void for a reason that is told, where it counted on what was recorded twice
        boolean told =
            entry == null
                && space.uncovered(intent)
                && (!evidence.doubled.isEmpty() || space.repeated());
        if (told) {
          return;
        }
        if (entry == null) {
          evidence.broken(
              DURABLE,
              "intent "
                  + intent
                  + ", acknowledged by n"
                  + promise.place()
                  + ", has no effect at "
                  + node.name);
        } else if (!says(entry, promise.request())) {
          evidence.broken(ONCE, "intent " + intent + " has become another at " + node.name);
        }
      });
    });
  }

  private static boolean says(NaiveEntry entry, IntentRequest request) {
    boolean numbered =
        request.operations().stream().anyMatch(operation -> operation.number() != null);
    var operations =
        entry.entry().operations().stream()
            .filter(operation -> !numbered || !operation.numbers())
            .toList();
    if (operations.size() != request.operations().size()) {
      return false;
    }
    for (int i = 0; i < operations.size(); i++) {
      var asked = request.operations().get(i);
      var change = operations.get(i).change();
      boolean same =
          switch (change) {
            case Change.Put(var body) ->
                asked.number() != null
                    ? NaiveHoldings.says(operations.get(i), asked)
                    : asked.op() == OperationKind.PUT && body.equals(asked.body());
            case Change.Patch(_, var text) ->
                asked.op() == OperationKind.PATCH
                    && asked.patch() != null
                    && text.equals(asked.patch().text());
            case Change.Delete _ -> asked.op() == OperationKind.DELETE;
            case Change.Difference(_, var of) ->
                NaiveHoldings.isDivided(asked.collection()) || asked.number() != null
                    ? NaiveHoldings.says(operations.get(i), asked)
                    : asked.op() == OperationKind.PUT
                        && asked.body() != null
                        && of.equals(Hash.sha256(asked.body().utf8()));
            case Change.Undo(var conflict, var restoring) ->
                conflict.toString().equals(asked.undoes())
                    && switch (restoring) {
                      case Change.Put(var body) ->
                          asked.op() == OperationKind.PUT && body.equals(asked.body());
                      case Change.Patch(_, var text) ->
                          asked.op() == OperationKind.PATCH
                              && asked.patch() != null
                              && text.equals(asked.patch().text());
                      default -> asked.op() == OperationKind.DELETE;
                    };
          };
      if (!same
          || !operations.get(i).id().equals(asked.id())
          || !operations.get(i).collection().equals(asked.collection())) {
        return false;
      }
    }
    return true;
  }

  int promised() {
    return promises.values().stream().mapToInt(Map::size).sum();
  }
}
