package com.softadastra.sync.envelope;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.engine.envelope.Contents;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.session.Frame;
import com.softadastra.engine.session.Session;
import com.softadastra.engine.session.SessionHost;
import com.softadastra.engine.space.Membership.Member;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Puts what members lack of one space into envelopes, one after the other, as they are asked for.
 * It leads one side of a session, whose other side is what the member is known to have said last;
 * so it lacks what that statement doesn't cover. Of several members it is what all of them have
 * said; nothing else in the frames depends on who they are for.
 *
 * <p>One thread at a time.
 */
final class Sealer {
  /** Bytes of frames in one envelope, beyond which no further one is put in. */
  static final int FULL_BYTES = 1 << 20;

  /** The same, in frames: a quarter is left for those that it begins with. */
  private static final int MOST_FRAMES = Contents.FRAMES * 3 / 4;

  /** What sealed contents have more than plain ones at most, for one or for several. */
  private static final int MORE_BYTES = Math.max(Sealing.MORE_BYTES, Sealing.BODY_MORE_BYTES);

  private static final Incarnation UNHEARD_OF = Incarnation.of(new byte[Incarnation.BYTES]);

  private final NodeKey key;
  private final SpaceId space;
  private final Stamp stamp;
  private final RandomGenerator random;
  private final Session session;

  // what each envelope begins with
  private final byte[] hello;
  private byte @Nullable [] membership;
  private final List<byte[]> summary = new ArrayList<>();

  private final List<byte[]> frames = new ArrayList<>();
  private int bytes;
  private long batches;

  /** What didn't go into the last one. */
  private byte @Nullable [] left;

  // log positions: up to which is in the envelopes given out, and with the frames gathered since
  private long reached;
  private long gathered;

  private boolean begun;
  private boolean over;

  /**
   * A member that envelopes are for.
   *
   * @param said what it said last; empty where it isn't known to have said anything
   */
  record To(Member member, Optional<Statement> said) {}

  /**
   * What all envelopes have outside.
   *
   * @param made milliseconds since 1970
   * @param expires the same; 0 for never
   * @param passage for relays; null where they go by hand
   */
  record Stamp(Priority priority, long made, long expires, byte @Nullable [] passage) {
    static Stamp byHand(long made) {
      return new Stamp(Priority.NORMAL, made, 0, null);
    }
  }

  /**
   * @param host this node as a session with the first of those members sees it
   * @param to one at least
   */
  Sealer(
      NodeKey key,
      SpaceId space,
      SessionHost host,
      List<To> to,
      Stamp stamp,
      RandomGenerator random) {
    this.key = key;
    this.space = space;
    this.stamp = stamp;
    this.random = random;
    var first = to.getFirst().member().node();
    this.hello = host.hello(first).encode();
    this.session = new Session(first, host);
    var writesAs = to.getFirst().said().map(Statement::by).orElse(new Replica(first, UNHEARD_OF));
    var _ =
        session.take(
            new Frame.Hello(
                Frame.LEAST_VERSION,
                Frame.PARTS_VERSION,
                writesAs,
                0,
                "",
                List.of(),
                List.of(space)));
    var _ = session.take(new Frame.Summary(space, known(host, to), List.of()));
    // so that it is told everyone's statements
    var _ = session.take(new Frame.Heard(space, List.of()));
  }

  /** What each of them has. */
  private List<Frame.Summary.Known> known(SessionHost host, List<To> to) {
    var known = new ArrayList<Frame.Summary.Known>();
    host.chains(space)
        .forEach((chain, head) -> {
          long says = least(to, chain);
          if (says >= head.sequence()) {
            known.add(new Frame.Summary.Known(chain, head.sequence(), head.hash()));
          } else if (says > head.after()) {
            host.hash(space, chain, says)
                .ifPresent(hash -> known.add(new Frame.Summary.Known(chain, says, hash)));
          }
        });
    return known;
  }

  private static long least(List<To> to, Replica chain) {
    return to.stream()
        .mapToLong(each -> each.said().map(it -> it.vector().getOrDefault(chain, 0L)).orElse(0L))
        .min()
        .orElse(0);
  }

  /**
   * The next {@link Contents}; null where there is nothing more. There are some at least.
   *
   * @throws Refused where something can't be read of which nobody knew. What was not put into an
   *     envelope yet is not lost by that: once it is known, the next call passes over it. Also
   *     where entries that belong together, and what goes before them, are more than an envelope
   *     takes
   */
  byte @Nullable [] next() {
    while (!over && left == null) {
      var frame = session.next();
      switch (frame) {
        case null -> end();
        case Frame.SummaryPart _, Frame.Summary _ -> summary.add(frame.encode());
        case Frame.MembershipKnown _ -> {
          if (membership != null) {
            put(frame);
          }
          membership = frame.encode();
        }
        case Frame.Entries _ -> {
          put(frame);
          var _ = session.take(new Frame.Taken(space, ++batches));
        }
        case Frame.Acknowledged _ -> put(frame);
        // there is nobody to hear it
        case Frame.Hello _,
            Frame.Heard _,
            Frame.Taken _,
            Frame.Refusal _,
            Frame.Trace _,
            Frame.Wanted _,
            Frame.Again _,
            Frame.Bye _ -> {}
      }
    }
    return bytes > 0 || !begun ? contents() : null;
  }

  private void end() {
    if (session.isBehind(space)) {
      throw new Refused(
          ProblemCode.UNREADABLE, "the log of this node is damaged where it was not known to be");
    }
    over = true;
    gathered = session.reached(space);
    if (bytes == 0) {
      reached = gathered;
    }
  }

  /**
   * The log position up to which what the member lacks is in the envelopes that were given out, but
   * for what can't be read.
   */
  long reached() {
    return reached;
  }

  /** The log positions of what the member lacks and was left out because it can't be read. */
  Set<Long> withheld() {
    return session.withheld(space);
  }

  private void put(Frame frame) {
    byte[] encoded = frame.encode();
    if (bytes > 0 && (bytes + encoded.length > FULL_BYTES || frames.size() == MOST_FRAMES)) {
      left = encoded;
      return;
    }
    frames.add(encoded);
    bytes += encoded.length;
    gathered = session.reached(space);
  }

  private byte[] contents() {
    var contents = new ArrayList<byte[]>();
    contents.add(hello);
    if (membership != null) {
      contents.add(membership);
    }
    contents.addAll(summary);
    contents.addAll(frames);
    byte[] plain = Contents.encode(contents);
    if (plain.length + MORE_BYTES > Envelope.BYTES || contents.size() > Contents.FRAMES) {
      throw new Refused(
          ProblemCode.DOCUMENT_TOO_LARGE,
          "%d bytes that belong together, and %d that say of what they are: no envelope takes both"
              .formatted(bytes, plain.length - bytes));
    }
    begun = true;
    reached = gathered;
    frames.clear();
    bytes = 0;
    if (left != null) {
      frames.add(left);
      bytes = left.length;
      left = null;
      gathered = session.reached(space);
    }
    return plain;
  }

  /** An envelope for a member alone. */
  Envelope seal(byte[] contents, Member to) {
    var outside = outside(to, null);
    return Envelope.sign(outside, Sealing.seal(to.key(), contents, outside.encode()), key);
  }

  /** An envelope for each of several members, and their body. */
  Envelopes.Made seal(byte[] contents, List<Member> to) {
    var encrypted = Sealing.encrypt(contents, about(key.publicKey(), Envelope.pseudonym(space)));
    var body = Envelope.Body.of(encrypted.bytes());
    var envelopes = to.stream().map(member -> share(encrypted.key(), body, member)).toList();
    return new Envelopes.Made(envelopes, encrypted.bytes());
  }

  private Envelope share(byte[] bodyKey, Envelope.Body body, Member to) {
    var outside = outside(to, body);
    return Envelope.sign(outside, Sealing.seal(to.key(), bodyKey, outside.encode()), key);
  }

  /** What a body is bound to: who sends it, and of which space. */
  static byte[] about(byte[] from, Hash pseudonym) {
    return ByteBuffer.allocate(from.length + Hash.BYTES).put(from).put(pseudonym.bytes()).array();
  }

  private Envelope.Outside outside(Member to, Envelope.@Nullable Body body) {
    byte[] id = new byte[Envelope.ID_BYTES];
    random.nextBytes(id);
    return new Envelope.Outside(
        id,
        to.node(),
        key.publicKey(),
        Envelope.pseudonym(space),
        stamp.priority(),
        stamp.made(),
        stamp.expires(),
        stamp.passage(),
        body);
  }
}
