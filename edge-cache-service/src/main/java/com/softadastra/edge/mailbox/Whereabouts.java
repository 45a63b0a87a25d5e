package com.softadastra.edge.mailbox;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.edge.mailbox.SiblingStore.Coming;
import com.softadastra.engine.envelope.MailFrame;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * To which relays members of spaces come: to this one, and to others as those say. Each counts for
 * {@link #LIFE} after the member came last, and nothing takes it back before. A way is told on
 * unless the shortest is by the relay that would be told, {@value MailFrame#HOPS} relays at most
 * between.
 *
 * <p>Of more than {@value #MOST_OF_ONE} that one relay tells, those beyond are not heard; the same
 * holds for those that come here. Relays that no member has named count as one: whoever knows a
 * space can be any number of them, and takes no place of those that are named.
 *
 * <p>Any thread may use it.
 */
final class Whereabouts {
  /** How long a member counts as one that comes. */
  static final Duration LIFE = Duration.ofDays(30);

  /** What makes a life longer by less is not news. */
  static final Duration NEWS = Duration.ofDays(1);

  static final int MOST_OF_ONE = 16_384;

  /** A member of a space. */
  record Whom(Hash pseudonym, NodeId node) {}

  // guarded by this; the inner key is who says so, the node itself where it comes here
  private final Map<Whom, Map<NodeId, Coming>> ways = new LinkedHashMap<>();
  private final Map<NodeId, Integer> told = new HashMap<>();
  private Set<NodeId> named = Set.of();
  private int toldByOthers;
  private int here;

  /**
   * The relays that members name now.
   *
   * @return those that they don't any more; what these have told is forgotten
   */
  synchronized List<NodeId> named(Set<NodeId> relays) {
    var left = named.stream().filter(relay -> !relays.contains(relay)).toList();
    left.forEach(this::forget);
    named = Set.copyOf(relays);
    toldByOthers = 0;
    told.forEach((relay, count) -> toldByOthers += named.contains(relay) ? 0 : count);
    return left;
  }

  /** Whether it is kept on disk: it comes here, or a relay says so that members name. */
  synchronized boolean isKept(Coming coming) {
    return coming.by().equals(coming.node()) || named.contains(coming.by());
  }

  /** What was known before a restart. */
  synchronized void known(List<Coming> comings) {
    comings.forEach(this::put);
  }

  /**
   * Members come here now.
   *
   * @return what is news
   */
  synchronized List<Coming> come(List<Hash> pseudonyms, NodeId node, Instant now) {
    var news = new ArrayList<Coming>();
    for (var pseudonym : pseudonyms) {
      take(new Coming(node, pseudonym, node, 0, now.plus(LIFE)), now).ifPresent(news::add);
    }
    return news;
  }

  /**
   * Another relay says where members come.
   *
   * @return what is news
   */
  synchronized List<Coming> told(NodeId relay, List<MailFrame.Comes.Coming> comings, Instant now) {
    var news = new ArrayList<Coming>();
    for (var coming : comings) {
      // a relay that names itself: as its own teller it would count as one that comes here
      if (coming.node().equals(relay)) {
        continue;
      }
      var life = Math.min(coming.lifeMillis(), LIFE.toMillis());
      take(
              new Coming(
                  relay,
                  coming.pseudonym(),
                  coming.node(),
                  coming.hops() + 1,
                  now.plusMillis(life)),
              now)
          .ifPresent(news::add);
    }
    return news;
  }

  private Optional<Coming> take(Coming coming, Instant now) {
    var by = ways.getOrDefault(whom(coming), Map.of());
    var before = by.get(coming.by());
    if (before != null
        && before.until().isAfter(now)
        && before.hops() <= coming.hops()
        && Duration.between(before.until(), coming.until()).compareTo(NEWS) < 0
        && Duration.between(now, before.until()).compareTo(LIFE) <= 0) {
      return Optional.empty();
    }
    if (!coming.until().isAfter(now) || !put(coming)) {
      return Optional.empty();
    }
    return Optional.of(coming);
  }

  private static Whom whom(Coming coming) {
    return new Whom(coming.pseudonym(), coming.node());
  }

  /**
   * @return false where those are too many
   */
  private boolean put(Coming coming) {
    var by = ways.getOrDefault(whom(coming), Map.of());
    boolean direct = coming.by().equals(coming.node());
    if (!by.containsKey(coming.by())) {
      boolean isNamed = named.contains(coming.by());
      int count = direct ? here : isNamed ? told.getOrDefault(coming.by(), 0) : toldByOthers;
      if (count >= MOST_OF_ONE) {
        return false;
      }
      if (direct) {
        here++;
      } else {
        told.merge(coming.by(), 1, Integer::sum);
        toldByOthers += isNamed ? 0 : 1;
      }
    }
    ways.computeIfAbsent(whom(coming), _ -> new HashMap<>()).put(coming.by(), coming);
    return true;
  }

  /** Whether a member comes to another relay, or to one behind it, as that says. */
  synchronized boolean isBy(NodeId relay, Whom whom, Instant now) {
    var coming = ways.getOrDefault(whom, Map.of()).get(relay);
    return coming != null && isOf(coming, relay) && coming.until().isAfter(now);
  }

  /** All that comes by a relay. */
  synchronized List<Whom> by(NodeId relay, Instant now) {
    return ways.keySet().stream().filter(whom -> isBy(relay, whom, now)).toList();
  }

  /** All that there is to tell of. */
  synchronized List<Whom> all() {
    return List.copyOf(ways.keySet());
  }

  /** What another relay is told of a member, where it is told anything. */
  synchronized Optional<MailFrame.Comes.Coming> toTell(NodeId relay, Whom whom, Instant now) {
    var standing =
        ways.getOrDefault(whom, Map.of()).values().stream()
            .filter(coming -> coming.until().isAfter(now))
            .toList();
    int shortest = standing.stream().mapToInt(Coming::hops).min().orElse(Integer.MAX_VALUE);
    return shortest > MailFrame.HOPS
        ? Optional.empty()
        : standing.stream()
            .filter(coming -> coming.hops() == shortest && !isOf(coming, relay))
            .max(Comparator.comparing(Coming::until))
            .map(coming ->
                new MailFrame.Comes.Coming(
                    whom.pseudonym(),
                    whom.node(),
                    shortest,
                    Duration.between(now, coming.until()).toMillis()));
  }

  private static boolean isOf(Coming coming, NodeId relay) {
    return coming.by().equals(relay) && !coming.node().equals(relay);
  }

  /** Forgets what counts no more. */
  synchronized void lapse(Instant now) {
    ways.values()
        .removeIf(by -> {
          by.values().removeIf(coming -> !coming.until().isAfter(now) && forget(coming));
          return by.isEmpty();
        });
  }

  private boolean forget(Coming coming) {
    if (coming.by().equals(coming.node())) {
      here--;
    } else {
      told.computeIfPresent(coming.by(), (_, count) -> count == 1 ? null : count - 1);
      toldByOthers -= named.contains(coming.by()) ? 0 : 1;
    }
    return true;
  }

  private void forget(NodeId relay) {
    ways.values()
        .removeIf(by -> {
          var coming = by.get(relay);
          if (coming != null && isOf(coming, relay)) {
            by.remove(relay);
            forget(coming);
          }
          return by.isEmpty();
        });
  }
}
