package com.softadastra.sync.relay;

import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.envelope.Custody;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.sync.peer.CustodyMark;
import com.softadastra.sync.peer.CustodyMark.Way;
import com.softadastra.sync.peer.RelayDirectory;
import com.softadastra.sync.storage.DamagedRow;
import com.softadastra.sync.storage.Ledger;
import com.softadastra.sync.storage.Recording;
import com.softadastra.sync.storage.SpaceView;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Up to where relays have what members lack. A mark counts as long as both this node and the member
 * are the same life as when it was made, and the relay is one of the space's: another life of the
 * member has lost what it had fetched, and of this node the member is to hear.
 *
 * <p>Any thread may use it.
 */
public final class CustodyBook {
  private final Recording recording;
  private final RelayDirectory relays;

  /** How many envelopes relays have signed for since a mark was emptied, where it ever was. */
  private final Map<Way, Long> since = new ConcurrentHashMap<>();

  private final Map<SpaceId, Acknowledged> acknowledged = new ConcurrentHashMap<>();

  /** What this process knows to be with relays beside entries. */
  private final Map<Way, Word> words = new ConcurrentHashMap<>();

  /** Whose marks are being emptied, as the relay was dismissed. */
  private final Set<Way> forgotten = ConcurrentHashMap.newKeySet();

  /**
   * What an envelope brings beside entries, as far as it is worth one of its own.
   *
   * @param records of the membership
   * @param acknowledged entries of the member's own that others say to have, each of them counted
   */
  record Word(int records, long acknowledged) {}

  public CustodyBook(Recording recording, RelayDirectory relays) {
    this.recording = recording;
    this.relays = relays;
  }

  /** As which a member says what it has; null where it hasn't said anything. */
  @Nullable Incarnation life(SpaceId space, NodeId member) {
    return recording
        .ledger()
        .by(space, member)
        .map(known -> known.statement().by().incarnation())
        .orElse(null);
  }

  /** The mark of a way, where it counts. */
  private Optional<CustodyMark> counting(Way way) {
    return relays.mark(way).filter(this::counts);
  }

  private boolean counts(CustodyMark mark) {
    var way = mark.way();
    return mark.upTo() > 0
        && mark.self().equals(recording.incarnation())
        && Objects.equals(life(way.space(), way.to()), mark.life())
        && isByRelay(way);
  }

  /** The log position up to which a relay has what a member lacks, 0 where it has nothing. */
  long upTo(Way way) {
    return counting(way).map(CustodyMark::upTo).orElse(0L);
  }

  /** What there is to tell a member now. */
  Word word(SpaceView view, NodeId member) {
    var membership = view.membership();
    var of = acknowledged.computeIfAbsent(membership.space(), this::acknowledged);
    return new Word(membership.records().size(), of.of(membership, member));
  }

  private Acknowledged acknowledged(SpaceId space) {
    var ledger = recording.ledger();
    return new Acknowledged(
        ledger::changes, node -> ledger.by(space, node).map(Ledger.Known::statement).orElse(null));
  }

  /** Whether a relay is not known to have that for a member. */
  boolean isNews(Way way, Word word) {
    return !word.equals(words.get(way));
  }

  /** A relay has signed for an envelope that tells it. */
  void told(Way way, Word word) {
    words.put(way, word);
  }

  /** A relay has signed for more; completes when that is forced. */
  CompletionStage<?> signed(
      Way way,
      @Nullable Incarnation life,
      byte[] mailboxes,
      long upTo,
      Instant at,
      Custody.Signed receipt) {
    since.computeIfPresent(way, (_, envelopes) -> envelopes + 1);
    return relays.keep(
        new CustodyMark(way, recording.incarnation(), life, mailboxes, upTo, at, receipt));
  }

  /** A relay has nothing of it any more, and the member has not got it. */
  CompletionStage<?> lost(Way way) {
    nothingIsThere(way);
    return relays.empty(List.of(way));
  }

  private void nothingIsThere(Way way) {
    since.put(way, 0L);
    words.remove(way);
  }

  /**
   * Whether what has gone from a relay was there before the mark was emptied, so that it has all
   * that it has signed for since.
   *
   * @param left envelopes that it still has
   */
  boolean wasThereBefore(Way way, long left) {
    var signed = since.get(way);
    return signed != null && left >= signed;
  }

  /** A relay has nothing of a way left, whenever it was brought. */
  void isEmpty(Way way) {
    since.remove(way);
  }

  /** Forgets what nodes have signed for that are no relays any more. */
  void forgetDismissed() {
    var ways =
        relays.marks().stream()
            .filter(mark -> mark.upTo() > 0 && !isByRelay(mark.way()))
            .map(CustodyMark::way)
            .filter(forgotten::add)
            .sorted(Comparator.comparing(Way::space).thenComparing(Way::to))
            .toList();
    if (ways.isEmpty()) {
      return;
    }
    ways.forEach(this::nothingIsThere);
    var _ = relays.empty(ways).whenComplete((_, _) -> forgotten.removeAll(ways));
  }

  private boolean isByRelay(Way way) {
    return recording
        .view(way.space())
        .filter(view -> view.membership().relay(way.relay()).isPresent())
        .isPresent();
  }

  /** The ways by a relay of which it has something, by what it signed. */
  List<Way> ways(NodeId relay) {
    return relays.marks().stream()
        .filter(mark -> mark.way().relay().equals(relay) && mark.upTo() > 0)
        .map(CustodyMark::way)
        .toList();
  }

  /** Whether the mailboxes that signed are not these, so that they are lost. */
  boolean isOfOthers(Way way, byte[] mailboxes) {
    return relays.mark(way).filter(it -> !Arrays.equals(it.mailboxes(), mailboxes)).isPresent();
  }

  /** Whether a member lacks something up to a log position, by what it said last. */
  boolean lacks(SpaceId space, NodeId member, long upTo) {
    var said = recording.ledger().by(space, member).map(known -> known.statement());
    var view = recording.view(space);
    if (view.isEmpty()) {
      return false;
    }
    try {
      // in one order, so that a simulation reads the same again
      for (var chain : new TreeMap<>(view.get().chains()).entrySet()) {
        var head = chain.getValue();
        long has = said.map(it -> stated(it, chain.getKey(), head.after())).orElse(head.after());
        if (has < head.sequence()
            && !said.map(Statement::by).filter(chain.getKey()::equals).isPresent()
            && recording
                .log()
                .find(space, chain.getKey(), has + 1)
                .filter(entry -> entry.position() <= upTo)
                .isPresent()) {
          return true;
        }
      }
      return false;
    } catch (DamagedRow row) {
      recording.noticed(row);
      return true;
    }
  }

  private static long stated(Statement statement, Replica chain, long least) {
    return Math.max(least, statement.vector().getOrDefault(chain, 0L));
  }

  /** What covers a log position, of several the first that was signed. */
  public Optional<CustodyMark> covering(SpaceId space, NodeId member, long position) {
    return relays.marks(member).stream()
        .filter(mark -> mark.way().space().equals(space) && mark.upTo() >= position && counts(mark))
        .min(Comparator.comparing(CustodyMark::at));
  }

  List<NodeId> keepingFor(NodeId member) {
    return relays.marks(member).stream()
        .filter(mark -> counts(mark) && lacks(mark.way().space(), member, mark.upTo()))
        .map(mark -> mark.way().relay())
        .distinct()
        .sorted()
        .toList();
  }
}
