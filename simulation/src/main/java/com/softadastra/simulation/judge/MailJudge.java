package com.softadastra.simulation.judge;

import static com.softadastra.simulation.judge.Invariant.CUSTODY;
import static com.softadastra.simulation.judge.Invariant.ENVELOPES;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.session.Frame;
import com.softadastra.sync.storage.Recording;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Judges envelopes, whoever carries them, and what relays answer for. */
final class MailJudge {
  private final Evidence evidence;
  private final LogJudge log;
  private final Consumer<Watched> look;

  /**
   * @param look looks at a node anew
   */
  MailJudge(Evidence evidence, LogJudge log, Consumer<Watched> look) {
    this.evidence = evidence;
    this.log = log;
    this.look = look;
  }

  /**
   * A node has put frames into an envelope.
   *
   * @return the entries of the space that it has now
   */
  Set<Hash> sealed(int place, SpaceId space, List<Frame> frames) {
    var node = evidence.watched(place);
    frames.forEach(frame -> log.isForced(node, frame));
    var known = node.shadow.spaces.get(space);
    return known == null ? Set.of() : Set.copyOf(known.has);
  }

  /** Everything that one node had then has come to another, as it was sent and in that order. */
  void brought(int place, SpaceId space, Set<Hash> had) {
    var node = evidence.watched(place);
    var known = node.shadow.spaces.get(space);
    long missing = had.stream().filter(hash -> known == null || !known.has.contains(hash)).count();
    if (missing > 0) {
      evidence.broken(
          ENVELOPES,
          node.name + " lacks " + missing + " entries of those that envelopes brought it");
    }
  }

  /** A node gives the relay an envelope for a member. */
  void given(int place, SpaceId space, NodeId to, byte[] id, List<Frame> frames) {
    var node = evidence.watched(place);
    var entries = new LinkedHashSet<Hash>();
    for (var frame : frames) {
      log.isForced(node, frame);
      if (frame instanceof Frame.Entries(_, var batch)) {
        batch.forEach(offered -> entries.add(Hash.sha256(offered.bytes())));
      }
    }
    evidence.letters.given(
        id, new Letters.Letter(node.id, to, space, entries, lifeOf(node.recording, space, to)));
  }

  static @Nullable Incarnation lifeOf(@Nullable Recording recording, SpaceId space, NodeId member) {
    return Optional.ofNullable(recording)
        .flatMap(it -> it.ledger().by(space, member))
        .map(known -> known.statement().by().incarnation())
        .orElse(null);
  }

  /**
   * The relay signs for an envelope.
   *
   * @param there whether it is on its disk
   */
  void signed(int relay, byte[] id, boolean there) {
    var wrong = evidence.letters.signed(relay, id, there);
    if (wrong != null) {
      evidence.broken(CUSTODY, "the relay " + wrong);
    }
  }

  /** Of what a relay had on its disk one envelope is there no more. */
  void isLost(UUID id) {
    evidence.letters.isLost(id);
  }

  /**
   * A relay says to another that it has an envelope.
   *
   * @param there whether it is on its disk, for a node
   */
  void holds(int relay, byte[] id, Predicate<NodeId> there) {
    evidence.letters.saysToHold(relay, id);
    var letter = evidence.letters.letter(id);
    if (letter == null) {
      evidence.broken(CUSTODY, "a relay has what no member gave to one");
    } else if (!there.test(letter.to()) && !evidence.letters.wasFetched(id)) {
      evidence.broken(CUSTODY, "a relay holds an envelope that it has not forced");
    }
  }

  /** Another relay has heard that one has an envelope. */
  void isHeld(int relay, byte[] id) {
    evidence.letters.isHeld(relay, id);
  }

  /** A relay is passed an envelope. */
  void passes(int relay, byte[] id) {
    if (evidence.letters.isHeldBy(relay, id) && !evidence.letters.mayBeLost(id)) {
      evidence.broken(CUSTODY, "a relay is passed again what it has said to hold");
    }
  }

  /** All the mailboxes of a relay are lost. */
  void areLost(int relay) {
    evidence.letters.areLost(relay);
  }

  /**
   * A relay's process has ended.
   *
   * @param there whether an envelope is on its disk
   */
  void relayEnded(int relay, BiPredicate<NodeId, byte[]> there) {
    if (evidence.letters.missing(relay, there) != null) {
      evidence.broken(CUSTODY, "a relay hasn't got what it has signed for and nobody has fetched");
    }
  }

  /** A relay says to another that an envelope's destination has it. */
  void gone(byte[] id) {
    if (!evidence.letters.wasFetched(id) && !evidence.letters.mayBeLost(id)) {
      evidence.broken(CUSTODY, "a relay takes for fetched what nobody has fetched");
    }
  }

  /**
   * A node says to the relay that it has what is in an envelope, as far as it can.
   *
   * @param nothingIsLost whether it has to take in what it has everything for
   */
  void fetches(int place, byte[] id, boolean nothingIsLost) {
    var letter = evidence.letters.letter(id);
    if (letter == null || !nothingIsLost) {
      return;
    }
    var node = evidence.watched(place);
    look.accept(node);
    var known = node.shadow.space(letter.space());
    for (var hash : letter.entries()) {
      var entry = evidence.entries.get(hash);
      if (!known.has.contains(hash) && entry != null && follows(entry, known.has)) {
        evidence.broken(
            CUSTODY, node.name + " lets the relay drop an entry that it has not forced");
      }
    }
  }

  private static boolean follows(NaiveEntry naive, Set<Hash> has) {
    var entry = naive.entry();
    return naive.allowed()
        && (entry.sequence() == 1 || has.contains(entry.previous()))
        && entry.causes().stream().allMatch(cause -> has.contains(cause.hash()));
  }

  /** The relay has been told so. */
  void fetched(byte[] id) {
    evidence.letters.isFetched(id);
  }
}
