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
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one member of a space sends to another by way of somebody who may read nothing of it.
 *
 * <pre>
 * envelope = [outside: bytes, sealed: bytes, signature: h'64']   ; the signature is of outside, then sealed
 *          / [outside: bytes, key: h'80', signature: h'64', body: bytes]  ; whole, of what several get
 *          / [outside: bytes, key: h'80', signature: h'64']               ; bare: the same without its body
 * outside  = [1, id: h'16', to: h'32', from: h'32', pseudonym: h'32', priority, made, expires]
 *          / [2, …the same…, passage: h'64']     ; for relays
 *          / [3, …the same…, passage: h'64', body: h'32', bytes]  ; its hash and size
 * </pre>
 *
 * @param outside all that who carries it gets to know, besides its size
 * @param sealed the {@link Contents}, which only the node that it is for can open, and only under
 *     this outside; where it has a body, the key that opens that
 * @param body the {@link Contents} for several nodes, which have envelopes of their own with the
 *     same body; null where it has none, or is bare
 */
public record Envelope(Outside outside, byte[] sealed, byte[] signature, byte @Nullable [] body) {
  /**
   * What is sealed in one envelope, in bytes: room for the largest entry and what goes before it.
   */
  public static final int BYTES = Bounds.ENTRY_BYTES + (4 << 20);

  /** A whole envelope, in bytes. */
  public static final int MOST_BYTES = BYTES + (1 << 10);

  public static final int ID_BYTES = 16;

  /** A sealed key of a body, in bytes. */
  public static final int SEALED_KEY_BYTES = 80;

  private static final int OUTSIDE_BYTES = 256;

  /** How many items an outside has, by its format; 0 is none. */
  private static final List<Integer> ITEMS = List.of(0, 8, 9, 11);

  public Envelope {
    if (body != null && !Body.of(body).equals(outside.body())) {
      throw new Malformed("an envelope with another body than it says");
    }
  }

  /** One without a body, or bare. */
  public Envelope(Outside outside, byte[] sealed, byte[] signature) {
    this(outside, sealed, signature, null);
  }

  /**
   * What an envelope says of its body.
   *
   * @param bytes its size
   */
  public record Body(Hash hash, int bytes) {
    public static Body of(byte[] body) {
      return new Body(Hash.sha256(body), body.length);
    }

    /** The size of a whole envelope that has it, by the size of the bare one. */
    public int with(int bareBytes) {
      // what goes before a string of bytes is the longer the longer that is
      int head = bytes < 24 ? 1 : bytes < 1 << 8 ? 2 : bytes < 1 << 16 ? 3 : 5;
      return bareBytes + head + bytes;
    }
  }

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
   * @param body null where what is sealed is for this node alone; it has a passage else
   */
  public record Outside(
      byte[] id,
      NodeId to,
      byte[] from,
      Hash pseudonym,
      Priority priority,
      long made,
      long expires,
      byte @Nullable [] passage,
      @Nullable Body body) {
    /** Of one that has no body. */
    public Outside(
        byte[] id,
        NodeId to,
        byte[] from,
        Hash pseudonym,
        Priority priority,
        long made,
        long expires,
        byte @Nullable [] passage) {
      this(id, to, from, pseudonym, priority, made, expires, passage, null);
    }

    public NodeId sender() {
      return Signatures.nodeId(from);
    }

    /** What the sealed bytes are bound to. */
    public byte[] encode() {
      var out =
          new CborWriter(OUTSIDE_BYTES)
              .array(ITEMS.get(format()))
              .unsigned(format())
              .bytes(id)
              .bytes(to.hash().bytes())
              .bytes(from)
              .bytes(pseudonym.bytes())
              .unsigned(priority.ordinal())
              .unsigned(made)
              .unsigned(expires);
      if (passage != null) {
        out.bytes(passage);
        if (body != null) {
          out.bytes(body.hash().bytes()).unsigned(body.bytes());
        }
      }
      return out.toByteArray();
    }

    private int format() {
      if (passage == null) {
        return 1;
      }
      return body == null ? 2 : 3;
    }

    private static Outside decode(byte[] bytes) {
      var in = new CborReader(bytes);
      int items = in.array(8, 11);
      int format = in.unsigned(ITEMS.size() - 1);
      if (items != ITEMS.get(format)) {
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
              format > 1 ? in.bytesExactly(Signatures.BYTES) : null,
              format > 2
                  ? new Body(Hash.of(in.bytesExactly(Hash.BYTES)), in.unsigned(BYTES))
                  : null);
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

  /** What a custody receipt says which envelope it is for; it says which body, too. */
  public Hash hash() {
    return Hash.sha256(bare().encode());
  }

  /** Whether its body isn't with it. */
  public boolean isBare() {
    return outside.body() != null && body == null;
  }

  /** The same without its body. */
  public Envelope bare() {
    return body == null ? this : new Envelope(outside, sealed, signature);
  }

  /**
   * The same with its body.
   *
   * @throws Malformed where it is another's
   */
  public Envelope with(byte[] itsBody) {
    return new Envelope(outside, sealed, signature, itsBody);
  }

  private static Hash hash(Outside outside, byte[] sealed) {
    return Hash.sha256(outside.encode(), sealed);
  }

  public byte[] encode() {
    int more = body == null ? 0 : body.length;
    var out =
        new CborWriter(OUTSIDE_BYTES + sealed.length + Signatures.BYTES + more)
            .array(body == null ? 3 : 4)
            .bytes(outside.encode())
            .bytes(sealed)
            .bytes(signature);
    return (body == null ? out : out.bytes(body)).toByteArray();
  }

  /**
   * @throws Malformed where the bytes are no envelope, or beyond the bounds
   */
  public static Envelope decode(byte[] bytes) {
    var in = new CborReader(bytes);
    int items = in.array(3, 4);
    var outside = Outside.decode(in.bytes(OUTSIDE_BYTES));
    var envelope =
        new Envelope(
            outside,
            outside.body() == null ? in.bytes(BYTES) : in.bytesExactly(SEALED_KEY_BYTES),
            in.bytesExactly(Signatures.BYTES),
            items == 4 ? in.bytes(BYTES) : null);
    in.end();
    return envelope;
  }
}
