package com.softadastra.simulation.judge;

import static com.softadastra.simulation.judge.Invariant.SETTLED;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Standing;
import com.softadastra.sync.documents.Settlements;
import com.softadastra.sync.documents.Settlements.Settlement;
import com.softadastra.sync.storage.DamagedRow;
import com.softadastra.sync.storage.Journal;
import java.util.HashMap;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Judges what is told of entries without effect, and what becomes of them. */
final class SettlementJudge {
  private static final JsonText DROPPED = new JsonText("{\"state\":\"dropped\"}");
  private static final JsonText REPLACED = new JsonText("{\"state\":\"replaced\"}");

  private final Evidence evidence;

  SettlementJudge(Evidence evidence) {
    this.evidence = evidence;
  }

  /** Who settles a letter is answered with an entry that does, as it was asked for. */
  void answered(
      Watched node, Hash letter, Settlement asked, @Nullable String actor, LoggedEntry by) {
    var intent = Objects.requireNonNull(by.entry().intent());
    var settles =
        intent.operations().stream()
            .filter(operation -> settles(operation) && operation.id().equals(letter.toString()))
            .findFirst();
    if (settles.isEmpty() || !body(asked).equals(body(settles.get()))) {
      evidence.broken(
          SETTLED, node.name + " says that it has " + asked + " a letter, and its entry doesn't");
    }
    if (!Objects.equals(intent.actor(), actor)) {
      evidence.broken(SETTLED, node.name + " has settled a letter for another than " + actor);
    }
  }

  private static JsonText body(Settlement settlement) {
    return switch (settlement) {
      case DROPPED -> DROPPED;
      case REPLACED -> REPLACED;
    };
  }

  private static @Nullable JsonText body(Operation operation) {
    return operation.change() instanceof Change.Put(var body) ? body : null;
  }

  private static boolean settles(Operation operation) {
    return operation.collection().equals(Operation.DEAD_LETTERS);
  }

  /**
   * Does what is settled exist, was it open, and is there something in its place where that is
   * said? Asked where a settlement is seen first, at its author.
   */
  void made(Watched node, Shadow.Space space, LoggedEntry logged) {
    var intent = logged.entry().intent();
    var recording = node.recording;
    if (intent == null
        || recording == null
        || space.intents.containsKey(intent.id())
        || !logged.entry().author().equals(new Replica(node.id, recording.incarnation()))) {
      return;
    }
    for (var operation : intent.operations()) {
      if (!settles(operation)) {
        continue;
      }
      var letter = Hash.parse(operation.id());
      if (!space.has.contains(letter)) {
        evidence.broken(SETTLED, node.name + " settles a letter that it doesn't have");
      }
      boolean replaces = intent.operations().stream().anyMatch(other -> !settles(other));
      if (!(replaces ? REPLACED : DROPPED).equals(body(operation))) {
        evidence.broken(
            SETTLED, node.name + " says of a letter " + body(operation) + " in " + intent);
      }
      var before = space.documents.get(key(space, letter));
      if (before != null && !before.heads(space::effective).isEmpty()) {
        evidence.broken(SETTLED, node.name + " settles a letter again");
      }
    }
  }

  private static DocumentKey key(Shadow.Space space, Hash letter) {
    return new DocumentKey(space.id, Operation.DEAD_LETTERS, letter.toString());
  }

  /** Does the node tell of a letter what was done with it, by whom and when? */
  void told(Watched node, Journal journal, DocumentKey key) {
    var space = node.shadow.space(key.space());
    var document = space.documents.get(key);
    var position = space.positions.get(Hash.parse(key.id()));
    if (document == null || position == null || node.unread.contains(key)) {
      return;
    }
    Settlements.@Nullable Settled told;
    try {
      told = Settlements.of(journal.entry(position), journal).orElse(null);
    } catch (DamagedRow _) {
      return;
    }
    var now = document.now(space::effective);
    var served = now.winner();
    if (served == null) {
      if (told != null) {
        evidence.broken(SETTLED, node.name + " tells of a letter " + told + ", and it is open");
      }
      return;
    }
    var by = now.brought(served).entry();
    var intent = Objects.requireNonNull(by.intent());
    var body =
        intent.operations().stream()
            .filter(operation -> settles(operation) && operation.id().equals(key.id()))
            .findFirst()
            .map(SettlementJudge::body)
            .orElse(null);
    if (told == null
        || !body(told.settlement()).equals(body)
        || !told.node().equals(by.author().node())
        || !Objects.equals(told.actor(), intent.actor())
        || !told.intent().equals(intent.id())
        || told.clock().toEpochMilli() != by.clock()) {
      evidence.broken(
          SETTLED,
          node.name
              + " tells of a letter "
              + told
              + ", and "
              + evidence.name(by.author().node())
              + " made it "
              + body
              + " by "
              + intent.id());
    }
  }

  /** All settlements, and whether the list has what is without effect, and nothing else. */
  void everything(Watched node, Journal journal) {
    for (var space : node.shadow.spaces.values()) {
      for (var key : space.documents.keySet()) {
        if (key.collection().equals(Operation.DEAD_LETTERS)) {
          told(node, journal, key);
        }
      }
    }
    var listed = Objects.requireNonNull(node.rows).deadLetters();
    var without = new HashMap<Long, Standing>();
    for (var position : node.shadow.log.keySet()) {
      try {
        var standing = journal.entry(position).standing();
        if (!standing.effective()) {
          without.put(position, standing);
        }
      } catch (DamagedRow _) {
        // as it is listed
        var standing = listed.get(position);
        if (standing != null) {
          without.put(position, standing);
        }
      }
    }
    if (!listed.equals(without)) {
      evidence.broken(
          SETTLED, node.name + " lists as dead letters " + listed + ", and has " + without);
    }
  }
}
