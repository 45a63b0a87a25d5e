package com.softadastra.sync.relay;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.time.Schedule;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.space.Membership;
import com.softadastra.sync.envelope.Envelopes;
import com.softadastra.sync.peer.CustodyMark.Way;
import com.softadastra.sync.storage.DamagedEntry;
import com.softadastra.sync.storage.SpaceView;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings to a relay what members lack that are not in reach: one envelope for each of them at a
 * time, the next when the relay has signed for those of its space before. So members that lack the
 * same come together, and are sent it once ({@link Sharing}). The steps of its connection alone use
 * it, but for {@link #reaches}.
 */
final class Bringing {
  private static final Logger LOG = LoggerFactory.getLogger(Bringing.class);

  /** How long a relay keeps an envelope that nobody fetches. */
  static final Duration LIFE = Duration.ofDays(30);

  /** How long what can't be sealed now, or is refused for good, is not tried again. */
  private static final Duration PAUSE = Duration.ofMinutes(10);

  /** Deposits that wait for the relay's signatures, each for other members. */
  private static final int UNDERWAY = 4;

  /** The shortest pause that a relay can ask for. */
  private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(1);

  private final NodeId relay;
  private final Envelopes envelopes;
  private final ServedSpaces served;
  private final CustodyBook custody;
  private final Grace grace;
  private final Predicate<NodeId> isFor;
  private final MailLink link;
  private final Schedule schedule;
  private final Runnable signal;

  /**
   * Members that were connected to the relay when it last signed for something of theirs, or had
   * that from no other.
   */
  private final Set<NodeId> there = ConcurrentHashMap.newKeySet();

  private final Map<Way, Load> loads = new HashMap<>();
  private final Map<Way, Long> pausedUntilNanos = new HashMap<>();

  /** Whose marks are being emptied: until that is forced they stand where nothing is. */
  private final Set<Way> losing = new HashSet<>();

  private final Map<Way, Beyond> beyond = new HashMap<>();

  /** To whom this node has to say what it has, though its log has not grown. */
  private final Set<Way> wordDue = new HashSet<>();

  /** Who was among several for whom something could not be sealed, until it can for each alone. */
  private final Set<Way> alone = new HashSet<>();

  /** Where to begin next, so that all get their turn. */
  private int turn;

  private byte[] mailboxes = {};

  /**
   * What was brought beyond a mark, which stays before the first entry that can't be read.
   *
   * @param upTo the mark
   * @param life of the member; another one is brought all
   * @param lacking where something was left out for it: once it doesn't lack all of that any more,
   *     it begins at the mark
   */
  private record Beyond(long upTo, @Nullable Incarnation life, long reached, Set<Long> lacking) {}

  /**
   * A way on which something may have to be brought.
   *
   * @param last position of the space's log
   */
  private record Due(Way way, SpaceView view, long last) {}

  /**
   * Where something is to be brought on a way, as it stood then.
   *
   * @param upTo the mark
   * @param has what the member has, with what the relay has for it
   * @param lacking the log positions beyond the mark of what the member lacks and can't be read
   *     here
   * @param word what is told beside entries
   */
  private record Begin(
      Way way,
      @Nullable Incarnation life,
      long upTo,
      Sharing.Has has,
      Set<Long> lacking,
      CustodyBook.Word word) {}

  /**
   * Who can share. Of those who lack the same of what can't be read, the same is left out.
   *
   * @param alone null for those who can
   */
  private record Alike(Set<Long> lacking, @Nullable Way alone) {}

  /**
   * What is brought to a member, and the envelope of it that waits for the relay's signature. Who
   * shares it has a load with the same {@code sealed}.
   */
  private static final class Load {
    final Envelopes.Sealed sealed;
    final Begin begin;
    byte @Nullable [] id;
    Hash hash = Hash.ZERO;

    /** The log position up to which the member has, with that envelope, what it lacks. */
    long reached;

    /** The mark, as it was when this was begun and was moved by it. */
    long marked;

    Load(Envelopes.Sealed sealed, Begin begin) {
      this.sealed = sealed;
      this.begin = begin;
      this.marked = begin.upTo();
    }
  }

  /**
   * @param isFor whether what a member lacks is to go by relays
   * @param signal is to lead to {@link #bring}
   */
  Bringing(
      NodeId relay,
      Envelopes envelopes,
      ServedSpaces served,
      CustodyBook custody,
      Grace grace,
      Predicate<NodeId> isFor,
      MailLink link,
      Schedule schedule,
      Runnable signal) {
    this.relay = relay;
    this.envelopes = envelopes;
    this.served = served;
    this.custody = custody;
    this.grace = grace;
    this.isFor = isFor;
    this.link = link;
    this.schedule = schedule;
    this.signal = signal;
  }

  /** Whether a member was connected to the relay when it was heard of last. Any thread may ask. */
  boolean reaches(NodeId member) {
    return there.contains(member);
  }

  // ---- what the relay has

  /** The relay tells what it has still. */
  void welcomed(MailFrame.Welcome frame) {
    mailboxes = frame.mailboxes();
    var left =
        frame.left().stream().flatMap(some -> way(some).stream()).collect(Collectors.toSet());
    for (var way : custody.ways(relay)) {
      if (custody.isOfOthers(way, mailboxes)) {
        lost(way, "the relay has lost its mailboxes");
      } else if (!left.contains(way)) {
        grace.begin(way);
      }
    }
  }

  private Optional<Way> way(MailFrame.Left left) {
    return served
        .find(left.pseudonym())
        .map(view -> new Way(view.membership().space(), left.to(), relay));
  }

  void left(MailFrame.Left frame) {
    way(frame)
        .ifPresent(way -> {
          // what is left of a pile hangs on what has lapsed; when that lapses too, it is there
          // again
          if (frame.lapsed() > 0 && !custody.wasThereBefore(way, frame.envelopes())) {
            lost(way, frame.lapsed() + " envelopes were not fetched in time");
          }
          if (frame.envelopes() == 0) {
            custody.isEmpty(way);
            if (frame.lapsed() == 0) {
              if (isOnlyRelay(way.space())) {
                there.add(way.to());
              }
              grace.begin(way);
            }
            signal.run();
          }
        });
  }

  /** Whether a member can have what was brought from this relay alone. */
  private boolean isOnlyRelay(SpaceId space) {
    return served
        .recording()
        .view(space)
        .filter(view -> view.membership().relays().size() == 1)
        .isPresent();
  }

  /** What the relay had is not there any more, and the member has not got it. */
  void lost(Way way, String why) {
    LOG.info(
        "what {} lacks of space {} is brought to {} again: {}", way.to(), way.space(), relay, why);
    loads.remove(way);
    beyond.remove(way);
    losing.add(way);
    var _ =
        custody
            .lost(way)
            .whenComplete((_, _) ->
                link.step(() -> {
                  losing.remove(way);
                  signal.run();
                }));
  }

  // ---- to the relay

  /** A member sends what is here: it is to hear what this node has. */
  void oweWord(SpaceId space, NodeId member) {
    wordDue.add(new Way(space, member, relay));
    signal.run();
  }

  /** Brings what is to be brought now. */
  void bring() {
    var ways = new ArrayList<Due>();
    var views = served.views().toList();
    leave(views.stream().map(view -> view.membership().space()).collect(Collectors.toSet()));
    for (var view : views) {
      long last = ServedSpaces.last(view);
      for (var member : view.membership().members()) {
        var way = new Way(view.membership().space(), member.node(), relay);
        if (isFor.test(member.node()) && isOwed(member, way)) {
          ways.add(new Due(way, view, last));
        } else {
          forget(way);
        }
      }
    }
    if (underway() >= UNDERWAY) {
      return;
    }
    var turns = new ArrayList<Runnable>();
    ways.stream()
        .collect(Collectors.groupingBy(due -> due.way().space(), TreeMap::new, Collectors.toList()))
        .values()
        .forEach(of -> turns.addAll(turns(of)));
    int first = turn++;
    for (int i = 0; i < turns.size() && underway() < UNDERWAY; i++) {
      turns.get(Math.floorMod(first + i, turns.size())).run();
    }
  }

  /** What was begun for a space that the relay doesn't serve any more is not gone on with. */
  private void leave(Set<SpaceId> spaces) {
    Predicate<Way> isLeft = way -> !spaces.contains(way.space());
    loads.keySet().removeIf(isLeft);
    beyond.keySet().removeIf(isLeft);
    wordDue.removeIf(isLeft);
    alone.removeIf(isLeft);
  }

  /**
   * One that was retired gets what it lacks only where it shows by what it sends that it is there.
   */
  private boolean isOwed(Membership.Member member, Way way) {
    var load = loads.get(way);
    return !member.retired() || wordDue.contains(way) || (load != null && hasMore(load));
  }

  private static boolean hasMore(Load load) {
    try {
      return load.id != null || load.sealed.hasNext();
    } catch (Refused _) {
      // is met again when more is brought
      return true;
    }
  }

  /** The member is in reach, or nobody counts on it: it gets all by another way. */
  private void forget(Way way) {
    wordDue.remove(way);
    alone.remove(way);
    loads.computeIfPresent(way, (_, load) -> load.id == null ? null : load);
  }

  /** Of what is underway, what is shared counts once. */
  private long underway() {
    return loads.values().stream()
        .filter(load -> load.id != null)
        .map(load -> load.sealed)
        .distinct()
        .count();
  }

  /**
   * What is to be brought now of a space, each to those who share it; nothing as long as something
   * of it is underway.
   */
  private List<Runnable> turns(List<Due> ways) {
    var view = ways.getFirst().view();
    var space = ways.getFirst().way().space();
    if (loads.entrySet().stream()
        .anyMatch(each -> each.getKey().space().equals(space) && each.getValue().id != null)) {
      return List.of();
    }
    var damaged = served.recording().damaged();
    var shared = new LinkedHashMap<Envelopes.Sealed, List<Load>>();
    var begins = new ArrayList<Begin>();
    for (var due : ways) {
      var way = due.way();
      if (isPaused(way) || losing.contains(way)) {
        continue;
      }
      var load = loads.get(way);
      if (load != null && hasMore(load)) {
        shared.computeIfAbsent(load.sealed, _ -> new ArrayList<>()).add(load);
        continue;
      }
      loads.remove(way);
      // more may have been written since that was begun
      var begin = begin(due, damaged);
      if (begin != null) {
        begins.add(begin);
      }
    }
    var turns = new ArrayList<Runnable>();
    shared.values().forEach(each -> turns.add(() -> bring(each)));
    begins.stream()
        .collect(Collectors.groupingBy(this::alike, LinkedHashMap::new, Collectors.toList()))
        .forEach((each, alike) -> {
          var had =
              damaged.stream()
                  .map(DamagedEntry::position)
                  .filter(position -> !each.lacking().contains(position))
                  .collect(Collectors.toSet());
          Sharing.groups(alike, Begin::has, view.chains())
              .forEach(group -> turns.add(() -> begin(space, group, had)));
        });
    return turns;
  }

  private Alike alike(Begin begin) {
    return new Alike(begin.lacking(), alone.contains(begin.way()) ? begin.way() : null);
  }

  /** Null where there is nothing to tell. */
  private @Nullable Begin begin(Due due, List<DamagedEntry> damaged) {
    var way = due.way();
    // the life first: a mark of an earlier one counts no more
    var life = custody.life(way.space(), way.to());
    long upTo = custody.upTo(way);
    var said = envelopes.said(way.space(), way.to());
    var lacking =
        damaged.stream()
            .filter(entry -> entry.position() > upTo && lacks(way.space(), said, entry))
            .map(DamagedEntry::position)
            .collect(Collectors.toSet());
    long brought = brought(way, life, upTo, lacking);
    var word = custody.word(due.view(), way.to());
    return wordDue.contains(way) || due.last() > brought || custody.isNews(way, word)
        ? new Begin(way, life, upTo, new Sharing.Has(brought, said), lacking, word)
        : null;
  }

  /** Whether an entry may be one of a space that a member lacks. */
  private static boolean lacks(SpaceId space, Optional<Statement> said, DamagedEntry entry) {
    var place = entry.place();
    if (place == null) {
      return true;
    }
    var dot = place.dot();
    long has = said.map(it -> it.vector().getOrDefault(dot.replica(), 0L)).orElse(0L);
    return place.space().equals(space) && has < dot.sequence();
  }

  private void begin(SpaceId space, Sharing.Group<Begin> group, Set<Long> had) {
    var to = new HashMap<NodeId, Optional<Statement>>();
    group.members().forEach(begin -> to.put(begin.way().to(), begin.has().said()));
    var ways = group.members().stream().map(Begin::way).toList();
    trying(
        ways,
        () -> {
          var sealed = envelopes.sealForRelay(space, to, group.after(), had, LIFE);
          var shared = group.members().stream().map(begin -> new Load(sealed, begin)).toList();
          shared.forEach(load -> loads.put(load.begin.way(), load));
          deposit(shared);
          wordDue.removeAll(ways);
        });
  }

  private void bring(List<Load> shared) {
    trying(shared.stream().map(load -> load.begin.way()).toList(), () -> deposit(shared));
  }

  /** What can't be read, or sealed, may be healed. Of several it may be so for one alone. */
  private void trying(List<Way> ways, Runnable deposit) {
    try {
      deposit.run();
      ways.forEach(alone::remove);
    } catch (Refused e) {
      ways.forEach(loads::remove);
      if (ways.size() > 1) {
        alone.addAll(ways);
        signal.run();
        return;
      }
      ways.forEach(way -> pause(way, PAUSE));
      LOG.warn(
          "nothing can be brought to {} for {}: {}",
          relay,
          ways.stream().map(Way::to).toList(),
          e.getMessage());
    }
  }

  private void deposit(List<Load> shared) {
    var sealed = shared.getFirst().sealed;
    var made =
        sealed.nextFor(
            shared.stream().map(load -> load.begin.way().to()).collect(Collectors.toSet()));
    // before more is made
    long reached = sealed.reached();
    for (var load : shared) {
      var envelope = made.to(load.begin.way().to());
      load.id = envelope.outside().id();
      load.hash = envelope.hash();
      load.reached = reached;
    }
    var encoded = made.envelopes().stream().map(Envelope::encode).toList();
    byte[] body = made.body();
    link.send(
        body == null
            ? new MailFrame.Deposit(encoded.getFirst())
            : new MailFrame.Deposits(encoded, body));
  }

  /** Up to where all that can be read now was brought. */
  private long brought(Way way, @Nullable Incarnation life, long upTo, Set<Long> lacking) {
    var more = beyond.get(way);
    return more != null
            && more.upTo() == upTo
            && Objects.equals(more.life(), life)
            && lacking.containsAll(more.lacking())
        ? more.reached()
        : upTo;
  }

  private boolean isPaused(Way way) {
    var until = pausedUntilNanos.get(way);
    return until != null && until - schedule.nanoTime() > 0;
  }

  private void pause(Way way, Duration time) {
    pausedUntilNanos.put(way, schedule.nanoTime() + time.toNanos());
    schedule.after(time, signal);
  }

  private Optional<Map.Entry<Way, Load>> underway(byte[] id) {
    return loads.entrySet().stream().filter(it -> Arrays.equals(it.getValue().id, id)).findFirst();
  }

  void kept(MailFrame.Kept frame) {
    var signed = frame.custody().verified(mailboxes);
    var found = underway(signed.id());
    if (found.isEmpty()) {
      return;
    }
    var way = found.get().getKey();
    var load = found.get().getValue();
    if (!signed.envelope().equals(load.hash) || !signed.to().equals(way.to())) {
      throw new Malformed("a custody receipt for another envelope");
    }
    if (frame.there()) {
      there.add(way.to());
    } else {
      there.remove(way.to());
    }
    custody.told(way, load.begin.word());
    var _ =
        custody
            .signed(
                way,
                load.begin.life(),
                mailboxes,
                marked(way, load),
                Instant.ofEpochMilli(signed.at()),
                frame.custody())
            .whenComplete((_, failure) ->
                link.step(() -> {
                  load.id = null;
                  if (failure != null) {
                    link.close(String.valueOf(failure.getMessage()), true);
                  }
                  signal.run();
                }));
  }

  /**
   * The mark to be kept now. It stays before all that was left out because something can't be read,
   * which is brought once it can, or once the member has that.
   */
  private long marked(Way way, Load load) {
    var begin = load.begin;
    long reached = reached(load);
    var lacking = new TreeSet<>(begin.lacking());
    lacking.addAll(load.sealed.lacking());
    long whole = lacking.isEmpty() ? Long.MAX_VALUE : lacking.first() - 1;
    long before = custody.upTo(way);
    if (whole < begin.upTo() || before < load.marked) {
      // what it has can't be read any more, and what follows on that was left out; or it has
      // nothing of that any more
      beyond.remove(way);
      return before;
    }
    long upTo = Math.max(before, Math.min(reached, whole));
    if (upTo < reached) {
      beyond.put(way, new Beyond(upTo, begin.life(), reached, lacking));
    } else {
      beyond.remove(way);
    }
    load.marked = upTo;
    return upTo;
  }

  /** The end of the log, where nothing more is to be brought. */
  private static long reached(Load load) {
    try {
      return load.sealed.hasNext() ? load.reached : load.sealed.reached();
    } catch (Refused _) {
      // is met again when more is brought
      return load.reached;
    }
  }

  void refused(MailFrame.Refused frame) {
    underway(frame.id())
        .ifPresent(found -> {
          var way = found.getKey();
          loads.remove(way);
          pause(
              way,
              frame.retryMillis() == 0
                  ? PAUSE
                  : Duration.ofMillis(
                      Math.clamp(
                          frame.retryMillis(), SHORTEST_PAUSE.toMillis(), PAUSE.toMillis())));
          LOG.warn("{} doesn't keep what {} lacks: {}", relay, way.to(), frame.reason());
          signal.run();
        });
  }
}
