package com.softadastra.engine.envelope;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.engine.cbor.CborReader;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.cbor.CborWriter;
import com.softadastra.engine.log.Bounds;
import com.softadastra.engine.log.Signatures;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.log.Signatures.Purpose;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What one member of a space sends to another by way of somebody who may read nothing of it.
 *
 * <pre>
 * envelope = [outside: bytes, sealed: bytes, signature: h'64']   ; the signature is of outside, then sealed
 * outside  = [1, id: h'16', to: h'32', from: h'32', pseudonym: h'32', priority, made, expires]
 *          / [2, …the same…, passage: h'64']     ; for relays
 * </pre>
 *
 * @param outside all that who carries it gets to know, besides its size
 * @param sealed the {@link Contents}, which only the node that it is for can open, and only under
 *     this outside
 */
public record Envelope(Outside outside, byte[] sealed, byte[] signature) {
  /**
   * What is sealed in one envelope, in bytes: room for the largest entry and what goes before it.
   */
  public static final int BYTES = Bounds.ENTRY_BYTES + (4 << 20);

  /** A whole envelope, in bytes. */
  public static final int MOST_BYTES = BYTES + (1 << 10);

  public static final int ID_BYTES = 16;
  private static final int OUTSIDE_BYTES = 256;

  /**
   * What stands on an envelope.
   *
   * @param id random; two envelopes with the same id are the same
   * @param to whose it is
   * @param from the public key of the node that made it
   * @param pseudonym of the space: {@link #pseudonym}
   * @param made by the clock of the node that made it, milliseconds since 1970
   * @param expires when nobody needs to keep it any longer, by the same clock; 0 for never
   * @param passage that the sender may use the space's relays: {@link Passage}; null where it goes
   *     by hand
   */
  public record Outside(
      byte[] id,
      NodeId to,
      byte[] from,
      Hash pseudonym,
      Priority priority,
      long made,
      long expires,
      byte @Nullable [] passage) {
    public NodeId sender() {
      return Signatures.nodeId(from);
    }

    /** What the sealed bytes are bound to. */
    public byte[] encode() {
      var out =
          new CborWriter(OUTSIDE_BYTES)
              .array(passage == null ? 8 : 9)
              .unsigned(passage == null ? 1 : 2)
              .bytes(id)
              .bytes(to.hash().bytes())
              .bytes(from)
              .bytes(pseudonym.bytes())
              .unsigned(priority.ordinal())
              .unsigned(made)
              .unsigned(expires);
      return (passage == null ? out : out.bytes(passage)).toByteArray();
    }

    private static Outside decode(byte[] bytes) {
      var in = new CborReader(bytes);
      int items = in.array(8, 9);
      if (in.unsigned() != items - 7) {
        throw new Malformed("another envelope format");
      }
      var outside =
          new Outside(
              in.bytesExactly(ID_BYTES),
              new NodeId(Hash.of(in.bytesExactly(Hash.BYTES))),
              in.bytesExactly(Signatures.KEY_BYTES),
              Hash.of(in.bytesExactly(Hash.BYTES)),
              Priority.values()[in.unsigned(Priority.values().length - 1)],
              in.unsigned(),
              in.unsigned(),
              items == 9 ? in.bytesExactly(Signatures.BYTES) : null);
      in.end();
      return outside;
    }
  }

  /**
   * A space's name on envelopes. Whoever knows the space can tell it; nobody can find the space by
   * it.
   */
  public static Hash pseudonym(SpaceId space) {
    return Hash.sha256(
        "softadastra.pseudonym.1".getBytes(StandardCharsets.US_ASCII), space.hash().bytes());
  }

  /**
   * @param key of the node that makes it
   */
  public static Envelope sign(Outside outside, byte[] sealed, NodeKey key) {
    return new Envelope(outside, sealed, key.sign(Purpose.ENVELOPE, hash(outside, sealed)));
  }

  /** Whether the node that it says to be from has made it as it is. */
  public boolean isGenuine() {
    return Signatures.verify(Purpose.ENVELOPE, hash(outside, sealed), signature, outside.from());
  }

  /** What a custody receipt says which envelope it is for. */
  public Hash hash() {
    return Hash.sha256(encode());
  }

  private static Hash hash(Outside outside, byte[] sealed) {
    return Hash.sha256(outside.encode(), sealed);
  }

  public byte[] encode() {
    return new CborWriter(OUTSIDE_BYTES + sealed.length + Signatures.BYTES)
        .array(3)
        .bytes(outside.encode())
        .bytes(sealed)
        .bytes(signature)
        .toByteArray();
  }

  /**
   * @throws Malformed where the bytes are no envelope, or beyond the bounds
   */
  public static Envelope decode(byte[] bytes) {
    var in = new CborReader(bytes);
    in.array(3, 3);
    var outside = Outside.decode(in.bytes(OUTSIDE_BYTES));
    var envelope = new Envelope(outside, in.bytes(BYTES), in.bytesExactly(Signatures.BYTES));
    in.end();
    return envelope;
  }
}
