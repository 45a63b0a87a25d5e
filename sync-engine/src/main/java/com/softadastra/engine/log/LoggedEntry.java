package com.softadastra.engine.log;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An entry as this node recorded it.
 *
 * @param position where the node's log has it, from 1
 * @param chain the chain that the entry is of: its author's, or a branch of that
 * @param bytes the entry as its author encoded it
 * @param hash of those bytes
 * @param signature the author's, over the hash; null where a later entry's signature covers this
 *     one
 * @param previous for each operation, the position of the operation that was recorded before it for
 *     the same document; 0 for the first
 */
public record LoggedEntry(
    long position,
    Replica chain,
    Entry entry,
    byte[] bytes,
    Hash hash,
    byte @Nullable [] signature,
    Standing standing,
    Instant recordedAt,
    List<Long> previous) {
  public LoggedEntry {
    previous = List.copyOf(previous);
  }

  public Dot dot() {
    return new Dot(chain, entry.sequence());
  }

  public LoggedEntry standing(Standing other) {
    return new LoggedEntry(
        position, chain, entry, bytes, hash, signature, other, recordedAt, previous);
  }

  public LoggedEntry signed(byte[] by) {
    return new LoggedEntry(position, chain, entry, bytes, hash, by, standing, recordedAt, previous);
  }

  /** The same row with other bytes of an entry. */
  public LoggedEntry holding(byte[] other) {
    return new LoggedEntry(
        position,
        chain,
        EntryCodec.decode(other),
        other,
        Hash.sha256(other),
        signature,
        standing,
        recordedAt,
        previous);
  }

  /** The same, with what is alike wherever the entry is held together with another node's. */
  public LoggedEntry sharing(LoggedEntry other) {
    return new LoggedEntry(
        position,
        chain.equals(other.chain) ? other.chain : chain,
        other.entry,
        other.bytes,
        other.hash,
        Arrays.equals(signature, other.signature) ? other.signature : signature,
        standing,
        recordedAt,
        previous);
  }

  /** The same as part of a branch, where nothing has effect. */
  public LoggedEntry branched(Replica branch) {
    return new LoggedEntry(
        position, branch, entry, bytes, hash, signature, Standing.FORKED, recordedAt, previous);
  }

  /** Whether the id of its intent leads to it, so that it needs no index. */
  public boolean ledTo() {
    var intent = entry.intent();
    return intent != null
        && chain.equals(entry.author())
        && IntentIds.leadsTo(intent.id(), chain, entry.sequence());
  }
}
