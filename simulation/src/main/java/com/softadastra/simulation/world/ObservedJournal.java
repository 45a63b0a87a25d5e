package com.softadastra.simulation.world;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Standing;
import com.softadastra.engine.space.ReceivedEntry;
import com.softadastra.sync.storage.Batch;
import com.softadastra.sync.storage.Found;
import com.softadastra.sync.storage.Journal;
import com.softadastra.sync.storage.Log;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A journal of the product, with somebody told before it commits. */
public class ObservedJournal implements Journal {
  private final Journal real;
  private final Runnable beforeCommit;
  private final Runnable beforeRead;

  public ObservedJournal(Journal real, Runnable beforeCommit) {
    this(real, beforeCommit, () -> {});
  }

  /**
   * @param beforeRead before a session reads
   */
  ObservedJournal(Journal real, Runnable beforeCommit, Runnable beforeRead) {
    this.real = real;
    this.beforeCommit = beforeCommit;
    this.beforeRead = beforeRead;
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
  public Set<DocumentKey> disputed(SpaceId space) {
    return real.disputed(space);
  }

  @Override
  public List<LoggedEntry> run(SpaceId space, Replica chain, long from) {
    return real.run(space, chain, from);
  }

  @Override
  public Optional<Place> place(long position) {
    return real.place(position);
  }

  @Override
  public OutboxRows outboxRows(long after, long last, int limit) {
    return real.outboxRows(after, last, limit);
  }

  @Override
  public Optional<Stretch> stretch(SpaceId space, Replica chain, long from, long to) {
    return real.stretch(space, chain, from, to);
  }

  @Override
  public Standing standing(long position) {
    return real.standing(position);
  }

  @Override
  public Optional<LoggedEntry> mended(long position, Place place, ReceivedEntry received) {
    return real.mended(position, place, received);
  }

  @Override
  public void commit(Batch batch) {
    beforeCommit.run();
    real.commit(batch);
  }

  @Override
  public void record(Batch batch) {
    beforeCommit.run();
    real.record(batch);
  }

  @Override
  public void force() {
    real.force();
  }

  @Override
  public Front settled(SpaceId space, Predicate<Dot> owed, int most) {
    return real.settled(space, owed, most);
  }

  @Override
  public boolean wasWritten(DocumentState state) {
    return real.wasWritten(state);
  }

  @Override
  public List<Long> held() {
    return real.held();
  }

  @Override
  public Log log(LongSupplier durable) {
    var log = real.log(durable);
    return new Log() {
      @Override
      public Optional<LoggedEntry> find(SpaceId space, Replica chain, long sequence) {
        beforeRead.run();
        return log.find(space, chain, sequence);
      }

      @Override
      public List<LoggedEntry> signedRun(
          SpaceId space, long position, int bytes, LongPredicate leftOut) {
        beforeRead.run();
        return log.signedRun(space, position, bytes, leftOut);
      }
    };
  }

  @Override
  public void close() {
    real.close();
  }
}
