package com.softadastra.engine.document;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.documents.ConflictState;
import com.softadastra.engine.cbor.CborWriter;
import com.softadastra.engine.log.DocumentKey;
import java.util.List;

/**
 * A conflict that the policy has decided.
 *
 * @param loser the version that has lost what it wrote
 * @param winner the version by which it has
 * @param fields pointers to what it lost, sorted; the empty one for the whole document
 */
public record Decided(Hash loser, Hash winner, List<String> fields, Standing standing) {
  public Decided {
    fields = fields.stream().distinct().sorted().toList();
  }

  /** Whether it can be undone; its ordinal is what storage keeps. */
  public enum Standing {
    /** The document has in these fields what the winner wrote. */
    STANDS,
    /** Somebody who knew both has written these fields since. */
    OVERWRITTEN,
    /** The loser's part was given back. */
    UNDONE,
    /** As {@link #STANDS}, but one of the clocks that decided is suspect: it is open. */
    DOUBTED
  }

  /** Whether the document has in these fields what the winner wrote. */
  public boolean stands() {
    return standing == Standing.STANDS || standing == Standing.DOUBTED;
  }

  /** Whether no less has become of it since. */
  boolean isAfter(Decided other) {
    return age() >= other.age();
  }

  private int age() {
    return switch (standing) {
      case STANDS -> 0;
      case DOUBTED -> 1;
      case OVERWRITTEN -> 2;
      case UNDONE -> 3;
    };
  }

  public boolean doubted() {
    return standing == Standing.DOUBTED;
  }

  public ConflictState state() {
    return switch (standing) {
      case STANDS, OVERWRITTEN -> ConflictState.RESOLVED;
      case UNDONE -> ConflictState.UNDONE;
      case DOUBTED -> ConflictState.OPEN;
    };
  }

  Decided with(Standing other) {
    return new Decided(loser, winner, fields, other);
  }

  boolean touches(String pointer) {
    return fields.stream().anyMatch(field -> Pointer.overlap(field, pointer));
  }

  /** The id of the conflict that a version of this document lost. */
  public static Hash conflictId(DocumentKey key, Hash loser) {
    var out = new CborWriter(160).array(5).text("softadastra.decided.1");
    out.bytes(key.space().hash().bytes()).text(key.collection()).text(key.id());
    return Hash.sha256(out.bytes(loser.bytes()).toByteArray());
  }
}
