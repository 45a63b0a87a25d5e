package com.softadastra.engine.space;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.document.KnownOperation;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.IntentIds;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Standing;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Decides what becomes of a genuine entry that a peer sent. */
public final class Receiver {
  private Receiver() {}

  /** What becomes of a received entry. */
  public sealed interface Verdict {
    /** It is stored, with or without effect. */
    record Stored(LoggedEntry entry, List<Write> writes) implements Verdict {}

    /** It was stored before. */
    record Known() implements Verdict {}

    /** It doesn't follow on what is stored; the replica is refused from here on. */
    record Rejected(Replica replica, String reason) implements Verdict {}
  }

  public static Verdict receive(
      ReceivedEntry received, SpaceState space, Reads reads, Instant now, long position) {
    var entry = received.entry();
    var chain = space.chain(entry.author());
    if (entry.sequence() <= chain.sequence()) {
      return new Verdict.Known();
    }
    if (entry.sequence() != chain.sequence() + 1) {
      return new Verdict.Rejected(
          entry.author(), "entry " + (chain.sequence() + 1) + " is missing");
    }
    if (!entry.previous().equals(chain.hash())) {
      return new Verdict.Rejected(
          entry.author(), "another entry " + chain.sequence() + " is known: the chain was forked");
    }
    for (var cause : entry.causes()) {
      var known = space.chain(cause.dot().replica());
      if (known.sequence() < cause.dot().sequence()) {
        return new Verdict.Rejected(
            entry.author(), "entry " + entry.sequence() + " came before its cause");
      }
      if (known.sequence() == cause.dot().sequence() && !known.hash().equals(cause.hash())) {
        return new Verdict.Rejected(
            entry.author(), "entry " + entry.sequence() + " names a cause of another fork");
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
    }
    return store(received, space, reads, now, position);
  }

  private static Verdict store(
      ReceivedEntry received, SpaceState space, Reads reads, Instant now, long position) {
    var entry = received.entry();
    var rival =
        entry.intent() == null
            ? Optional.<LoggedEntry>empty()
            : reads.intent(space.id(), entry.intent().id());
    boolean first =
        rival.isEmpty()
            || !rival.get().standing().effective()
            || Entry.ORDER.compare(entry, rival.get().entry()) < 0;
    var standing = judge(entry, space, first);
    var logged =
        new LoggedEntry(
            position,
            entry,
            received.bytes(),
            received.hash(),
            received.signature(),
            standing,
            now,
            DocumentUpdate.previous(space.id(), entry.operations(), reads));
    var writes = new ArrayList<Write>();
    if (rival.isPresent() && standing.effective() && rival.get().standing().effective()) {
      var voided = rival.get().standing(Standing.DUPLICATE);
      writes.add(new Write.Restand(voided.position(), Standing.DUPLICATE));
      var after = new After(reads, voided);
      DocumentUpdate.refold(voided, after, now, writes);
      writes.forEach(after::see);
      writes.add(new Write.Append(logged));
      DocumentUpdate.applyAnew(logged, after, now, writes);
    } else {
      writes.add(new Write.Append(logged));
      if (rival.isPresent()) {
        DocumentUpdate.applyAnew(logged, reads, now, writes);
      } else {
        DocumentUpdate.apply(logged, reads, now, writes);
      }
    }
    if (entry.intent() != null && (standing.effective() || rival.isEmpty())) {
      String id = entry.intent().id();
      if (rival.isPresent() || !IntentIds.leadsTo(id, entry.author(), entry.sequence())) {
        writes.add(new Write.PutIntent(space.id(), id, position));
      }
    }
    space.append(logged);
    return new Verdict.Stored(logged, writes);
  }

  private static Standing judge(Entry entry, SpaceState space, boolean first) {
    if (entry.intent() == null) {
      return Standing.HELD;
    }
    boolean writer =
        space
            .membership()
            .role(entry.author().node(), entry.authority())
            .filter(Role::writes)
            .isPresent();
    if (!writer) {
      return Standing.NOT_ALLOWED;
    }
    return first ? Standing.EFFECTIVE : Standing.DUPLICATE;
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

  /** The storage as it will stand once a rival has lost its effect. */
  private static final class After implements Reads {
    private final Reads before;
    private final LoggedEntry voided;
    private final Map<DocumentKey, DocumentState> documents = new HashMap<>();

    After(Reads before, LoggedEntry voided) {
      this.before = before;
      this.voided = voided;
    }

    void see(Write write) {
      if (write instanceof Write.PutDocument(var state)) {
        documents.put(state.key(), state);
      }
    }

    @Override
    public @Nullable DocumentState document(DocumentKey key) {
      return documents.containsKey(key) ? documents.get(key) : before.document(key);
    }

    @Override
    public LoggedEntry entry(long position) {
      return position == voided.position() ? voided : before.entry(position);
    }

    @Override
    public Optional<LoggedEntry> intent(SpaceId space, String id) {
      return before.intent(space, id);
    }
  }
}
