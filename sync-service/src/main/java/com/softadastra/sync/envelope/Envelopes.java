package com.softadastra.sync.envelope;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.time.Serial;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.envelope.Contents;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.Passage;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.session.Frame;
import com.softadastra.engine.session.Session;
import com.softadastra.engine.space.Membership;
import com.softadastra.sync.peer.Exchanges;
import com.softadastra.sync.storage.DamagedEntry;
import com.softadastra.sync.storage.Recording;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes envelopes for members, and takes in what is in those for this node. What an envelope brings
 * is checked and judged as on a connection; by what way it came, how late, in which order and how
 * often doesn't matter.
 *
 * <p>Any thread may use it.
 */
public final class Envelopes {
  private static final String DETACHED =
      "what it follows on is not here: take in first what was made before; where that is no help,"
          + " both need all that the other has (all=true, --all)";

  private final Recording recording;
  private final Exchanges exchanges;
  private final NodeKey key;
  private final Surroundings surroundings;

  /**
   * What came of an envelope.
   *
   * @param entries that it had, those included that were here already
   * @param refused authors of whom it had entries that were not taken, with the reasons: they are
   *     not genuine, or follow on something that isn't here
   */
  public record Opened(NodeId from, SpaceId space, int entries, Map<Replica, String> refused) {
    public Opened {
      refused = Map.copyOf(refused);
    }
  }

  /**
   * Envelopes that say the same to several members, each to one.
   *
   * @param body what they have in common, and they are bare; null where it is one envelope without
   */
  public record Made(List<Envelope> envelopes, byte @Nullable [] body) {
    public Made {
      envelopes = List.copyOf(envelopes);
    }

    /** The one for a member. */
    public Envelope to(NodeId member) {
      return envelopes.stream()
          .filter(envelope -> envelope.outside().to().equals(member))
          .findFirst()
          .orElseThrow();
    }
  }

  public Envelopes(
      Recording recording, Exchanges exchanges, NodeKey key, Surroundings surroundings) {
    this.recording = recording;
    this.exchanges = exchanges;
    this.key = key;
    this.surroundings = surroundings;
  }

  /** This node. */
  public NodeId node() {
    return key.nodeId();
  }

  /** The spaces that this node and another are members of, by their ids. */
  public List<SpaceId> spacesWith(NodeId member) {
    return recording.views().values().stream()
        .filter(view -> view.membership().member(member).isPresent())
        .map(view -> view.membership().space())
        .sorted()
        .toList();
  }

  /**
   * What a member lacks of a space, as far as is known here, and what others say to have of it.
   *
   * @throws Refused where it is no member
   */
  public Sealed seal(SpaceId space, NodeId to) {
    return seal(space, Map.of(to, said(space, to)), 0, Set.of(), Sealer.Stamp.byHand(now()));
  }

  /**
   * What members lack of a space, for a relay.
   *
   * @param to what each of them said last
   * @param after what the log has up to this position is with the relay already
   * @param had log positions of entries that can't be read here, and that each of them has or the
   *     relay has for it
   * @param life how long it is to be kept there
   * @throws Refused where one is no member
   */
  public Sealed sealForRelay(
      SpaceId space,
      Map<NodeId, Optional<Statement>> to,
      long after,
      Set<Long> had,
      Duration life) {
    var priority =
        recording.view(space).map(view -> view.urgency().beyond(after)).orElse(Priority.NORMAL);
    long made = now();
    var stamp =
        new Sealer.Stamp(priority, made, made + life.toMillis(), Passage.sign(space, key.nodeId()));
    return seal(space, to, after, had, stamp);
  }

  /** What a member said last of what it has. */
  public Optional<Statement> said(SpaceId space, NodeId member) {
    return recording.ledger().by(space, member).map(known -> known.statement());
  }

  private long now() {
    return Math.max(0, surroundings.clock().millis());
  }

  /**
   * All that is known of a space, whatever the member has said to have. What it says are numbers:
   * of two that have gone on otherwise each takes the other to have its own.
   *
   * @throws Refused where it is no member
   */
  public Sealed sealAll(SpaceId space, NodeId to) {
    return seal(space, Map.of(to, Optional.empty()), 0, Set.of(), Sealer.Stamp.byHand(now()));
  }

  private Sealed seal(
      SpaceId space,
      Map<NodeId, Optional<Statement>> to,
      long after,
      Set<Long> had,
      Sealer.Stamp stamp) {
    // in one order, so that a simulation seals the same again
    var members =
        new TreeMap<>(to)
            .entrySet().stream()
                .map(each -> new Sealer.To(member(space, each.getKey()), each.getValue()))
                .toList();
    var host = exchanges.carriedTo(members.getFirst().member().node(), space, after, had);
    return new Sealed(
        members.stream().map(Sealer.To::member).toList(),
        had,
        new Sealer(key, space, host, members, stamp, surroundings.random()));
  }

  private Membership.Member member(SpaceId space, NodeId node) {
    return recording
        .view(space)
        .flatMap(view -> view.membership().member(node))
        .orElseThrow(() -> new Refused(ProblemCode.PEER_UNKNOWN, node + " is no member"));
  }

  /**
   * Envelopes, each made when it is asked for; there is one at least, for each member that they are
   * for. Where that is {@link Refused} as unreadable, it goes on behind what can't be read once
   * that is among {@link #damaged}.
   *
   * <p>One thread at a time.
   */
  public final class Sealed implements Iterator<Envelope> {
    private final List<Membership.Member> to;
    private final Set<Long> had;
    private final Sealer sealer;
    private byte @Nullable [] next;

    private Sealed(List<Membership.Member> to, Set<Long> had, Sealer sealer) {
      this.to = to;
      this.had = had;
      this.sealer = sealer;
    }

    @Override
    public boolean hasNext() {
      if (next == null) {
        next = sealer.next();
      }
      return next != null;
    }

    /** For the first of the members; where they are several, {@link #nextFor} is meant. */
    @Override
    public Envelope next() {
      return sealer.seal(contents(), to.getFirst());
    }

    /**
     * One for each of some of the members, with one body where they are several.
     *
     * @param nodes one at least
     */
    public Made nextFor(Set<NodeId> nodes) {
      var members = to.stream().filter(member -> nodes.contains(member.node())).toList();
      return members.size() == 1
          ? new Made(List.of(sealer.seal(contents(), members.getFirst())), null)
          : sealer.seal(contents(), members);
    }

    private byte[] contents() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      byte[] contents = Objects.requireNonNull(next);
      next = null;
      return contents;
    }

    /**
     * The log position up to which what the members lack is in the envelopes that {@link #next}
     * gave; ask before {@link #hasNext} makes another.
     */
    public long reached() {
      return sealer.reached();
    }

    /** Whether something was left out because it can't be read here; known in the end. */
    public boolean lacks() {
      return !lacking().isEmpty();
    }

    /**
     * The log positions at which something was left out because it can't be read here; what follows
     * on it may be left out too. Known in the end.
     */
    public Set<Long> lacking() {
      var unknown =
          recording.damaged().stream()
              .filter(entry -> entry.place() == null)
              .map(DamagedEntry::position)
              .filter(position -> !had.contains(position));
      return Stream.concat(sealer.withheld().stream(), unknown).collect(Collectors.toSet());
    }
  }

  /**
   * Completes with the entries that can't be read, all those among them that were met until now.
   */
  CompletionStage<List<DamagedEntry>> damaged(SpaceId space) {
    // a group commit looks at them
    return recording.mend(space, List.of()).thenApply(_ -> recording.damaged());
  }

  /**
   * Takes in what is in an envelope; completes when that is forced. Fails with {@link Malformed}
   * where it is not for this node, or not as its sender made it, and with {@link Refused} where
   * this node has not its space.
   */
  public CompletionStage<Opened> open(Envelope envelope) {
    var outside = envelope.outside();
    try {
      var frames = read(envelope, key);
      var space = space(outside);
      if (space.isEmpty()) {
        throw new Refused(
            ProblemCode.SPACE_UNKNOWN, "the envelope is about a space that this node has not");
      }
      return new Opening(outside.sender(), space.get(), frames).done;
    } catch (Malformed | Refused e) {
      return CompletableFuture.failedStage(e);
    }
  }

  /**
   * What is in an envelope.
   *
   * @param key of the node that it is for
   * @throws Malformed where it is for another, or not as its sender made it
   */
  public static List<Frame> read(Envelope envelope, NodeKey key) {
    var outside = envelope.outside();
    if (!outside.to().equals(key.nodeId())) {
      throw new Malformed("an envelope for another node, " + outside.to());
    }
    if (!envelope.isGenuine()) {
      throw new Malformed("an envelope with a wrong signature");
    }
    return Contents.decode(plain(envelope, key)).stream().map(Frame::decode).toList();
  }

  private static byte[] plain(Envelope envelope, NodeKey key) {
    var outside = envelope.outside();
    byte[] sealed = Sealing.open(key, envelope.sealed(), outside.encode());
    if (outside.body() == null) {
      return sealed;
    }
    byte[] body = envelope.body();
    if (body == null) {
      throw new Malformed("an envelope without its body");
    }
    return Sealing.decrypt(sealed, body, Sealer.about(outside.from(), outside.pseudonym()));
  }

  private Optional<SpaceId> space(Envelope.Outside outside) {
    return recording.views().keySet().stream()
        .filter(space -> Envelope.pseudonym(space).equals(outside.pseudonym()))
        .findFirst();
  }

  /** The frames of an envelope, handed to a session one after the other. */
  private final class Opening {
    final CompletableFuture<Opened> done = new CompletableFuture<>();
    private final NodeId from;
    private final SpaceId space;
    private final Iterator<Frame> frames;
    private final Serial steps = new Serial(surroundings.schedule());
    private final Session session;
    private final Map<Replica, String> refused = new TreeMap<>();
    private int entries;

    Opening(NodeId from, SpaceId space, List<Frame> frames) {
      this.from = from;
      this.space = space;
      this.frames = frames.iterator();
      this.session = new Session(from, exchanges.carriedFrom(from, space, steps));
      steps.execute(this::step);
    }

    private void step() {
      try {
        hear();
        if (!frames.hasNext()) {
          requireMember();
          finish();
          return;
        }
        var frame = admitted(frames.next());
        if (!(frame instanceof Frame.Hello || frame instanceof Frame.MembershipKnown)) {
          requireMember();
        }
        var received = session.take(frame);
        var stored = received.stored();
        var _ =
            received
                .next()
                .thenCompose(_ -> stored)
                .whenComplete((_, failure) ->
                    steps.execute(failure == null ? this::step : () -> fail(failure)));
      } catch (RuntimeException e) {
        fail(e);
      }
    }

    /** It may be one by what the envelope brings. */
    private void requireMember() {
      if (recording.view(space).flatMap(view -> view.membership().member(from)).isEmpty()) {
        throw new Malformed("an envelope of " + from + ", which is no member");
      }
    }

    /** Nobody waits for statements: what is handed in behind them is forced when they are. */
    private void finish() {
      var _ =
          recording
              .administer(() -> true)
              .whenComplete((_, failure) -> {
                if (failure == null) {
                  done.complete(new Opened(from, space, entries, refused));
                } else {
                  fail(failure);
                }
              });
    }

    private Frame admitted(Frame frame) {
      var about =
          switch (frame) {
            case Frame.Hello _ -> space;
            case Frame.MembershipKnown known -> known.space();
            case Frame.SummaryPart part -> part.space();
            case Frame.Summary summary -> summary.space();
            case Frame.Acknowledged acknowledged -> acknowledged.space();
            case Frame.Entries batch -> {
              entries += batch.batch().size();
              yield batch.space();
            }
            case Frame.Heard _,
                Frame.Taken _,
                Frame.Refusal _,
                Frame.Trace _,
                Frame.Wanted _,
                Frame.Again _,
                Frame.Bye _ ->
                throw new Malformed("a frame that no envelope has");
          };
      if (!about.equals(space)) {
        throw new Malformed("an envelope about another space than it says");
      }
      return frame;
    }

    /** What the session has to say, nobody hears; but what it doesn't take is told. */
    private void hear() {
      for (var frame = session.next(); frame != null; frame = session.next()) {
        switch (frame) {
          case Frame.Refusal(_, var author, var reason) -> refused.put(author, reason);
          case Frame.Trace(_, var chain, _) -> refused.putIfAbsent(chain, DETACHED);
          case Frame.Hello _,
              Frame.MembershipKnown _,
              Frame.SummaryPart _,
              Frame.Summary _,
              Frame.Entries _,
              Frame.Acknowledged _,
              Frame.Bye _,
              Frame.Taken _,
              Frame.Heard _,
              Frame.Wanted _,
              Frame.Again _ -> {}
        }
      }
    }

    private void fail(Throwable failure) {
      done.completeExceptionally(
          failure instanceof CompletionException && failure.getCause() != null
              ? failure.getCause()
              : failure);
    }
  }
}
