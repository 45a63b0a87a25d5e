package com.softadastra.sync.storage;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.SpaceId;
import java.util.List;

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
}
