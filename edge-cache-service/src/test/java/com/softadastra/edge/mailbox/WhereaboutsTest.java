package com.softadastra.edge.mailbox;

import static com.softadastra.edge.mailbox.Envelopes.BOB;
import static com.softadastra.edge.mailbox.Envelopes.PSEUDONYM;
import static com.softadastra.edge.mailbox.Envelopes.START;
import static com.softadastra.edge.mailbox.Envelopes.key;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.edge.mailbox.Whereabouts.Whom;
import com.softadastra.engine.envelope.MailFrame;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WhereaboutsTest {
  private static final NodeId SHORE = key(11).nodeId();
  private static final NodeId HILL = key(12).nodeId();
  private static final NodeId MAST = key(13).nodeId();
  private static final Whom WHOM = new Whom(PSEUDONYM, BOB.nodeId());

  private final Whereabouts whereabouts = new Whereabouts();

  private boolean isNews(NodeId relay, int hops, Duration life, Instant now) {
    var coming = new MailFrame.Comes.Coming(PSEUDONYM, BOB.nodeId(), hops, life.toMillis());
    return !whereabouts.told(relay, List.of(coming), now).isEmpty();
  }

  private boolean comes(Instant now) {
    return !whereabouts.come(List.of(PSEUDONYM), BOB.nodeId(), now).isEmpty();
  }

  @Test
  void whoComesHereIsToldToAll() {
    assertThat(comes(START)).isTrue();
    assertThat(whereabouts.toTell(SHORE, WHOM, START.plusSeconds(60)))
        .hasValue(
            new MailFrame.Comes.Coming(
                PSEUDONYM, BOB.nodeId(), 0, Whereabouts.LIFE.minusSeconds(60).toMillis()));
    assertThat(whereabouts.isBy(SHORE, WHOM, START)).isFalse();
  }

  @Test
  void aWayIsNotToldToWhomTheShortestLeads() {
    isNews(SHORE, 0, Duration.ofDays(3), START);
    isNews(HILL, 1, Duration.ofDays(9), START);
    assertThat(whereabouts.toTell(SHORE, WHOM, START)).isEmpty();
    assertThat(whereabouts.toTell(MAST, WHOM, START))
        .hasValueSatisfying(told -> {
          assertThat(told.hops()).isEqualTo(1);
          assertThat(told.lifeMillis()).isEqualTo(Duration.ofDays(3).toMillis());
        });
    isNews(HILL, 0, Duration.ofDays(9), START);
    assertThat(whereabouts.toTell(SHORE, WHOM, START)).as("another is as short").isPresent();
  }

  @Test
  void whatIsTooFarIsNotToldOn() {
    isNews(SHORE, MailFrame.HOPS - 1, Duration.ofDays(3), START);
    assertThat(whereabouts.toTell(MAST, WHOM, START)).isPresent();
    whereabouts.named(Set.of(SHORE));
    assertThat(whereabouts.named(Set.of())).containsExactly(SHORE);
    isNews(SHORE, MailFrame.HOPS, Duration.ofDays(3), START);
    assertThat(whereabouts.isBy(SHORE, WHOM, START)).isTrue();
    assertThat(whereabouts.toTell(MAST, WHOM, START)).isEmpty();
  }

  @Test
  void itIsNewsOnceADay() {
    assertThat(comes(START)).isTrue();
    assertThat(comes(START.plus(Duration.ofHours(23)))).isFalse();
    assertThat(comes(START.plus(Duration.ofHours(24)))).isTrue();
    assertThat(isNews(SHORE, 1, Duration.ofDays(3), START)).isTrue();
    assertThat(isNews(SHORE, 1, Duration.ofDays(3), START.plusSeconds(1))).isFalse();
    assertThat(isNews(SHORE, 0, Duration.ofDays(3), START.plusSeconds(1))).as("nearer").isTrue();
  }

  @Test
  void nothingCountsLongerThanItsLife() {
    isNews(SHORE, 0, Duration.ofDays(400), START);
    var end = START.plus(Whereabouts.LIFE);
    assertThat(whereabouts.isBy(SHORE, WHOM, end.minusMillis(1))).isTrue();
    assertThat(whereabouts.isBy(SHORE, WHOM, end)).isFalse();
    assertThat(whereabouts.toTell(MAST, WHOM, end)).isEmpty();
    whereabouts.lapse(end);
    assertThat(whereabouts.all()).isEmpty();
  }

  /** Keys are free: any number of relays are no more than one. */
  @Test
  void strangersTakeNoPlaceOfThoseThatMembersName() {
    whereabouts.named(Set.of(SHORE));
    for (int i = 0; i < Whereabouts.MOST_OF_ONE + 10; i++) {
      var stranger = new NodeId(Hash.sha256(ByteBuffer.allocate(4).putInt(i).array()));
      isNews(stranger, 0, Duration.ofDays(3), START);
    }
    assertThat(isNews(HILL, 0, Duration.ofDays(3), START)).as("another stranger").isFalse();
    assertThat(isNews(SHORE, 0, Duration.ofDays(3), START)).isTrue();
    assertThat(comes(START)).isTrue();
    whereabouts.lapse(START.plus(Duration.ofDays(4)));
    assertThat(isNews(HILL, 0, Duration.ofDays(9), START.plus(Duration.ofDays(4)))).isTrue();
    whereabouts.named(Set.of(SHORE, HILL));
    assertThat(whereabouts.isBy(HILL, WHOM, START.plus(Duration.ofDays(4)))).isTrue();
  }

  /** A clock that went ahead and is put right doesn't make a member come for longer. */
  @Test
  void aClockThatIsPutBackIsNewsAgain() {
    comes(START.plus(Duration.ofDays(3650)));
    assertThat(comes(START)).isTrue();
    assertThat(whereabouts.toTell(MAST, WHOM, START))
        .hasValueSatisfying(
            told -> assertThat(told.lifeMillis()).isEqualTo(Whereabouts.LIFE.toMillis()));
  }
}
