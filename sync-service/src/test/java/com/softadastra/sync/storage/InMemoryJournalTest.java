package com.softadastra.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.log.Standing;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class InMemoryJournalTest extends JournalContract {
  private final InMemoryJournal.Medium medium = new InMemoryJournal.Medium();

  @Override
  Journal open() {
    return new InMemoryJournal(medium);
  }

  @Override
  void powerFails() {
    medium.powerFails(0);
  }

  @Override
  List<Long> outbox(Journal journal, SpaceId space) {
    return ((InMemoryJournal) journal).outbox(space).stream().map(Dot::sequence).toList();
  }

  @Override
  Map<Long, Standing> deadLetters(Journal journal) {
    var standings = new HashMap<Long, Standing>();
    ((InMemoryJournal) journal)
        .deadLetters()
        .forEach((position, letter) -> standings.put(position, letter.standing()));
    return standings;
  }

  @Test
  void whereAllIsOwedStillNothingIsCommittedNorForced() throws Exception {
    put(null, "a", "{}");
    var touched = new AtomicInteger();
    medium.faults(touched::incrementAndGet, touched::incrementAndGet);

    var gone = recording.discharge(10);
    recording.recordNext();

    assertThat(gone).isCompletedWithValue(0);
    assertThat(touched).hasValue(0);
  }
}
