package com.softadastra.simulation.world;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.sync.storage.Batch;
import com.softadastra.sync.storage.Found;
import com.softadastra.sync.storage.Journal;
import com.softadastra.sync.storage.Log;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A journal of the product, with somebody told before it commits. */
public class ObservedJournal implements Journal {
  private final Journal real;
  private final Runnable beforeCommit;

  public ObservedJournal(Journal real, Runnable beforeCommit) {
    this.real = real;
    this.beforeCommit = beforeCommit;
  }

  @Override
  public Optional<Found> found() {
    return real.found();
  }

  @Override
  public Recovered recover() {
    return real.recover();
  }

  @Override
  public List<LoggedEntry> from(long position, int limit) {
    return real.from(position, limit);
  }

  @Override
  public Optional<LoggedEntry> find(SpaceId space, Replica replica, long sequence) {
    return real.find(space, replica, sequence);
  }

  @Override
  public @Nullable DocumentState document(DocumentKey key) {
    return real.document(key);
  }

  @Override
  public LoggedEntry entry(long position) {
    return real.entry(position);
  }

  @Override
  public List<LoggedEntry> intents(SpaceId space, String id) {
    return real.intents(space, id);
  }

  @Override
  public List<LoggedEntry> run(SpaceId space, Replica chain, long from) {
    return real.run(space, chain, from);
  }

  @Override
  public void commit(Batch batch) {
    beforeCommit.run();
    real.commit(batch);
  }

  @Override
  public void force() {
    real.force();
  }

  @Override
  public int discharge(SpaceId space, Predicate<Dot> owed, int most) {
    return real.discharge(space, owed, most);
  }

  @Override
  public List<Long> held() {
    return real.held();
  }

  @Override
  public Log log(LongSupplier durable) {
    return real.log(durable);
  }

  @Override
  public void close() {
    real.close();
  }
}
