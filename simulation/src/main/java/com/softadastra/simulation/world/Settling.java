package com.softadastra.simulation.world;

import static com.softadastra.simulation.judge.Invariant.SETTLED;

import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Standing;
import com.softadastra.sync.documents.Settlements;
import com.softadastra.sync.documents.Settlements.Settlement;
import com.softadastra.sync.storage.DamagedRow;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Those who look after entries without effect: they drop one, write in its place, or have it judged
 * again.
 */
final class Settling {
  private static final int PAGE = 512;

  private final World world;
  private final Clients clients;
  private int numbers;

  Settling(World world, Clients clients) {
    this.world = world;
    this.clients = clients;
  }

  /** Somebody looks after one of a node's dead letters. */
  void look(SimulatedNode node, SpaceId space, SplittableRandom random) {
    if (!node.runs()) {
      return;
    }
    try {
      var letters = letters(node, space);
      if (!letters.isEmpty()) {
        int back = Math.min(random.nextInt(letters.size()), random.nextInt(letters.size()));
        settle(node, letters.get(letters.size() - 1 - back), random);
      }
    } catch (DamagedRow row) {
      node.recording().noticed(row);
    }
  }

  /** Whether a node has without effect what a request settles. */
  static boolean knows(SimulatedNode node, SpaceId space, IntentRequest request) {
    var settled =
        request.operations().stream()
            .filter(operation -> operation.collection().equals(Operation.DEAD_LETTERS))
            .map(OperationRequest::id)
            .toList();
    if (settled.isEmpty()) {
      return true;
    }
    try {
      return letters(node, space).stream()
          .map(letter -> letter.hash().toString())
          .toList()
          .containsAll(settled);
    } catch (DamagedRow row) {
      node.recording().noticed(row);
      return false;
    }
  }

  private static List<LoggedEntry> letters(SimulatedNode node, SpaceId space) {
    var letters = new ArrayList<LoggedEntry>();
    long from = 1;
    for (var page = node.journal().from(from, PAGE);
        !page.isEmpty();
        page = node.journal().from(from, PAGE)) {
      page.stream()
          .filter(logged -> logged.entry().space().equals(space) && !logged.standing().effective())
          .forEach(letters::add);
      from = page.getLast().position() + 1;
    }
    return letters;
  }

  private void settle(SimulatedNode node, LoggedEntry letter, SplittableRandom random) {
    boolean held = letter.standing() == Standing.HELD;
    int draw = random.nextInt(8);
    var actor = random.nextInt(4) == 0 ? null : "operator-" + random.nextInt(3);
    if (held ? draw < 4 : draw == 0) {
      judgeAgain(node, letter);
    } else if (draw % 2 == 1) {
      submit(node, letter, Settlement.REPLACED, replacement(letter, actor, random));
    } else if (Settlements.of(letter, node.journal()).isEmpty()) {
      // only what is open is dropped
      var drop = List.of(Settlements.settling(letter, Settlement.DROPPED));
      submit(
          node,
          letter,
          Settlement.DROPPED,
          new IntentRequest("s", null, actor, Priority.NORMAL, drop));
    }
  }

  /** What is void stays so, and no software here knows more kinds than another. */
  private void judgeAgain(SimulatedNode node, LoggedEntry letter) {
    var recording = node.recording();
    recording
        .administer(() -> recording.judgeAgain(letter.position()))
        .thenAccept(judged -> {
          if (judged) {
            world.broken(SETTLED, node + " has judged again what was " + letter.standing());
          }
        });
  }

  /** Another intent on the first of the letter's documents, or on one that it doesn't have. */
  private IntentRequest replacement(
      LoggedEntry letter, @Nullable String actor, SplittableRandom random) {
    var on =
        letter.entry().operations().stream()
            .filter(operation -> List.of("items", "orders").contains(operation.collection()))
            .findFirst();
    var operation =
        new OperationRequest(
            OperationKind.PUT,
            on.map(Operation::collection).orElse("items"),
            on.map(Operation::id).orElse("d0"),
            clients.body(random),
            null,
            Condition.ANY);
    var id = random.nextInt(3) == 0 ? null : "edit-" + numbers++;
    return Settlements.replacing(
        letter, new IntentRequest("s", id, actor, Priority.NORMAL, List.of(operation)));
  }

  private void submit(
      SimulatedNode node, LoggedEntry letter, Settlement settlement, IntentRequest request) {
    clients.submit(
        node,
        letter.entry().space(),
        request,
        by -> world.judge().settled(node.place(), letter.hash(), settlement, request.actor(), by));
  }
}
