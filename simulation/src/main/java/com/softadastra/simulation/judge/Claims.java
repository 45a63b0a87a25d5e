package com.softadastra.simulation.judge;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.DeliveryState;
import com.softadastra.contracts.documents.Receipt;
import com.softadastra.contracts.documents.ReceiptState;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.sync.documents.Receipts;
import com.softadastra.sync.peer.CustodyMark;
import com.softadastra.sync.peer.RelayDirectory;
import com.softadastra.sync.relay.CustodyBook;
import com.softadastra.sync.storage.DamagedRow;
import com.softadastra.sync.storage.Journal;
import com.softadastra.sync.storage.Recording;
import com.softadastra.sync.storage.SpaceView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What one process says of how far intents have come, and of what nobody else has, against what the
 * storages of members held in the lives that it knows them by. Receipts are the product's own.
 */
final class Claims {
  private final NodeId self;
  private final Recording recording;
  private final Journal journal;
  private final Rows rows;
  private final Receipts receipts;
  private final Map<SpaceId, Looked> looked = new HashMap<>();
  private @Nullable RelayDirectory relays;
  private @Nullable CustodyBook custody;

  /** What there was to know of a space at the last look. */
  private static final class Looked {
    Map<NodeId, Statement> statements = Map.of();
    Set<CustodyMark> marks = Set.of();
    int records;
    long last;

    /** Entries that not all members have, as this process says, by position. */
    final TreeMap<Long, NaiveEntry> open = new TreeMap<>();
  }

  /** Which entries each life of a node was seen to have, forced. */
  static final class Held {
    private record Life(SpaceId space, Replica replica) {}

    private final Map<Life, Set<Hash>> held = new HashMap<>();
    private final Set<Hash> unasked = new HashSet<>();

    /** Its author signed it and doesn't keep it: who sees it takes it to have it. */
    void isUnasked(Hash entry) {
      unasked.add(entry);
    }

    void add(Replica life, NaiveEntry entry) {
      held.computeIfAbsent(new Life(entry.entry().space(), life), _ -> new HashSet<>())
          .add(entry.hash());
    }

    private boolean has(Replica life, NaiveEntry entry) {
      return held.getOrDefault(new Life(entry.entry().space(), life), Set.of())
              .contains(entry.hash())
          || unasked.contains(entry.hash()) && entry.entry().author().equals(life);
    }
  }

  Claims(NodeId self, Recording recording, Journal journal, Rows rows) {
    this.self = self;
    this.recording = recording;
    this.journal = journal;
    this.rows = rows;
    this.receipts =
        new Receipts(
            recording,
            self,
            _ -> new Receipts.LinkState(false, 0, null),
            (space, member, position) ->
                custody == null
                    ? Optional.empty()
                    : custody
                        .covering(space, member, position)
                        .map(mark -> new Receipts.Custody.Kept(mark.way().relay(), mark.at())));
  }

  void keepsCustody(RelayDirectory directory, CustodyBook book) {
    relays = directory;
    custody = book;
  }

  /**
   * Looks at what may have changed of what it says.
   *
   * @param letters that the relay had
   * @param roll who is counted on
   * @param unclear authors of whom there were two
   * @return what isn't so, null where all is
   */
  @Nullable String wrong(
      Shadow shadow, Held held, Letters letters, Roll roll, Set<NodeId> unclear) {
    var marks = relays == null ? Set.<CustodyMark>of() : Set.copyOf(relays.marks());
    for (var view : recording.views().values()) {
      var space = view.membership().space();
      var before = looked.computeIfAbsent(space, _ -> new Looked());
      var statements = statements(view);
      int records = view.membership().records().size();
      if (records != before.records || !lives(statements).equals(lives(before.statements))) {
        before.open.clear();
        before.last = 0;
      } else if (isSame(statements, before.statements)
          && marks.equals(before.marks)
          && shadow.last() == before.last) {
        continue;
      }
      shadow
          .log
          .tailMap(before.last, false)
          .forEach((position, entry) -> {
            if (entry.entry().space().equals(space) && entry.entry().intent() != null) {
              before.open.put(position, entry);
            }
          });
      before.statements = statements;
      before.marks = marks;
      before.records = records;
      before.last = shadow.last();
      before.open.values().removeIf(entry -> unclear.contains(entry.entry().author().node()));
      var members = roll.counted(view);
      var alone = new HashSet<Long>();
      var everywhere = new ArrayList<Long>();
      for (var row : before.open.entrySet()) {
        var entry = row.getValue();
        var logged = logged(row.getKey());
        if (logged == null) {
          continue;
        }
        var receipt = receipts.of("space", logged, _ -> false);
        var holders = holders(members.keySet(), statements, held, entry);
        var wrong = wrong(receipt, holders, members, entry);
        if (wrong == null) {
          wrong = untrue(receipt, view, roll, letters, entry);
        }
        if (wrong != null) {
          return wrong;
        }
        if (holders.isEmpty()) {
          alone.add(row.getKey());
        }
        if (receipt.state() == ReceiptState.EVERYWHERE
            && receipt.deliveries().stream()
                .allMatch(delivery -> delivery.state() == DeliveryState.DELIVERED)) {
          everywhere.add(row.getKey());
        }
      }
      everywhere.forEach(before.open::remove);
      var untold = untold(view, members.keySet(), alone);
      if (untold != null) {
        return untold;
      }
    }
    return null;
  }

  /**
   * The first intent of which it doesn't say that all have it; null where there is none. Where it
   * counts on nobody else there is nothing to say.
   */
  @Nullable String behind(Shadow shadow, Roll roll) {
    for (var row : shadow.log.entrySet()) {
      var logged = logged(row.getKey());
      if (logged != null
          && logged.entry().intent() != null
          && recording
              .view(logged.entry().space())
              .filter(view -> roll.counted(view).keySet().stream().anyMatch(it -> !it.equals(self)))
              .isPresent()) {
        var receipt = receipts.of("space", logged, _ -> false);
        if (receipt.state() != ReceiptState.EVERYWHERE) {
          return "intent " + receipt.intent() + " is " + receipt.state();
        }
      }
    }
    return null;
  }

  private @Nullable LoggedEntry logged(long position) {
    try {
      return journal.entry(position);
    } catch (DamagedRow _) {
      return null;
    }
  }

  private Map<NodeId, Statement> statements(SpaceView view) {
    var statements = new HashMap<NodeId, Statement>();
    for (var member : view.membership().members()) {
      recording
          .ledger()
          .by(view.membership().space(), member.node())
          .ifPresent(known -> statements.put(member.node(), known.statement()));
    }
    return statements;
  }

  private static Map<NodeId, Replica> lives(Map<NodeId, Statement> statements) {
    var lives = new HashMap<NodeId, Replica>();
    statements.forEach((node, statement) -> lives.put(node, statement.by()));
    return lives;
  }

  // the ledger keeps the object as long as it keeps the statement
  private static boolean isSame(Map<NodeId, Statement> now, Map<NodeId, Statement> before) {
    return now.size() == before.size()
        && now.entrySet().stream().allMatch(each -> before.get(each.getKey()) == each.getValue());
  }

  /** The others that hold an entry in the life in which they last spoke, or wrote it. */
  private Set<NodeId> holders(
      Set<NodeId> members, Map<NodeId, Statement> statements, Held held, NaiveEntry entry) {
    var holders = new HashSet<NodeId>();
    for (var node : members) {
      var author = entry.entry().author();
      var said = statements.get(node);
      boolean holds = said == null ? author.node().equals(node) : held.has(said.by(), entry);
      if (holds && !node.equals(self)) {
        holders.add(node);
      }
    }
    return holders;
  }

  private @Nullable String wrong(
      Receipt receipt, Set<NodeId> holders, Map<NodeId, Long> members, NaiveEntry entry) {
    var says = "intent " + receipt.intent() + " is " + receipt.state();
    var listed = new HashSet<NodeId>();
    for (var delivery : receipt.deliveries()) {
      listed.add(delivery.node());
      if (delivery.node().equals(self)) {
        return says + ", it counts itself among the others";
      }
      if (!members.containsKey(delivery.node())) {
        return says + ", it counts " + delivery.name() + ", which is retired";
      }
      if (delivery.state() == DeliveryState.DELIVERED && !holders.contains(delivery.node())) {
        return says + ", delivered to " + delivery.name() + ", which doesn't hold it";
      }
    }
    for (var member : members.keySet()) {
      if (!member.equals(self) && !listed.contains(member)) {
        return says + ", and a member is not listed";
      }
    }
    boolean spread =
        switch (receipt.state()) {
          case RECORDED, IN_CUSTODY -> false;
          case DELIVERED, EVERYWHERE -> true;
        };
    if (spread && holders.isEmpty()) {
      return says + ", and no other member holds it";
    }
    long number = entry.entry().authority().number();
    if (receipt.state() == ReceiptState.EVERYWHERE) {
      for (var member : members.entrySet()) {
        if (member.getValue() <= number
            && !member.getKey().equals(self)
            && !holders.contains(member.getKey())) {
          return says + ", and a member of its epoch doesn't hold it";
        }
      }
    }
    return null;
  }

  /** A member for which no relay ever had the entry, though it is said to be in custody. */
  private @Nullable String untrue(
      Receipt receipt, SpaceView view, Roll roll, Letters letters, NaiveEntry entry) {
    var space = entry.entry().space();
    for (var delivery : receipt.deliveries()) {
      var to = delivery.node();
      if (delivery.state() == DeliveryState.IN_CUSTODY
          && !roll.isRelay(view, Objects.requireNonNull(delivery.via()))) {
        return "intent "
            + receipt.intent()
            + " is in custody for "
            + delivery.name()
            + " at a relay that was dismissed";
      }
      if (delivery.state() == DeliveryState.IN_CUSTODY
          && !letters.were(self, to, entry.hash(), MailJudge.lifeOf(recording, space, to))) {
        return "intent "
            + receipt.intent()
            + " is in custody for "
            + delivery.name()
            + ", for whom the relay never had it";
      }
    }
    return null;
  }

  /** An entry that no other member holds and that isn't told to be at risk. */
  private @Nullable String untold(SpaceView view, Set<NodeId> members, Set<Long> alone) {
    // a space in which nobody else is counted on is at risk as a whole
    if (alone.isEmpty() || members.stream().allMatch(self::equals)) {
      return null;
    }
    var atRisk = new HashSet<>(rows.outbox(view.membership().space()));
    atRisk.removeIf(dot -> !recording.ledger().isAlone(view.membership(), self, dot));
    for (var position : List.copyOf(alone)) {
      var logged = logged(position);
      if (logged != null && !atRisk.contains(logged.dot())) {
        return "no other member holds the entry at " + position + ", and it isn't at risk";
      }
    }
    return null;
  }
}
