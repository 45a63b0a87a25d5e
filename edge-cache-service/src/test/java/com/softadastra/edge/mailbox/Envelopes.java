package com.softadastra.edge.mailbox;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.edge.mailbox.MailboxStore.Arrived;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.Passage;
import com.softadastra.engine.log.Signatures.NodeKey;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;

/** Nodes, a space and what they send each other. */
public final class Envelopes {
  public static final SpaceId SPACE =
      new SpaceId(Hash.sha256("space".getBytes(StandardCharsets.UTF_8)));
  public static final Hash PSEUDONYM = Envelope.pseudonym(SPACE);
  public static final NodeKey ANN = key(1);
  public static final NodeKey BOB = key(2);
  public static final NodeKey CAT = key(3);
  public static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private Envelopes() {}

  public static NodeKey key(int number) {
    byte[] seed = new byte[NodeKey.SEED_BYTES];
    Arrays.fill(seed, (byte) number);
    return new NodeKey(seed);
  }

  public static byte[] id(long number) {
    return Arrays.copyOf(
        Hash.sha256(Long.toString(number).getBytes(StandardCharsets.UTF_8)).bytes(), 16);
  }

  /** Sealed bytes are not looked into here. */
  public static Envelope envelope(
      NodeKey from, NodeKey to, long number, Priority priority, long expires, int bytes) {
    byte[] sealed = new byte[bytes];
    Arrays.fill(sealed, (byte) number);
    var outside =
        new Envelope.Outside(
            id(number),
            to.nodeId(),
            from.publicKey(),
            PSEUDONYM,
            priority,
            START.toEpochMilli(),
            expires,
            Passage.sign(SPACE, from.nodeId()));
    return Envelope.sign(outside, sealed, from);
  }

  /** One with a body; the sealed key is not looked into here. */
  public static Envelope sharing(NodeKey from, NodeKey to, long number, byte[] body) {
    var outside =
        new Envelope.Outside(
            id(number),
            to.nodeId(),
            from.publicKey(),
            PSEUDONYM,
            Priority.NORMAL,
            START.toEpochMilli(),
            0,
            Passage.sign(SPACE, from.nodeId()),
            Envelope.Body.of(body));
    return Envelope.sign(outside, new byte[Envelope.SEALED_KEY_BYTES], from).with(body);
  }

  public static byte[] body(int number, int bytes) {
    byte[] body = new byte[bytes];
    Arrays.fill(body, (byte) number);
    return body;
  }

  /** A whole envelope with a body, as it comes by its sender. */
  public static Arrived arrived(Envelope envelope, Instant at, Instant expires) {
    var outside = envelope.outside();
    byte[] bare = envelope.bare().encode();
    return new Arrived(
        EnvelopeIds.of(outside.id()),
        outside.sender(),
        outside.pseudonym(),
        outside.to(),
        outside.sender(),
        outside.priority(),
        at,
        expires,
        envelope.hash(),
        bare,
        outside.body(),
        envelope.body());
  }

  public static Envelope envelope(NodeKey from, NodeKey to, long number) {
    return envelope(from, to, number, Priority.NORMAL, 0, 100);
  }

  /** One that nobody has to verify. */
  public static Arrived arrived(
      NodeKey from, NodeKey to, long number, Priority priority, Instant expires, int bytes) {
    byte[] sealed = new byte[bytes];
    Arrays.fill(sealed, (byte) number);
    return new Arrived(
        EnvelopeIds.of(id(number)),
        from.nodeId(),
        PSEUDONYM,
        to.nodeId(),
        from.nodeId(),
        priority,
        START.plusSeconds(number),
        expires,
        Hash.sha256(sealed),
        sealed,
        null,
        null);
  }

  public static Arrived arrived(NodeKey from, NodeKey to, long number) {
    return arrived(from, to, number, Priority.NORMAL, START.plusSeconds(1_000_000), 100);
  }

  /** The same, brought by a relay. */
  public static Arrived by(NodeKey relay, Arrived envelope) {
    return new Arrived(
        envelope.id(),
        envelope.sender(),
        envelope.pseudonym(),
        envelope.destination(),
        relay.nodeId(),
        envelope.priority(),
        envelope.at(),
        envelope.expires(),
        envelope.hash(),
        envelope.bytes(),
        envelope.body(),
        envelope.content());
  }

  static NodeId node(NodeKey key) {
    return key.nodeId();
  }
}
