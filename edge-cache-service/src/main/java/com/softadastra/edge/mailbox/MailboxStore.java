package com.softadastra.edge.mailbox;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.log.Signatures.NodeKey;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Envelopes by destination, on a disk. Changes happen one after the other; each completes a future
 * when it is forced, in the same order and on one thread: what depends on a future before it is
 * handed over here sees that order. Any thread may use it; it waits for the disk.
 */
public interface MailboxStore extends SiblingStore, AutoCloseable {
  /** What signs custody receipts, drawn when the store was made. */
  NodeKey key();

  /**
   * Keeps envelopes. One that is here already stays as it is, and is answered as it was. What
   * another relay brings isn't taken again once it is {@link Gone}. A body is kept once, as long as
   * an envelope has it.
   *
   * @param envelopes that came together, one at least; of several all have the same body
   * @param forced what became of each, in their order
   */
  void put(List<Arrived> envelopes, CompletableFuture<List<Put>> forced);

  /** The same with one. */
  default void put(Arrived envelope, CompletableFuture<Put> forced) {
    var all = new CompletableFuture<List<Put>>();
    var _ =
        all.whenComplete((puts, failure) -> {
          if (failure == null) {
            forced.complete(puts.getFirst());
          } else {
            forced.completeExceptionally(failure);
          }
        });
    put(List.of(envelope), all);
  }

  /**
   * What would become of an envelope that another relay has; nothing changes.
   *
   * @param forced empty where it would be kept
   */
  void look(Offered envelope, CompletableFuture<Optional<Put>> forced);

  /**
   * Drops what its destination has. Where other relays of the space may bring it, it is remembered
   * as gone until it would have lapsed.
   *
   * @param forced what that leaves of its sender's; empty where it was not here for that node
   */
  void taken(NodeId destination, UUID id, CompletableFuture<Optional<Pile>> forced);

  /**
   * Drops what its destination has, as another relay says; as {@link #taken} else.
   *
   * @param pseudonyms of the spaces of which that one may say so
   */
  void gone(UUID id, Set<Hash> pseudonyms, CompletableFuture<Optional<Pile>> forced);

  /** What a node has here, of all that was changed before. */
  void account(NodeId node, CompletableFuture<Account> forced);

  /**
   * Drops what is expired, and remembers for its senders how much that was; not of what a relay
   * brought, as that relay has it still. Forgets what was gone.
   *
   * @param most envelopes at once
   */
  void lapse(Instant now, int most, CompletableFuture<List<Pile>> forced);

  /** A sender was told of that many envelopes that lapsed. */
  void told(Pile pile);

  /**
   * What is here for a node: urgent ones first, then in the order in which they came. One that is
   * urgent makes those before it of the same sender and space so too, as it follows on them.
   *
   * @param most of them, the first
   */
  List<Waiting> waiting(NodeId destination, int most);

  /** An envelope's bytes, with its body; empty where it is here no longer. */
  Optional<byte[]> read(Waiting envelope);

  /** The same without its body. */
  Optional<byte[]> readBare(Waiting envelope);

  /**
   * What is here of a space for a node, in the order in which it came.
   *
   * @param after the number after which to begin
   * @param most of them
   */
  List<Held> held(Hash pseudonym, NodeId destination, long after, int most);

  /** What a relay has brought here, in the order in which it came; as {@link #held} else. */
  List<Held> brought(NodeId relay, long after, int most);

  /**
   * Mailboxes in the order of their nodes' ids.
   *
   * @param after the node after which to begin
   * @param most of them
   */
  List<Mailbox> mailboxes(@Nullable NodeId after, int most);

  Totals totals();

  /** What has not been forced by then fails. */
  @Override
  void close();

  /** Receipts that a {@link Mailbox} shows. */
  int RECEIPTS = 10;

  /** Piles that one sender may have, as a welcome has to name them all. */
  int PILES = 65_536;

  /**
   * An envelope that has come.
   *
   * @param by the relay that brought it; the sender where that did
   * @param expires when it lapses
   * @param hash of its bytes
   * @param bytes without its body
   * @param body null where it has none
   * @param content the body; null where it has none, or came bare
   */
  record Arrived(
      UUID id,
      NodeId sender,
      Hash pseudonym,
      NodeId destination,
      NodeId by,
      Priority priority,
      Instant at,
      Instant expires,
      Hash hash,
      byte[] bytes,
      Envelope.@Nullable Body body,
      byte @Nullable [] content) {
    /** Of one with its body, as often as there are envelopes that have it. */
    public int size() {
      return body == null ? bytes.length : body.with(bytes.length);
    }

    /** The same without its body. */
    public Arrived bare() {
      return new Arrived(
          id, sender, pseudonym, destination, by, priority, at, expires, hash, bytes, body, null);
    }
  }

  /** An envelope that another relay has. */
  record Offered(UUID id, Hash hash, NodeId sender, NodeId destination, int bytes) {}

  /** What became of an envelope that came. */
  sealed interface Put {}

  /**
   * It is here, and forced.
   *
   * @param at since when
   */
  record Kept(Instant at) implements Put {}

  /** It was here, and its destination has it. */
  record Gone() implements Put {}

  /** It isn't kept: it came without its body, and that isn't here. */
  record Bodiless() implements Put {}

  /** It isn't kept, and nothing has changed. */
  record Refused(Why why) implements Put {}

  /** Why an envelope isn't kept. */
  enum Why {
    OTHER_BYTES("another envelope with this id is here", false),
    SENDER_QUOTA("the sender's quota is used up", true),
    SENDER_DESTINATIONS("the sender has envelopes for too many destinations", true),
    DESTINATION_QUOTA("the destination's quota is used up", true),
    TOTAL_QUOTA("the mailboxes are full", true),
    DISK("the relay's disk is nearly full", true),
    UNREADABLE("what the relay has of it can't be read", true);

    private final String reason;
    private final boolean passing;

    Why(String reason, boolean passing) {
      this.reason = reason;
      this.passing = passing;
    }

    String reason() {
      return reason;
    }

    /** Whether it may be otherwise later. */
    boolean isPassing() {
      return passing;
    }
  }

  /**
   * What a sender has here for one destination, of one space.
   *
   * @param by the relay that brought it; the sender where that did
   * @param lapsed of them, that it was not told of
   */
  record Pile(
      NodeId sender, Hash pseudonym, NodeId destination, NodeId by, long envelopes, long lapsed) {
    /** Whether its sender brought it, and is told what becomes of it. */
    public boolean isOfSender() {
      return by.equals(sender);
    }
  }

  /**
   * @param piles of the node's own envelopes that it has brought itself
   * @param mail whether there are some for it
   */
  record Account(List<Pile> piles, boolean mail) {
    public Account {
      piles = List.copyOf(piles);
    }
  }

  /**
   * An envelope that waits for its destination.
   *
   * @param number its own
   * @param bytes with its body
   */
  record Waiting(long number, UUID id, int bytes) {}

  /**
   * An envelope that may be passed to another relay.
   *
   * @param by the relay that brought it; the sender where that did
   * @param body by its hash; null where it has none
   */
  record Held(
      Waiting envelope,
      Hash hash,
      NodeId sender,
      Hash pseudonym,
      NodeId destination,
      NodeId by,
      Instant expires,
      @Nullable Hash body) {}

  /**
   * What is here for a node.
   *
   * @param oldest since when the first of them is here
   * @param last those that came last, the last first, {@value RECEIPTS} at most
   */
  record Mailbox(NodeId node, long envelopes, long bytes, Instant oldest, List<InCustody> last) {
    public Mailbox {
      last = List.copyOf(last);
    }
  }

  /** What a receipt is given for. */
  record InCustody(UUID id, NodeId sender, Hash hash, Instant at, Instant expires) {}

  /**
   * What is here in all.
   *
   * @param bytes of envelopes, each with its body
   * @param bodies that envelopes share, or could
   */
  record Totals(long envelopes, long bytes, long bodies) {}
}
