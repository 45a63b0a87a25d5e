package com.softadastra.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.Replica;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.Signatures.NodeKey;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a peer says counts when it is forced here, and not when it is heard. */
class LedgerTest {
  private static final NodeKey SELF = JournalContract.key(1);
  private static final NodeKey OTHER = JournalContract.key(2);
  private static final Incarnation LIFE = Incarnation.of(new byte[Incarnation.BYTES]);

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
    var membership = JournalContract.membership();
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
