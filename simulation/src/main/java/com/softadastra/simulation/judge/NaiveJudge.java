package com.softadastra.simulation.judge;

import static com.softadastra.simulation.judge.Invariant.BOUNDED;
import static com.softadastra.simulation.judge.Invariant.DURABLE;
import static com.softadastra.simulation.judge.Invariant.PRIORITY;
import static com.softadastra.simulation.judge.Invariant.PROTOCOL;
import static com.softadastra.simulation.judge.Invariant.SEEN_IS_DURABLE;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.session.Frame;
import com.softadastra.sync.documents.Settlements.Settlement;
import com.softadastra.sync.peer.RelayDirectory;
import com.softadastra.sync.relay.CustodyBook;
import com.softadastra.sync.storage.Journal;
import com.softadastra.sync.storage.Recording;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.WeakHashMap;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Judges by a model of plain maps, which shares no rule with the engine: of that it uses the form
 * of entries and the names of versions, and asks it what its own code makes of a log, to compare
 * that with its rows, and what else an intent wrote. After each recording of a node it looks at
 * what is new there, and at what that can have touched.
 */
public final class NaiveJudge implements Judge {
  private final Evidence evidence = new Evidence();
  private final Promises promises = new Promises(evidence);
  private final LogJudge log = new LogJudge(evidence, promises);
  private final DocumentJudge documents = new DocumentJudge(evidence);
  private final SettlementJudge settlements = new SettlementJudge(evidence);
  private final LedgerJudge ledger = new LedgerJudge(evidence);
  private final MailJudge mail = new MailJudge(evidence, log, this::look);
  private final Map<Object, Map<Integer, End>> connections = new WeakHashMap<>();
  private boolean diskLost;
  private int refusedDamages;

  /** One end of a connection: what it sends when, and what the other one understands. */
  private record End(Turns turns, Understood understood) {
    End() {
      this(new Turns(), new Understood());
    }
  }

  @Override
  public @Nullable Violation violation() {
    return evidence.verdict.violation();
  }

  @Override
  public void broken(Invariant invariant, String what) {
    evidence.broken(invariant, what);
  }

  @Override
  public void isNode(int place, String name, NodeId id) {
    evidence.nodes.put(place, new Watched(name, id));
  }

  @Override
  public void otherDisk(int place, boolean tells) {
    var node = evidence.watched(place);
    node.lostAt = node.shadow.last();
    node.shadow = new Shadow();
    node.unread.clear();
    node.tells = tells;
    diskLost = true;
  }

  @Override
  public void refusedDamage() {
    refusedDamages++;
  }

  /** How often that was. */
  public int refusedDamages() {
    return refusedDamages;
  }

  @Override
  public void tells(int place) {
    evidence.watched(place).tells = true;
  }

  @Override
  public void isGone(int place) {
    evidence.nodes.remove(place);
    promises.forgive();
  }

  @Override
  public void started(int place, Journal journal, Recording recording) {
    var node = evidence.watched(place);
    node.journal = journal;
    var rows = Rows.of(journal);
    node.rows = rows;
    node.recording = recording;
    node.claims = new Claims(node.id, recording, journal, rows);
    node.heard.clear();
    node.forced = recording.durable();
    log.anew(node, recording);
    if (log.isThere(node, journal, rows)) {
      look(node);
      if (diskLost) {
        diskLost = false;
        promises.forgive();
      }
      everything(node);
    }
  }

  @Override
  public void stopped(int place) {
    var node = evidence.nodes.get(place);
    if (node == null) {
      return;
    }
    node.journal = null;
    node.rows = null;
    node.recording = null;
    node.claims = null;
    node.answered.clear();
  }

  @Override
  public void isForged(Hash hash) {
    log.isForged(hash);
  }

  @Override
  public void isGenuine(Hash hash) {
    log.isGenuine(hash);
    evidence.held.isUnasked(hash);
  }

  @Override
  public void mayNotWrite(SpaceId space, NodeId node) {
    evidence.readers.add(new Evidence.Place(space, node));
  }

  @Override
  public void isCreated(SpaceId space, NodeId creator) {
    evidence.roll.add(space.hash(), new Roll.Said(Roll.Kind.MEMBER, creator, 0, 0));
  }

  @Override
  public void isGranted(Hash grant, NodeId subject, long number, long clock, List<String> given) {
    evidence.roll.add(grant, new Roll.Said(Roll.Kind.MEMBER, subject, number, clock));
    log.isGranted(grant, subject, given);
  }

  @Override
  public void isRelay(Hash grant, NodeId subject, long number, long clock) {
    evidence.roll.add(grant, new Roll.Said(Roll.Kind.RELAY, subject, number, clock));
  }

  @Override
  public void isRetired(Hash retirement, NodeId subject, long number, long clock) {
    evidence.roll.add(retirement, new Roll.Said(Roll.Kind.RETIRED, subject, number, clock));
  }

  @Override
  public void readsFail() {
    evidence.readsFail = true;
  }

  @Override
  public void recorded(int place) {
    look(evidence.watched(place));
  }

  @Override
  public void forces(int place) {
    var node = evidence.nodes.get(place);
    var recording = node == null ? null : node.recording;
    if (node == null || recording == null) {
      return;
    }
    boolean shown = recording.durable() > node.forced;
    for (var view : recording.views().values()) {
      shown |= view.chains().values().stream().anyMatch(head -> head.position() > node.forced);
    }
    if (shown) {
      evidence.broken(SEEN_IS_DURABLE, node.name + " shows what it has not forced");
    }
  }

  @Override
  public void forced(int place) {
    var node = evidence.nodes.get(place);
    if (node != null && node.recording != null) {
      node.forced = node.recording.durable();
    }
  }

  @Override
  public void answered(
      int place, SpaceId space, IntentRequest request, Recording.Outcome outcome, boolean forced) {
    promises.answered(place, space, request, outcome, forced);
  }

  @Override
  public void settled(
      int place, Hash letter, Settlement settlement, @Nullable String actor, LoggedEntry by) {
    settlements.answered(evidence.watched(place), letter, settlement, actor, by);
  }

  @Override
  public void received(int place, NodeId peer, Object connection, Frame frame) {
    var node = evidence.nodes.get(place);
    var recording = node == null ? null : node.recording;
    var end = end(place, connection);
    end.understood().received(frame);
    end.turns()
        .received(
            frame,
            space ->
                recording != null
                    && recording
                        .view(space)
                        .flatMap(view -> view.membership().member(peer))
                        .isPresent());
  }

  private End end(int place, Object connection) {
    return connections
        .computeIfAbsent(connection, _ -> new HashMap<>())
        .computeIfAbsent(place, _ -> new End());
  }

  @Override
  public void sent(int place, Object connection, Frame frame) {
    var node = evidence.watched(place);
    var end = end(place, connection);
    if (!end.understood().has(frame)) {
      evidence.broken(
          PROTOCOL,
          node.name
              + " sends a "
              + frame.getClass().getSimpleName()
              + ", which the version that its peer has named doesn't have");
    }
    if (frame instanceof Frame.Entries entries) {
      var turns = end.turns();
      var wrong = turns.sent(entries, node.shadow);
      if (wrong != null && !evidence.readsFail && evidence.doubled.isEmpty()) {
        evidence.broken(PRIORITY, "at " + node.name + " " + wrong);
      }
      if (turns.isBeyondCredit(entries.space())) {
        evidence.broken(
            BOUNDED, node.name + " sends more batches than its peer has taken and lets come");
      }
    }
    log.isForced(node, frame);
  }

  @Override
  public Set<Hash> sealed(int place, SpaceId space, List<Frame> frames) {
    return mail.sealed(place, space, frames);
  }

  @Override
  public void brought(int place, SpaceId space, Set<Hash> had) {
    mail.brought(place, space, had);
  }

  @Override
  public void keepsCustody(int place, RelayDirectory relays, CustodyBook custody) {
    evidence.byRelays = true;
    Objects.requireNonNull(evidence.watched(place).claims).keepsCustody(relays, custody);
  }

  @Override
  public void given(int place, SpaceId space, NodeId to, byte[] id, List<Frame> frames) {
    mail.given(place, space, to, id, frames);
  }

  @Override
  public void signed(int relay, byte[] id, boolean there) {
    mail.signed(relay, id, there);
  }

  @Override
  public void isLost(UUID id) {
    mail.isLost(id);
  }

  @Override
  public void holds(int relay, byte[] id, Predicate<NodeId> there) {
    mail.holds(relay, id, there);
  }

  @Override
  public void isHeld(int relay, byte[] id) {
    mail.isHeld(relay, id);
  }

  @Override
  public void passes(int relay, byte[] id) {
    mail.passes(relay, id);
  }

  @Override
  public void areLost(int relay) {
    mail.areLost(relay);
  }

  @Override
  public void relayEnded(int relay, BiPredicate<NodeId, byte[]> there) {
    mail.relayEnded(relay, there);
  }

  @Override
  public void gone(byte[] id) {
    mail.gone(id);
  }

  @Override
  public void fetches(int place, byte[] id, boolean nothingIsLost) {
    mail.fetches(place, id, nothingIsLost);
  }

  @Override
  public void fetched(byte[] id) {
    mail.fetched(id);
  }

  private void look(Watched node) {
    var recording = node.recording;
    var journal = node.journal;
    var rows = node.rows;
    if (recording == null || journal == null || rows == null) {
      return;
    }
    long durable = recording.durable();
    node.forced = durable;
    var life = new Replica(node.id, recording.incarnation());
    if (!life.equals(node.life)) {
      node.life = life;
      node.shadow.log.values().forEach(entry -> evidence.held.add(life, entry));
    }
    var touched = new LinkedHashSet<DocumentKey>();
    var changed = new LinkedHashSet<Shadow.Space>();
    while (node.shadow.last() < durable) {
      var page = Page.of(journal, rows, node.shadow.last() + 1).entries();
      if (page.isEmpty()) {
        break;
      }
      for (var logged : page) {
        if (logged.position() > durable) {
          evidence.broken(
              SEEN_IS_DURABLE, node.name + " has something unforced at the end of a step");
        }
        var space = node.shadow.space(logged.entry().space());
        log.take(node, recording, logged);
        if (!evidence.entries.containsKey(logged.hash())) {
          log.written(node, space, logged);
          settlements.made(node, space, logged);
        }
        var entry = log.entry(logged);
        evidence.held.add(life, entry);
        if (entry.entry().author().node().equals(node.id)) {
          // what it wrote last as another life comes with the new one
          evidence.held.add(entry.entry().author(), entry);
        }
        touched.addAll(node.shadow.add(logged, entry));
        if (NaiveHoldings.divides(entry)) {
          // the next entry of the group was made on what this one left
          space.stands(entry, !logged.standing().uncovered(), touched);
        }
        changed.add(space);
      }
    }
    for (var answer : node.answered) {
      var there = node.shadow.log.get(answer.position());
      if (there == null || !there.hash().equals(answer.hash())) {
        evidence.broken(DURABLE, node.name + " answered with an entry that is not in its log");
      }
    }
    node.answered.clear();
    changed.forEach(space -> DocumentJudge.covered(journal, space, touched));
    for (var key : List.copyOf(touched)) {
      if (key.collection().equals(Operation.CLOCKS)) {
        touched.addAll(node.shadow.space(key.space()).documents.keySet());
      }
    }
    touched.addAll(node.unread);
    touched.forEach(key -> {
      documents.document(node, journal, key);
      if (key.collection().equals(Operation.DEAD_LETTERS)) {
        settlements.told(node, journal, key);
      }
      changed.add(node.shadow.space(key.space()));
    });
    changed.forEach(space -> {
      documents.standing(node, space);
      documents.holdings(node, journal, space);
    });
    ledger.statements(node, recording);
    ledger.claims(node);
    ledger.outbox(node, recording, journal, rows);
    if (recording.waiting() > 10_000) {
      evidence.broken(BOUNDED, node.name + " lets " + recording.waiting() + " wait");
    }
  }

  private void everything(Watched node) {
    var journal = node.journal;
    if (journal != null) {
      documents.everything(node, journal);
      log.everything(node, journal);
      settlements.everything(node, journal);
    }
  }

  @Override
  public @Nullable String apart(Collection<Integer> places) {
    return ledger.apart(places);
  }

  @Override
  public void kept(Collection<Integer> places) {
    for (var place : places) {
      everything(evidence.watched(place));
      promises.kept(place);
    }
  }

  @Override
  public int promised() {
    return promises.promised();
  }
}
