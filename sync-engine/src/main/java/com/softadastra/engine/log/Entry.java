package com.softadastra.engine.log;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An intent, or something else that a replica had to say, as that replica wrote it.
 *
 * @param kind {@link #DATA}, {@link #OBSERVATION}, or a kind that this software doesn't know: kept
 *     and passed on as it is
 * @param clock the author's clock as it stood, milliseconds since 1970
 * @param previous the hash of the replica's previous entry in this space, {@link Hash#ZERO} for the
 *     first
 * @param causes what the author had newly seen of other replicas since then, in the order of
 *     replicas
 * @param payload the kind's own bytes
 * @param intent the payload of a data entry, else null
 */
public record Entry(
    int kind,
    SpaceId space,
    Replica author,
    long sequence,
    long clock,
    Hash previous,
    List<Cause> causes,
    Authority authority,
    byte[] payload,
    @Nullable Intent intent) {
  /** The kind of an entry that carries an {@link Intent}. */
  public static final int DATA = 1;

  /**
   * The kind of an entry that says no more than what its author has newly seen, where that is more
   * than the causes of one entry. It has no payload.
   */
  public static final int OBSERVATION = 2;

  /** Decides between concurrent writes: the author's clock, then replica, then sequence. */
  public static final Comparator<Entry> ORDER = Comparator.comparing(Entry::stamp);

  public Entry {
    causes = List.copyOf(causes);
  }

  public Stamp stamp() {
    return new Stamp(clock, author, sequence);
  }

  public List<Operation> operations() {
    return intent == null ? List.of() : intent.operations();
  }
}
