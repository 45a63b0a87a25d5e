package com.softadastra.system;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.Intent;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.log.Signatures.Purpose;
import com.softadastra.engine.space.BatchCheck.Offered;
import com.softadastra.engine.space.Membership;
import java.util.List;

/** Writes entries in a replica's name: genuine ones, and others. */
final class Chain {
  private final Membership membership;
  private final Replica author;
  private final NodeKey signer;
  private long sequence;
  private Hash last = Hash.ZERO;

  /**
   * @param signer whose key signs; the author's own for a genuine chain
   */
  Chain(Membership membership, Replica author, NodeKey signer) {
    this.membership = membership;
    this.author = author;
    this.signer = signer;
  }

  /** The same, as it goes on after what somebody else wrote. */
  Chain(Membership membership, Replica author, NodeKey signer, long sequence, Hash last) {
    this(membership, author, signer);
    this.sequence = sequence;
    this.last = last;
  }

  long sequence() {
    return sequence;
  }

  /** The entry that comes next; the chain goes on from it. */
  Offered next(String document, String text) {
    byte[] bytes = entry(sequence + 1, last, document, text);
    sequence++;
    last = Hash.sha256(bytes);
    return signed(bytes);
  }

  /** An entry of that number on that one before, whatever the chain is at. */
  Offered stray(long number, Hash previous, String document, String text) {
    return signed(entry(number, previous, document, text));
  }

  Hash last() {
    return last;
  }

  private Offered signed(byte[] bytes) {
    return new Offered(bytes, signer.sign(Purpose.ENTRY, Hash.sha256(bytes)));
  }

  private byte[] entry(long number, Hash previous, String document, String text) {
    var body = "{\"text\":\"" + text + "\"}";
    var change = new Change.Put(JsonText.parse(body));
    var operation = new Operation("notes", document, List.of(), List.of(), change);
    var intent =
        new Intent(
            "by-hand-" + document + "-" + text, null, Priority.NORMAL, null, List.of(operation));
    // a stranger names the right of a member, for lack of one
    var authority =
        membership
            .authority(author.node())
            .or(() -> membership.authority(membership.steward()))
            .orElseThrow();
    return EntryCodec.encode(
        new Entry(
            Entry.DATA,
            membership.space(),
            author,
            number,
            System.currentTimeMillis(),
            previous,
            List.of(),
            authority,
            EntryCodec.encode(intent),
            intent));
  }
}
