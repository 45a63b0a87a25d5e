package com.softadastra.sync.relay;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.sync.relay.Sharing.Group;
import com.softadastra.sync.relay.Sharing.Has;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SharingTest {
  private static final SpaceId SPACE = new SpaceId(Hash.ZERO);

  /** A log, of which each chain's entries have sequences from 1. */
  private static final class Log {
    final List<Replica> authors = new ArrayList<>();
    final Map<Replica, ChainHead> chains = new HashMap<>();

    void write(int author, int entries) {
      for (int i = 0; i < entries; i++) {
        var chain = replica(author);
        authors.add(chain);
        long sequence = chains.getOrDefault(chain, ChainHead.empty(chain)).sequence() + 1;
        chains.put(chain, new ChainHead(chain, null, 0, sequence, Hash.ZERO, authors.size()));
      }
    }

    int last() {
      return authors.size();
    }

    /** What a member has said that has all up to a position. */
    Optional<Statement> saidAt(int position) {
      var vector = new HashMap<Replica, Long>();
      authors.subList(0, position).forEach(author -> vector.merge(author, 1L, Long::sum));
      return Optional.of(new Statement(SPACE, replica(99), 0, 0, vector));
    }
  }

  private static Replica replica(int number) {
    byte[] incarnation = new byte[Incarnation.BYTES];
    incarnation[0] = 1;
    return new Replica(
        new NodeId(Hash.sha256(new byte[] {(byte) number})), Incarnation.of(incarnation));
  }

  private static List<Group<Has>> groups(Log log, Has... members) {
    return Sharing.groups(List.of(members), it -> it, log.chains);
  }

  private static List<List<Has>> members(List<Group<Has>> groups) {
    return groups.stream().map(Group::members).toList();
  }

  @Test
  void thoseThatLackTheSameAreTogether() {
    var log = new Log();
    log.write(1, 1000);
    var some = new Has(log.last(), log.saidAt(3));
    var others = new Has(log.last(), log.saidAt(700));
    log.write(1, 2);
    assertThat(groups(log, some, others)).containsExactly(new Group<>(List.of(some, others), 1000));
  }

  @Test
  void oneThatIsFarBehindIsAlone() {
    var log = new Log();
    log.write(1, 1000);
    var near = new Has(log.last() - 10, log.saidAt(3));
    var far = new Has(0, log.saidAt(3));
    var unheardOf = new Has(0, Optional.empty());
    var nearToo = new Has(log.last() - 200, Optional.empty());
    assertThat(members(groups(log, near, far, unheardOf, nearToo)))
        .containsExactly(List.of(near, nearToo), List.of(far, unheardOf));
  }

  /** Other spaces have entries in the log, too. */
  @Test
  void onesWhoseMarksAreFarApartAreTogetherWhereNothingIsBetween() {
    var log = new Log();
    log.write(1, 1000);
    log.chains.put(replica(2), new ChainHead(replica(2), null, 0, 1, Hash.ZERO, 90_000));
    var early = new Has(1000, log.saidAt(3));
    var late = new Has(80_000, log.saidAt(3));
    assertThat(groups(log, early, late)).containsExactly(new Group<>(List.of(early, late), 1000));
  }

  /** It would answer that it has what it is sent. */
  @Test
  void oneThatLacksNoEntryIsNotSentWhatOthersLack() {
    var log = new Log();
    log.write(1, 2);
    var whole = new Has(0, log.saidAt(2));
    var lacking = new Has(0, log.saidAt(1));
    var brought = new Has(2, log.saidAt(0));
    assertThat(groups(log, whole, lacking, brought))
        .containsExactly(new Group<>(List.of(whole, brought), 2), new Group<>(List.of(lacking), 0));
  }

  /** It says later that it has what came from it just now. */
  @Test
  void anAuthorLacksNothingOfItsOwn() {
    var log = new Log();
    log.write(1, 5);
    var statement = new Statement(SPACE, replica(1), 0, 0, Map.of(replica(1), 3L));
    var author = new Has(3, Optional.of(statement));
    var other = new Has(3, log.saidAt(3));
    assertThat(groups(log, author, other))
        .containsExactly(new Group<>(List.of(author), 5), new Group<>(List.of(other), 3));
  }

  @Test
  void noMoreShareThanGoTogether() {
    var log = new Log();
    log.write(1, 1);
    var all =
        IntStream.rangeClosed(0, MailFrame.SHARING)
            .mapToObj(_ -> new Has(0, Optional.empty()))
            .toArray(Has[]::new);
    assertThat(groups(log, all)).extracting(group -> group.members().size()).containsExactly(64, 1);
  }

  /** By the log itself: what each lacks is sent, and little that it has. */
  @Test
  void nobodyIsSentLessThanItLacksNorMuchThatItHas() {
    int shared = 0;
    for (long seed = 0; seed < 400; seed++) {
      var random = new Random(seed);
      var log = new Log();
      int most = 1 + random.nextInt(300);
      for (int i = 0; i < 1 + random.nextInt(12); i++) {
        log.write(random.nextInt(5), 1 + random.nextInt(most));
      }
      var members = new Has[1 + random.nextInt(6)];
      for (int i = 0; i < members.length; i++) {
        int near = Math.max(0, log.last() - random.nextInt(most));
        int upTo = random.nextBoolean() ? near : random.nextInt(log.last() + 1);
        int said = random.nextBoolean() ? near : random.nextInt(log.last() + 1);
        members[i] = new Has(upTo, random.nextInt(5) == 0 ? Optional.empty() : log.saidAt(said));
      }
      var groups = groups(log, members);
      assertThat(groups.stream().mapToInt(group -> group.members().size()).sum())
          .isEqualTo(members.length);
      for (var group : groups) {
        check("seed " + seed, log, group);
        shared += group.members().size() > 1 ? 1 : 0;
      }
    }
    assertThat(shared).as("groups of several").isGreaterThan(100);
  }

  private static void check(String seed, Log log, Group<Has> group) {
    var sequences = new HashMap<Replica, Long>();
    var needless = new IdentityHashMap<Has, Integer>();
    for (int position = 1; position <= log.last(); position++) {
      var author = log.authors.get(position - 1);
      long sequence = sequences.merge(author, 1L, Long::sum);
      long least = group.members().stream().mapToLong(it -> said(it, author)).min().orElse(0);
      boolean isSent = position > group.after() && sequence > least;
      for (var member : group.members()) {
        boolean lacks = position > member.upTo() && sequence > said(member, author);
        assertThat(isSent || !lacks).as("%s: %d is sent to who lacks it", seed, position).isTrue();
        if (isSent && !lacks) {
          needless.merge(member, 1, Integer::sum);
        }
      }
    }
    if (group.members().size() > 1) {
      assertThat(needless.values()).as(seed).allMatch(entries -> entries <= Sharing.NEEDLESS);
    }
  }

  private static long said(Has member, Replica author) {
    return member.said().map(it -> it.vector().getOrDefault(author, 0L)).orElse(0L);
  }
}
