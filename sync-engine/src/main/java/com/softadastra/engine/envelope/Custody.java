package com.softadastra.engine.envelope;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.engine.cbor.CborReader;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.cbor.CborWriter;
import com.softadastra.engine.log.Signatures;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.log.Signatures.Purpose;

/**
 * What a relay says of an envelope that it has forced to its disk.
 *
 * <pre>
 * custody = [1, id: h'16', to: h'32', envelope: h'32', at]
 * </pre>
 *
 * It is signed with the key of the relay's mailboxes, which is drawn when they are made, and which
 * the relay's own key certifies ({@link #certify}). A relay that has lost its mailboxes has another
 * one, so what was in custody under the first is known to be lost.
 *
 * @param id of the envelope
 * @param envelope its {@link Envelope#hash}
 * @param at by the relay's clock, milliseconds since 1970
 */
public record Custody(byte[] id, NodeId to, Hash envelope, long at) {
  /** A custody receipt's bytes with its signature. */
  public record Signed(byte[] bytes, byte[] signature) {
    /**
     * @param mailboxes the key that is to have signed it
     * @throws Malformed where it hasn't, or the bytes say nothing
     */
    public Custody verified(byte[] mailboxes) {
      if (!Signatures.verify(Purpose.CUSTODY, Hash.sha256(bytes), signature, mailboxes)) {
        throw new Malformed("a custody receipt with a wrong signature");
      }
      return decode(bytes);
    }
  }

  public Signed sign(NodeKey mailboxes) {
    byte[] bytes = encode();
    return new Signed(bytes, mailboxes.sign(Purpose.CUSTODY, Hash.sha256(bytes)));
  }

  /** With the relay's own key: that these are its mailboxes. */
  public static byte[] certify(byte[] mailboxes, NodeKey relay) {
    return relay.sign(Purpose.MAILBOX, Hash.sha256(mailboxes));
  }

  /** Whether a relay has certified this key. */
  public static boolean certifies(byte[] certificate, byte[] mailboxes, byte[] relay) {
    return Signatures.verify(Purpose.MAILBOX, Hash.sha256(mailboxes), certificate, relay);
  }

  private byte[] encode() {
    return new CborWriter(128)
        .array(5)
        .unsigned(1)
        .bytes(id)
        .bytes(to.hash().bytes())
        .bytes(envelope.bytes())
        .unsigned(at)
        .toByteArray();
  }

  private static Custody decode(byte[] bytes) {
    var in = new CborReader(bytes);
    in.array(5, 5);
    if (in.unsigned() != 1) {
      throw new Malformed("another custody format");
    }
    var custody =
        new Custody(
            in.bytesExactly(Envelope.ID_BYTES),
            new NodeId(Hash.of(in.bytesExactly(Hash.BYTES))),
            Hash.of(in.bytesExactly(Hash.BYTES)),
            in.unsigned());
    in.end();
    return custody;
  }
}
