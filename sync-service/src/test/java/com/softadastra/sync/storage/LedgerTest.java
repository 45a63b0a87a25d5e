package com.softadastra.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.sync.documents.SpaceNames;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a peer says counts when it is forced here, and not when it is heard. */
class LedgerTest {
  private static final NodeKey SELF = key(1);
  private static final NodeKey OTHER = key(2);
  private static final Incarnation LIFE = Incarnation.of(new byte[Incarnation.BYTES]);

  private static NodeKey key(int n) {
    var seed = new byte[NodeKey.SEED_BYTES];
    Arrays.fill(seed, (byte) n);
    return new NodeKey(seed);
  }

  private static Membership membership() {
    var create = new MembershipRecord.Create(SELF.publicKey(), "self", "space", 0, new byte[16]);
    var alone = new Membership(List.of(SpaceNames.sign(create, SELF)));
    var grant = alone.grant(SELF.nodeId(), OTHER.publicKey(), "other", Role.WRITER, 0);
    return alone.with(List.of(SpaceNames.sign(grant, SELF)));
  }

  @Test
  void aStatementCountsOnceItIsForced() {
    var medium = new InMemoryJournal.Medium();
    var machine =
        new Machine(
            InstantSource.system(),
            new Random(1),
            () -> Long.MAX_VALUE,
            Runnable::run,
            (file, cause) -> {
              throw new IllegalStateException(file, cause);
            });
    var recording =
        Recording.open(
            new InMemoryJournal(medium),
            SELF,
            new Birth(LIFE, 0),
            RecordingSettings.DEFAULT,
            machine);
    var membership = membership();
    var space = membership.space();
    var made =
        recording.administer(() -> {
          recording.createSpace("space", membership);
          return true;
        });
    recording.recordNext();
    assertThat(made).isCompleted();
    var heard = new ArrayList<Boolean>();
    Runnable look = () -> heard.add(recording.ledger().by(space, OTHER.nodeId()).isPresent());
    medium.faults(look, look);
    recording.ledger().onChange(() -> assertThat(medium.unforced()).isZero());
    var statement = new Statement(space, new Replica(OTHER.nodeId(), LIFE), 1, 1, Map.of());

    recording.note(new Ledger.Known(statement, statement.sign(OTHER).signature(), null));
    look.run();
    recording.recordNext();

    // when it was handed in, before its commit, before its force
    assertThat(heard).containsExactly(false, false, false);
    assertThat(recording.ledger().by(space, OTHER.nodeId())).isPresent();
  }
}
