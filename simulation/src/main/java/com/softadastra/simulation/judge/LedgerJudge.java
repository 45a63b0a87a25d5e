package com.softadastra.simulation.judge;

import static com.softadastra.simulation.judge.Invariant.LEDGER;
import static com.softadastra.simulation.judge.Invariant.OBLIGED;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.sync.storage.DamagedRow;
import com.softadastra.sync.storage.Journal;
import com.softadastra.sync.storage.Recording;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Judges what nodes believe of one another, owe, and say of receipts. */
final class LedgerJudge {
  private final Evidence evidence;

  LedgerJudge(Evidence evidence) {
    this.evidence = evidence;
  }

  /** Nobody is said to have what it never had. */
  void statements(Watched node, Recording recording) {
    for (var view : recording.views().values()) {
      var space = view.membership().space();
      for (var member : view.membership().members()) {
        var known = recording.ledger().by(space, member.node());
        var place = new Evidence.Place(space, member.node());
        if (known.isEmpty() || known.get().statement() == node.heard.get(place)) {
          continue;
        }
        var before = node.heard.put(place, known.get().statement());
        if (before != null
            && !known.get().statement().equals(before)
            && !isLater(known.get().statement(), before)) {
          evidence.broken(
              OBLIGED,
              node.name + " goes back to what " + evidence.name(member.node()) + " said earlier");
        }
        var truth = evidence.truth(space, member.node()).chains();
        known
            .get()
            .statement()
            .vector()
            .forEach((replica, sequence) -> {
              if (sequence > truth.getOrDefault(replica, 0L) && !evidence.isOfDoubled(replica)) {
                evidence.broken(
                    OBLIGED,
                    node.name
                        + " believes that "
                        + evidence.name(member.node())
                        + " has entry "
                        + sequence
                        + " of "
                        + evidence.name(replica.node())
                        + ", which it never had");
              }
            });
      }
    }
  }

  /** What it says of receipts and of what is at risk is so. */
  void claims(Watched node) {
    var wrong =
        Objects.requireNonNull(node.claims)
            .wrong(
                node.shadow,
                evidence.held,
                evidence.letters,
                evidence.roll,
                evidence.nodesDoubled());
    if (wrong != null) {
      evidence.broken(LEDGER, "at " + node.name + " " + wrong);
    }
  }

  private static boolean isLater(Statement statement, Statement before) {
    return statement.position() != before.position()
        ? statement.position() > before.position()
        : statement.clock() > before.clock();
  }

  /** What is owed to nobody any more has arrived. */
  void outbox(Watched node, Recording recording, Journal journal, Rows rows) {
    for (var view : recording.views().values()) {
      var space = node.shadow.space(view.membership().space());
      var members = evidence.roll.counted(view).keySet();
      if (!space.counted.containsAll(members)) {
        space.undischarged.putAll(of(node.shadow, space.id));
      }
      space.counted = members;
      if (space.undischarged.isEmpty()) {
        continue;
      }
      var owed = new HashSet<>(rows.outbox(space.id));
      space
          .undischarged
          .entrySet()
          .removeIf(row -> {
            var entry = row.getValue();
            var dot = dot(journal, row.getKey());
            if (dot == null || owed.contains(dot)) {
              return false;
            }
            for (var member : members) {
              if (!member.equals(node.id)
                  && !member.equals(entry.entry().author().node())
                  && !evidence.doubled.contains(entry.entry().author())
                  && !evidence.truth(space.id, member).entries().contains(entry.hash())) {
                evidence.broken(
                    OBLIGED,
                    node.name
                        + " owes entry "
                        + entry.entry().sequence()
                        + " of "
                        + evidence.name(entry.entry().author().node())
                        + " to nobody, and "
                        + evidence.name(member)
                        + " never had it");
              }
            }
            return true;
          });
    }
  }

  /** The name of an entry; null where it can't be read. */
  private static @Nullable Dot dot(Journal journal, long position) {
    try {
      return journal.entry(position).dot();
    } catch (DamagedRow _) {
      return null;
    }
  }

  private static Map<Long, NaiveEntry> of(Shadow shadow, SpaceId space) {
    var all = new HashMap<Long, NaiveEntry>();
    shadow.log.forEach((position, entry) -> {
      if (entry.entry().space().equals(space)) {
        all.put(position, entry);
      }
    });
    return all;
  }

  /**
   * What keeps the nodes from being the same, where they are not yet.
   *
   * @param places of the nodes that should be
   */
  @Nullable String apart(Collection<Integer> places) {
    var states = new HashMap<SpaceId, String>();
    for (var place : places) {
      var node = evidence.watched(place);
      var recording = node.recording;
      if (recording == null) {
        return node.name + " is not running";
      }
      if (recording.waiting() > 0) {
        return node.name + " is busy";
      }
      for (var view : recording.views().values()) {
        var id = view.membership().space();
        var space = node.shadow.space(id);
        var now =
            space.has.size()
                + " entries, set "
                + space.set
                + ", state "
                + space.state()
                + ", "
                + view.membership().members().size()
                + " members"
                + (evidence.byRelays
                    ? ""
                    : ", counted on "
                        + evidence.roll.counted(view).keySet().stream()
                            .map(evidence::name)
                            .toList());
        var other = states.putIfAbsent(id, now);
        if (other != null && !other.equals(now)) {
          return node.name + " has " + now + "; another has " + other;
        }
        var owed = Objects.requireNonNull(node.rows).outbox(id);
        if (!owed.isEmpty()) {
          var first = owed.getFirst();
          var lacking =
              view.membership().members().stream()
                  .filter(m -> !m.node().equals(node.id))
                  .filter(m -> !recording.ledger().covers(id, m.node(), first))
                  .map(m -> evidence.name(m.node()))
                  .toList();
          return node.name + " still owes " + owed.size() + " entries, the first to " + lacking;
        }
        for (var row : node.shadow.log.entrySet()) {
          var entry = row.getValue();
          for (var member : view.membership().members()) {
            if (!entry.entry().space().equals(id)
                || member.node().equals(node.id)
                || member.node().equals(entry.entry().author().node())) {
              continue;
            }
            var dot = dot(Objects.requireNonNull(node.journal), row.getKey());
            if (dot == null) {
              return node.name + " can't read entry " + entry.entry().sequence();
            }
            if (!recording.ledger().covers(id, member.node(), dot)) {
              return node.name
                  + " doesn't know that "
                  + evidence.name(member.node())
                  + " has entry "
                  + entry.entry().sequence()
                  + " of "
                  + evidence.name(entry.entry().author().node());
            }
          }
        }
      }
      var behind = Objects.requireNonNull(node.claims).behind(node.shadow, evidence.roll);
      if (behind != null) {
        return "at " + node.name + " " + behind;
      }
    }
    return null;
  }
}
