package com.softadastra.sync.relay;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.sync.documents.SpaceNames;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AcknowledgedTest {
  private static final int MEMBERS = 20;
  private static final List<NodeKey> KEYS =
      IntStream.rangeClosed(0, MEMBERS).mapToObj(AcknowledgedTest::drawn).toList();

  private final Map<NodeId, Statement> ledger = new HashMap<>();
  private long changes;
  private int looks;
  private Membership membership = members(MEMBERS);
  private final Acknowledged acknowledged =
      new Acknowledged(
          () -> changes,
          node -> {
            looks++;
            return ledger.get(node);
          });

  private static NodeKey drawn(int n) {
    byte[] seed = new byte[NodeKey.SEED_BYTES];
    Arrays.fill(seed, (byte) n);
    return new NodeKey(seed);
  }

  private static NodeKey key(int n) {
    return KEYS.get(n);
  }

  private static Membership members(int count) {
    var create = new MembershipRecord.Create(key(1).publicKey(), "1", "space", 0, new byte[16]);
    var members = new Membership(List.of(SpaceNames.sign(create, key(1))));
    for (int n = 2; n <= count; n++) {
      var grant = members.grant(key(1).nodeId(), key(n).publicKey(), "" + n, Role.WRITER, n);
      members = members.with(List.of(SpaceNames.sign(grant, key(1))));
    }
    return members;
  }

  private static Replica replica(int n, int life) {
    byte[] incarnation = new byte[Incarnation.BYTES];
    incarnation[0] = (byte) life;
    return new Replica(key(n).nodeId(), Incarnation.of(incarnation));
  }

  private void say(int n, int life, Map<Replica, Long> vector) {
    var by = replica(n, life);
    ledger.put(by.node(), new Statement(membership.space(), by, 1, 1, new TreeMap<>(vector)));
    changes++;
  }

  private long of(int n) {
    return acknowledged.of(membership, key(n).nodeId());
  }

  private void askOfAll() {
    membership.members().forEach(member -> acknowledged.of(membership, member.node()));
  }

  @Test
  void whatIsAskedAgainIsNotCountedAgain() {
    for (int n = 1; n <= MEMBERS; n++) {
      say(n, 0, Map.of(replica(1, 0), 1L));
    }
    askOfAll();
    assertThat(looks).isEqualTo(MEMBERS);
    for (int force = 0; force < 10; force++) {
      askOfAll();
    }
    assertThat(looks).isEqualTo(MEMBERS);
    say(3, 0, Map.of(replica(1, 0), 2L));
    askOfAll();
    assertThat(looks).isEqualTo(2 * MEMBERS);
    assertThat(of(1)).isEqualTo(MEMBERS);
    assertThat(of(2)).isZero();
  }

  @Test
  void newMembersAreCounted() {
    membership = members(2);
    say(1, 0, Map.of(replica(1, 0), 9L));
    say(3, 0, Map.of(replica(1, 0), 5L));
    assertThat(of(1)).isZero();
    membership = members(3);
    assertThat(of(1)).isEqualTo(5);
  }

  /** Also where members say less than before, or write as another replica. */
  @Test
  void isWhatTheOthersSayNow() {
    for (long seed = 1; seed <= 20; seed++) {
      var random = new Random(seed);
      for (int i = 0; i < 50; i++) {
        var vector = new HashMap<Replica, Long>();
        for (int chains = random.nextInt(6); chains > 0; chains--) {
          vector.put(replica(1 + random.nextInt(MEMBERS), random.nextInt(2)), random.nextLong(100));
        }
        say(1 + random.nextInt(MEMBERS), random.nextInt(2), vector);
        for (int n = 1; n <= MEMBERS; n++) {
          assertThat(of(n)).as("seed %d, member %d", seed, n).isEqualTo(told(n));
        }
      }
    }
  }

  private long told(int n) {
    var own = ledger.get(key(n).nodeId());
    return own == null
        ? 0
        : ledger.values().stream()
            .filter(it -> !it.by().node().equals(key(n).nodeId()))
            .map(it -> it.vector().get(own.by()))
            .filter(Objects::nonNull)
            .mapToLong(Long::longValue)
            .sum();
  }
}
