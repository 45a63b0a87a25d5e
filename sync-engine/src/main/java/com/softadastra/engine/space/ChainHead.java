package com.softadastra.engine.space;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import org.jspecify.annotations.Nullable;

/**
 * A chain of entries in a space, as far as it is known: a run of one author's entries in which each
 * names the one before, and that no second entry follows on but at its end. The first chain of an
 * author is named as the author is. Where two entries follow on one, the chain ends, and each goes
 * on in a branch of it.
 *
 * @param author who wrote it
 * @param parent the chain that it is a branch of, null for an author's first
 * @param after the sequence at which the parent ends, 0 for an author's first
 * @param sequence of the last entry; {@code after} where there is none
 * @param hash of that entry
 * @param position where this node's log has that entry
 */
public record ChainHead(
    Replica author, @Nullable Replica parent, long after, long sequence, Hash hash, long position) {
  /** The first chain of an author of whom nothing is known. */
  public static ChainHead empty(Replica author) {
    return new ChainHead(author, null, 0, 0, Hash.ZERO, 0);
  }

  /** Whether it is beyond a fork, so that nothing in it has effect. */
  public boolean branch() {
    return parent != null;
  }

  public boolean holds(long number) {
    return after < number && number <= sequence;
  }

  /** How many entries it has. */
  public long entries() {
    return sequence - after;
  }

  /** The same with one more entry, or another one, at its end. */
  public ChainHead endingAt(long number, Hash last, long at) {
    return new ChainHead(author, parent, after, number, last, at);
  }

  ChainHead of(Replica other) {
    return new ChainHead(author, other, after, sequence, hash, position);
  }
}
