package com.softadastra.engine.space;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import com.softadastra.engine.document.Definition;
import com.softadastra.engine.document.KnownOperation;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Standing;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Decides what becomes of a genuine entry that a peer sent. */
public final class Receiver {
  private Receiver() {}

  /** What becomes of a received entry. */
  public sealed interface Verdict {
    /**
     * It is stored, with or without effect.
     *
     * @param branched chains have forked
     * @param withoutEffect ids of intents that have no effect because of this, in the order of
     *     their entries
     */
    record Stored(
        LoggedEntry entry, List<Write> writes, boolean branched, List<String> withoutEffect)
        implements Verdict {}

    /** It was stored before. */
    record Known() implements Verdict {}

    /** What it follows from isn't stored; the author is refused from here on, until it is. */
    record Rejected(Replica author, String reason) implements Verdict {}
  }

  public static Verdict receive(
      ReceivedEntry received, SpaceState space, Reads reads, Instant now, long position) {
    var entry = received.entry();
    var place = space.place(received, reads);
    if (place instanceof Place.Known) {
      return new Verdict.Known();
    }
    if (place instanceof Place.Nowhere(var reason)) {
      return new Verdict.Rejected(entry.author(), reason);
    }
    for (var cause : entry.causes()) {
      if (!space.met(cause, reads)) {
        return new Verdict.Rejected(
            entry.author(), "entry " + entry.sequence() + " came before its cause");
      }
    }
    if (space.membership().role(entry.author().node(), entry.authority()).isEmpty()) {
      return new Verdict.Rejected(
          entry.author(), "the grant that entry " + entry.sequence() + " names is not known");
    }
    for (var operation : entry.operations()) {
      if (!versionsKnown(operation, entry, reads)) {
        return new Verdict.Rejected(
            entry.author(), "entry " + entry.sequence() + " was made on a version it had not seen");
      }
      if (named(operation, entry, reads).isEmpty()) {
        return new Verdict.Rejected(
            entry.author(),
            "entry " + entry.sequence() + " was made under a definition it had not seen");
      }
    }
    return switch (place) {
      case Place.End(var chain) ->
          append(logged(received, chain, space, reads, now, position), space, reads, now);
      case Place.Fork(var chain, var after) -> {
        var branch = EntryCodec.branch(entry.author(), received.hash());
        yield fork(
            logged(received, branch, space, reads, now, position), chain, after, space, reads, now);
      }
      default -> throw new IllegalStateException("no place for an entry");
    };
  }

  /** The entry as it stands by itself, whatever others carry its intent. */
  private static LoggedEntry logged(
      ReceivedEntry received,
      Replica chain,
      SpaceState space,
      Reads reads,
      Instant now,
      long position) {
    var entry = received.entry();
    boolean branch = !chain.equals(entry.author());
    return received.at(
        position,
        chain,
        branch ? Standing.FORKED : judge(entry, space, reads),
        now,
        DocumentUpdate.previous(space.id(), entry.operations(), reads));
  }

  private static Standing judge(Entry entry, SpaceState space, Reads reads) {
    boolean ofKnownKind = entry.intent() != null || entry.kind() == Entry.OBSERVATION;
    if (!ofKnownKind
        || entry.operations().stream()
            .anyMatch(operation -> !named(operation, entry, reads).orElseThrow().known())) {
      return Standing.HELD;
    }
    return Recorder.writes(space, entry.author(), entry.authority())
        ? Standing.EFFECTIVE
        : Standing.NOT_ALLOWED;
  }

  /**
   * Judges an entry that was held, by an earlier version of this software perhaps.
   *
   * @return what that asks for; empty where it is still held
   */
  public static List<Write> judgeAgain(
      LoggedEntry held, SpaceState space, Reads reads, Instant now) {
    var intent = held.entry().intent();
    if (held.standing() != Standing.HELD) {
      return List.of();
    }
    var standing = judge(held.entry(), space, reads);
    if (standing == Standing.HELD) {
      return List.of();
    }
    var revision = new Revision(space, reads);
    revision.restand(held.standing(standing));
    settle(intent == null ? Set.of() : Set.of(intent.id()), revision);
    revision.judge();
    var writes = revision.writes(now);
    return DocumentUpdate.tooLarge(writes) ? List.of() : writes;
  }

  private static Verdict append(LoggedEntry logged, SpaceState space, Reads reads, Instant now) {
    var intent = logged.entry().intent();
    var writes = new ArrayList<Write>();
    boolean alone =
        intent != null
            && logged.standing().effective()
            && reads.intents(space.id(), intent.id()).isEmpty();
    var judgement =
        alone
            ? Holdings.judge(logged, space.holdings(), reads)
            : Optional.<Holdings.Judgement>empty();
    if (intent != null && judgement.filter(covers -> covers.standing().effective()).isPresent()) {
      writes.add(new Write.Append(logged));
      if (!logged.ledTo()) {
        writes.add(new Write.PutIntent(space.id(), intent.id(), logged.position()));
      }
      DocumentUpdate.apply(logged, reads, now, writes);
      if (!DocumentUpdate.tooLarge(writes)) {
        space.append(logged);
        return new Verdict.Stored(logged, writes, false, List.of());
      }
      writes.clear();
      judgement = Optional.of(new Holdings.Judgement(Standing.HELD, null));
    }
    var revision = new Revision(space, reads);
    if (judgement.isPresent()) {
      revision.add(logged.standing(judgement.get().standing()));
      writes.addAll(revision.writes(now));
      space.append(logged);
      return new Verdict.Stored(revision.entry(logged.position()), writes, false, List.of());
    }
    boolean settles = intent != null && logged.standing().effective();
    revision.add(settles ? logged.standing(Standing.DUPLICATE) : logged);
    var withoutEffect = settle(intent == null ? Set.of() : Set.of(intent.id()), revision);
    revision.judgeAndHold();
    writes.addAll(revision.writes(now));
    space.append(logged);
    return new Verdict.Stored(revision.entry(logged.position()), writes, false, withoutEffect);
  }

  /** Ends a chain where another entry follows, and makes branches of what follows. */
  private static Verdict fork(
      LoggedEntry logged, Replica chain, long after, SpaceState space, Reads reads, Instant now) {
    var writes = new ArrayList<Write>();
    var revision = new Revision(space, reads);
    var head = space.chain(chain);
    var intents = new LinkedHashSet<String>();
    ChainHead last = null;
    Replica rest = null;
    if (head.sequence() > after) {
      var moved = reads.run(space.id(), chain, after + 1);
      rest = EntryCodec.branch(head.author(), moved.getFirst().hash());
      last = last(chain, head, after, space, reads);
      writes.add(new Write.Branch(space.id(), rest, chain, after, moved.getFirst().position()));
      for (var entry : moved) {
        revision.restand(entry.branched(rest));
        var intent = entry.entry().intent();
        if (intent != null) {
          intents.add(intent.id());
          if (entry.ledTo()) {
            writes.add(new Write.PutIntent(space.id(), intent.id(), entry.position()));
          }
        }
      }
    }
    writes.add(new Write.Branch(space.id(), logged.chain(), chain, after, logged.position()));
    revision.add(logged);
    if (logged.entry().intent() != null) {
      intents.add(logged.entry().intent().id());
    }
    var withoutEffect = settle(intents, revision);
    revision.judgeAndHold();
    writes.addAll(revision.writes(now));
    if (rest != null && last != null) {
      space.split(chain, last, rest);
    }
    space.branch(logged, chain);
    return new Verdict.Stored(logged, writes, true, withoutEffect);
  }

  /** How a chain ends at an inner entry. */
  private static ChainHead last(
      Replica chain, ChainHead head, long after, SpaceState space, Reads reads) {
    if (after == 0) {
      return ChainHead.empty(head.author());
    }
    var entry = reads.find(space.id(), chain, after).orElseThrow();
    return head.endingAt(after, entry.hash(), entry.position());
  }

  private static List<String> settle(Set<String> intents, Revision revision) {
    return intents.stream().filter(intent -> !revision.settle(intent)).toList();
  }

  private static Optional<Definition> named(Operation operation, Entry entry, Reads reads) {
    return Definitions.named(entry.space(), operation.collection(), operation.definition(), reads);
  }

  private static boolean versionsKnown(Operation operation, Entry entry, Reads reads) {
    if (operation.parents().isEmpty() && operation.seen().isEmpty()) {
      return true;
    }
    var key = new DocumentKey(entry.space(), operation.collection(), operation.id());
    var state = reads.document(key);
    if (state == null) {
      return false;
    }
    var heads = state.headVersions();
    if (heads.containsAll(operation.parents()) && heads.containsAll(operation.seen())) {
      return true;
    }
    // void operations count: their author could not know that they are
    var known =
        DocumentUpdate.operations(key, state.lastPosition(), reads).stream()
            .map(KnownOperation::version)
            .collect(Collectors.<Hash>toSet());
    return known.containsAll(operation.parents()) && known.containsAll(operation.seen());
  }
}
