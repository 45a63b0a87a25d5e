package com.softadastra.engine.space;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.cbor.CborWriter;
import com.softadastra.engine.document.Definition;
import com.softadastra.engine.document.DocumentFold;
import com.softadastra.engine.document.DocumentPatch;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.document.EscrowChange;
import com.softadastra.engine.document.Head;
import com.softadastra.engine.document.SequenceAct;
import com.softadastra.engine.log.Authority;
import com.softadastra.engine.log.Bounds;
import com.softadastra.engine.log.Cause;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.Command;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.Intent;
import com.softadastra.engine.log.IntentIds;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Standing;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether an intent submitted here is taken, and as what entry. A refusal is decided before
 * anything is written.
 */
public final class Recorder {
  private final int documentBytes;

  /**
   * @param documentBytes the most bytes of canonical JSON that a document may have
   */
  public Recorder(int documentBytes) {
    this.documentBytes = documentBytes;
  }

  /**
   * What a decision draws from outside.
   *
   * @param position where the log has room
   * @param random five random bytes
   */
  public record Draw(Instant now, long position, byte[] random) {}

  public Admission record(IntentRequest request, SpaceState space, Reads reads, Draw draw) {
    try {
      if (request.id() != null) {
        var known = reads.intent(space.id(), request.id());
        if (known.isPresent() && !sameContent(request, known.get(), space, reads)) {
          return new Admission.Declined(
              Problem.of(
                  ProblemCode.INTENT_MISMATCH,
                  "intent " + request.id() + " was recorded with other content"));
        }
        // what was forked has no effect until somebody records it again, as the caller does
        if (known.isPresent() && known.get().standing() != Standing.FORKED) {
          return new Admission.Replayed(known.get());
        }
        if (known.isPresent()) {
          return accept(request, true, space, reads, draw);
        }
      }
      return accept(request, false, space, reads, draw);
    } catch (Refused refused) {
      return new Admission.Declined(refused.problem());
    }
  }

  /** What is beyond the hard bounds would be no entry for any other node. */
  private static void bounded(IntentRequest request) {
    bounded("id", request.id() == null ? "-" : request.id(), Bounds.INTENT_ID_BYTES);
    bounded("actor", request.actor() == null ? "-" : request.actor(), Bounds.ACTOR_BYTES);
    if (request.operations().isEmpty() || request.operations().size() > Bounds.OPERATIONS) {
      throw new Refused(
          Problem.ofField(
              ProblemCode.INVALID_REQUEST,
              "operations",
              "from 1 to " + Bounds.OPERATIONS + " of them"));
    }
    var documents = new HashSet<List<String>>();
    for (var operation : request.operations()) {
      bounded("collection", operation.collection(), Bounds.NAME_BYTES);
      bounded("id", operation.id(), Bounds.DOCUMENT_ID_BYTES);
      if (operation.condition().versions().size() > Bounds.PARENTS) {
        throw new Refused(
            Problem.ofField(
                ProblemCode.INVALID_REQUEST, "base", "at most " + Bounds.PARENTS + " versions"));
      }
      if (!documents.add(List.of(operation.collection(), operation.id()))) {
        throw new Refused(
            Problem.ofField(
                ProblemCode.INVALID_REQUEST,
                "operations",
                "the document " + operation.id() + " twice"));
      }
    }
  }

  private static void bounded(String field, String text, int most) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    if (utf8.length == 0
        || utf8.length > most
        || !new String(utf8, StandardCharsets.UTF_8).equals(text)) {
      throw new Refused(
          Problem.ofField(
              ProblemCode.INVALID_REQUEST, field, "must be 1 to " + most + " bytes of UTF-8"));
    }
  }

  private Admission accept(
      IntentRequest request, boolean again, SpaceState space, Reads reads, Draw draw) {
    bounded(request);
    var authority =
        space
            .membership()
            .authority(space.self().node())
            .filter(a -> writes(space, space.self(), a))
            .orElseThrow(() ->
                new Refused(ProblemCode.NOT_ALLOWED, "this node may not write in this space"));
    var operations = new ArrayList<Operation>();
    boolean created = false;
    var numbering = new Numbering(space, reads);
    var all = new ArrayList<OperationRequest>();
    request.operations().forEach(requested -> all.add(numbering.numbered(requested)));
    all.addAll(numbering.acts());
    if (all.size() > Bounds.OPERATIONS) {
      throw new Refused(
          Problem.ofField(
              ProblemCode.INVALID_REQUEST,
              "operations",
              "with the sequences that they number from more than " + Bounds.OPERATIONS));
    }
    for (var requested : all) {
      var key = new DocumentKey(space.id(), requested.collection(), requested.id());
      var definition = Definitions.current(space.id(), requested.collection(), reads);
      var target = new Target(key, definition, reads.document(key), reads);
      operations.add(operation(requested, target));
      created |= operations.size() == 1 && requested.op() == OperationKind.PUT && !target.present();
    }
    var observations = Observations.of(space, authority, draw.now(), draw.position());
    var chain = observations.chain();
    long sequence = chain.sequence() + 1;
    String id =
        request.id() != null
            ? request.id()
            : IntentIds.generate(space.self(), sequence, draw.random());
    var command = request.function() == null ? null : Command.ofFunction(request.function());
    var intent = new Intent(id, request.actor(), request.priority(), command, operations);
    var at = new Draw(draw.now(), draw.position() + observations.count(), draw.random());
    var logged = log(intent, authority, chain, observations.causes(), space, reads, at);
    // what is recorded again may take of the share of another life
    var judgement =
        again
            ? Optional.<Holdings.Judgement>empty()
            : Holdings.judge(logged, space.holdings(), reads);
    if (judgement.isPresent()) {
      requireCovered(logged, judgement.get(), reads);
    }
    var writes = new ArrayList<Write>();
    if (judgement.isEmpty()) {
      var revision = new Revision(space, reads);
      revision.add(logged);
      revision.judge();
      var standing = revision.entry(logged.position()).standing();
      requireCovered(logged, new Holdings.Judgement(standing, null), reads);
      writes.addAll(revision.writes(draw.now()));
    } else {
      writes.add(new Write.Append(logged));
      if (request.id() != null && !logged.ledTo()) {
        writes.add(new Write.PutIntent(space.id(), id, logged.position()));
      }
      DocumentUpdate.apply(logged, reads, draw.now(), writes);
    }
    if (DocumentUpdate.tooLarge(writes)) {
      throw tooManySides("more than " + Bounds.STATE_CHARACTERS + " characters");
    }
    writes.addAll(0, observations.appended(space));
    space.append(logged);
    return new Admission.Accepted(logged, created, writes);
  }

  private static Refused tooManySides(String what) {
    return new Refused(
        ProblemCode.DOCUMENT_TOO_LARGE,
        "the document would have %s side by side: write on some of its versions first (base)"
            .formatted(what));
  }

  /** Nothing is recorded here that takes more than this replica holds. */
  private static void requireCovered(
      LoggedEntry logged, Holdings.Judgement judgement, Reads reads) {
    var lack = judgement.lack();
    if (lack != null) {
      var field = EscrowChange.name(lack.field());
      var left = lack.left().toPlainString();
      throw new Refused(
          Problem.of(ProblemCode.SHARE_EXHAUSTED, "this node's share of " + field + " is " + left)
              .with("field", field)
              .with("left", left));
    }
    switch (judgement.standing()) {
      case MISNUMBERED ->
          throw new Refused(ProblemCode.RANGE_EXHAUSTED, "this node doesn't hold these numbers");
      case OVERSPENT -> {
        boolean deletes =
            logged.entry().operations().stream()
                .anyMatch(operation ->
                    operation.deletes()
                        && !EscrowChange.fields(
                                Definitions.current(
                                    logged.entry().space(), operation.collection(), reads))
                            .isEmpty());
        throw deletes
            ? new Refused(
                ProblemCode.NOT_SUPPORTED, "a document with a divided amount can't be deleted")
            : new Refused(
                ProblemCode.PATCH_NOT_APPLICABLE,
                "a divided amount is changed by an increment, or by a put that has it as a number");
      }
      default -> {}
    }
  }

  /**
   * What is recorded again.
   *
   * @param entries those of the intents, in the order of the log
   */
  public record Again(List<LoggedEntry> entries, List<Write> writes) {}

  /**
   * Records intents of this node's own again, under its present incarnation, whose entries are all
   * without effect because they were forked. Versions stay what they were: they name the intent,
   * not the entry.
   *
   * @param ids of intents of which some may be other nodes', or have effect
   * @param draw for the first; those that follow have the positions behind it
   */
  public Again again(Iterable<String> ids, SpaceState space, Reads reads, Draw draw) {
    var authority = space.membership().authority(space.self().node());
    if (authority.isEmpty() || !writes(space, space.self(), authority.get())) {
      return new Again(List.of(), List.of());
    }
    var revision = new Revision(space, reads);
    var entries = new ArrayList<LoggedEntry>();
    var observations = Observations.of(space, authority.get(), draw.now(), draw.position());
    long first = draw.position() + observations.count();
    var chain = observations.chain();
    for (var id : ids) {
      var forked = forked(id, space, reads);
      if (forked.isEmpty()) {
        continue;
      }
      var at = new Draw(draw.now(), first + entries.size(), draw.random());
      LoggedEntry logged;
      try {
        logged =
            log(
                Objects.requireNonNull(forked.get().entry().intent()),
                authority.get(),
                chain,
                entries.isEmpty() ? observations.causes() : List.of(),
                space,
                revision,
                at);
      } catch (Refused tooLarge) {
        // with its causes it is no entry any more; it stays, without effect
        continue;
      }
      revision.add(logged);
      entries.add(logged);
      chain = chain.endingAt(logged.entry().sequence(), logged.hash(), logged.position());
    }
    revision.judgeAndHold();
    if (entries.isEmpty()) {
      return new Again(List.of(), List.of());
    }
    // nothing is taken over before all is decided
    var rest = revision.writes(draw.now());
    var writes = new ArrayList<>(observations.appended(space));
    writes.addAll(rest);
    entries.forEach(space::append);
    return new Again(entries, writes);
  }

  /** The first of this node's own entries of an intent, where all of the intent's are void. */
  private static Optional<LoggedEntry> forked(String id, SpaceState space, Reads reads) {
    var all = reads.intents(space.id(), id);
    if (all.stream()
        .map(LoggedEntry::standing)
        .anyMatch(standing ->
            standing.effective() || standing.uncovered() || standing == Standing.HELD)) {
      return Optional.empty();
    }
    return all.stream()
        .filter(logged ->
            logged.standing() == Standing.FORKED
                && logged.entry().author().node().equals(space.self().node())
                && writes(space, logged.entry().author(), logged.entry().authority()))
        .min(
            Comparator.comparing(LoggedEntry::entry, Entry.ORDER).thenComparing(LoggedEntry::hash));
  }

  static boolean writes(SpaceState space, Replica author, Authority authority) {
    return space.membership().role(author.node(), authority).filter(Role::writes).isPresent()
        && space.membership().labelled(authority);
  }

  private static LoggedEntry log(
      Intent intent,
      Authority authority,
      ChainHead chain,
      List<Cause> causes,
      SpaceState space,
      Reads reads,
      Draw draw) {
    for (var operation : intent.operations()) {
      if (operation.parents().size() > Bounds.PARENTS || operation.seen().size() > Bounds.PARENTS) {
        throw tooManySides("more than " + Bounds.PARENTS + " versions");
      }
    }
    byte[] payload = EntryCodec.encode(intent);
    var entry =
        new Entry(
            Entry.DATA,
            space.id(),
            space.self(),
            chain.sequence() + 1,
            Math.max(0, draw.now().toEpochMilli()),
            chain.hash(),
            causes,
            authority,
            payload,
            intent);
    byte[] bytes = EntryCodec.encode(entry);
    if (bytes.length > Bounds.ENTRY_BYTES) {
      throw new Refused(
          ProblemCode.DOCUMENT_TOO_LARGE,
          "the intent has " + bytes.length + " bytes, the limit is " + Bounds.ENTRY_BYTES);
    }
    var previous = DocumentUpdate.previous(space.id(), intent.operations(), reads);
    return new LoggedEntry(
        draw.position(),
        space.self(),
        entry,
        bytes,
        Hash.sha256(bytes),
        null,
        Standing.EFFECTIVE,
        draw.now(),
        previous);
  }

  private Operation operation(OperationRequest requested, Target target) {
    var definition = target.definition;
    if (!definition.known()) {
      throw new Refused(
          ProblemCode.NOT_SUPPORTED,
          "collection "
              + requested.collection()
              + " was declared in a way that this version can't honour");
    }
    boolean deletes = requested.op() == OperationKind.DELETE;
    // whoever declares on what is no longer there is told that, and declares again
    var parents = target.parents(requested.condition());
    if (requested.collection().equals(Operation.DEFINITIONS)) {
      requireDefinition(requested, target);
    }
    if (requested.collection().equals(Operation.SEQUENCES)) {
      requireAct(requested);
    }
    // one deletion takes the place of several, where whoever makes it names them
    boolean names =
        requested.condition().kind() == Condition.Kind.BASE
            || requested.condition().kind() == Condition.Kind.HEADS;
    if (!names && requested.op() != OperationKind.PUT && !target.present()) {
      throw target.absent();
    }
    var seen =
        deletes && requested.condition().kind() != Condition.Kind.BASE
            ? target.versions().stream().filter(version -> !parents.contains(version)).toList()
            : List.<Hash>of();
    var change =
        switch (requested.op()) {
          case PUT -> put(requested, parents, target);
          case DELETE -> Change.DELETE;
          case PATCH -> patch(requested, parents, target);
        };
    var undoes = requested.undoes();
    return new Operation(
        requested.collection(),
        requested.id(),
        definition.name(),
        parents,
        seen,
        undoes == null ? change : new Change.Undo(Hash.parse(undoes), change));
  }

  /** A definition follows on all that are known. */
  private static void requireDefinition(OperationRequest requested, Target target) {
    var known = Definitions.current(target.state);
    var body = requested.op() == OperationKind.PUT ? requested.body() : null;
    var next =
        Optional.ofNullable(body)
            .flatMap(Definition::of)
            .filter(each -> each.known() && each.generation() > known.generation())
            .orElseThrow(() ->
                new Refused(
                    Problem.ofField(
                        ProblemCode.INVALID_REQUEST, "body", "is no definition that can follow")));
    if (!EscrowChange.fields(next).containsAll(EscrowChange.fields(known))) {
      throw new Refused(
          Problem.ofField(
              ProblemCode.NOT_SUPPORTED, "fields", "what is divided among replicas stays so"));
    }
  }

  private static void requireAct(OperationRequest requested) {
    var body = requested.op() == OperationKind.PUT ? requested.body() : null;
    if (body == null || SequenceAct.of(body).isEmpty()) {
      throw new Refused(
          Problem.ofField(ProblemCode.INVALID_REQUEST, "body", "says nothing of a sequence"));
    }
  }

  private Change put(OperationRequest requested, List<Hash> parents, Target target) {
    var body = bounded(Objects.requireNonNull(requested.body()), target.key);
    return target.definition.merges() && requested.undoes() == null
        ? DocumentFold.put(body, target.body(parents), target.definition)
        : new Change.Put(body);
  }

  private Change patch(OperationRequest requested, List<Hash> parents, Target target) {
    var patch = Objects.requireNonNull(requested.patch());
    try {
      var twice = DocumentPatch.twice(patch.notation(), patch.text());
      if (twice.isPresent()) {
        throw new Refused(
            Problem.ofField(
                ProblemCode.INVALID_REQUEST,
                "patch",
                "says two things of " + twice.get() + ", or of what it is in"));
      }
      bounded(
          DocumentPatch.apply(patch.notation(), patch.text(), target.body(parents)), target.key);
    } catch (DocumentPatch.NotApplicable e) {
      throw new Refused(ProblemCode.PATCH_NOT_APPLICABLE, String.valueOf(e.getMessage()));
    }
    return new Change.Patch(patch.notation(), patch.text());
  }

  private JsonText bounded(JsonText body, DocumentKey key) {
    // a char is at least one byte of UTF-8, and at most three
    if (body.text().length() > documentBytes
        || (body.text().length() > documentBytes / 3 && body.utf8().length > documentBytes)) {
      throw new Refused(
          ProblemCode.DOCUMENT_TOO_LARGE,
          "document " + key.id() + " would have more than " + documentBytes + " bytes");
    }
    return body;
  }

  /** Whether an entry says what the request says; on which version it was made doesn't count. */
  private static boolean sameContent(
      IntentRequest request, LoggedEntry known, SpaceState space, Reads reads) {
    boolean acts = request.operations().stream().anyMatch(Recorder::acts);
    var operations =
        known.entry().operations().stream()
            .filter(operation -> acts || !operation.numbers())
            .toList();
    var all =
        acts
            ? Optional.of(request.operations())
            : new Numbering(space, reads).replayed(request.operations(), known);
    if (all.isEmpty() || operations.size() != all.get().size()) {
      return false;
    }
    for (int i = 0; i < operations.size(); i++) {
      var recorded = operations.get(i);
      var requested = all.get().get(i);
      boolean same =
          switch (recorded.change()) {
            case Change.Put(var body) ->
                requested.op() == OperationKind.PUT && body.equals(requested.body());
            case Change.Patch(var notation, var text) ->
                requested.op() == OperationKind.PATCH
                    && requested.patch() != null
                    && requested.patch().notation() == notation
                    && requested.patch().text().equals(text);
            case Change.Delete _ -> requested.op() == OperationKind.DELETE;
            case Change.Difference(_, var of) ->
                requested.op() == OperationKind.PUT
                    && requested.body() != null
                    && of.equals(Hash.sha256(requested.body().utf8()));
            case Change.Undo(var conflict, _) -> conflict.toString().equals(requested.undoes());
          };
      if (!same
          || !recorded.collection().equals(requested.collection())
          || !recorded.id().equals(requested.id())) {
        return false;
      }
    }
    return true;
  }

  private static boolean acts(OperationRequest requested) {
    return requested.collection().equals(Operation.SEQUENCES);
  }

  /**
   * The id of the intent that resolves a conflict: the same resolution made twice is one version.
   */
  public static String resolutionId(DocumentState state, @Nullable JsonText body) {
    var out = new CborWriter(256).array(3).text("softadastra.resolution.1");
    var heads = state.headVersions();
    out.array(heads.size());
    heads.forEach(version -> out.bytes(version.bytes()));
    out.bytesOrNull(body == null ? null : body.utf8());
    return "resolution-" + Hash.sha256(out.toByteArray());
  }

  /** The id of the intent that undoes what was decided: the same undo made twice is one version. */
  public static String undoId(DocumentState state, Hash conflict) {
    var out = new CborWriter(256).array(3).text("softadastra.undo.1");
    var heads = state.headVersions();
    out.array(heads.size());
    heads.forEach(version -> out.bytes(version.bytes()));
    out.bytes(conflict.bytes());
    return "undo-" + Hash.sha256(out.toByteArray());
  }

  /** The document that an operation is for. */
  private static final class Target {
    private final DocumentKey key;
    private final Definition definition;
    private final @Nullable DocumentState state;
    private final Reads reads;
    private DocumentFold.@Nullable History history;

    Target(DocumentKey key, Definition definition, @Nullable DocumentState state, Reads reads) {
      this.key = key;
      this.definition = definition;
      this.state = state != null && state.exists() ? state : null;
      this.reads = reads;
    }

    boolean present() {
      return state != null && !state.deleted();
    }

    List<Hash> versions() {
      return state == null ? List.of() : state.headVersions();
    }

    List<Hash> parents(Condition condition) {
      return switch (condition.kind()) {
        case ANY -> plain();
        case EXISTS -> {
          if (!present()) {
            throw mismatch();
          }
          yield plain();
        }
        case ABSENT -> {
          if (present()) {
            throw mismatch();
          }
          yield versions();
        }
        case MATCH -> match(condition.versions().getFirst());
        case HEADS -> allHeads(condition.versions());
        case BASE -> base(condition.versions());
      };
    }

    /** Under {@code keep} a plain write goes on with the winner, and leaves the conflict open. */
    private List<Hash> plain() {
      boolean kept = definition.keeps() && !Operation.isReserved(key.collection());
      return state != null && state.conflicted() && kept
          ? List.of(state.winner().version())
          : versions();
    }

    private List<Hash> match(String named) {
      if (state != null) {
        if (state.version().toString().equals(named)) {
          return versions();
        }
        for (var side : state.sides()) {
          if (side.version().toString().equals(named)) {
            return List.of(side.version());
          }
        }
      }
      throw mismatch();
    }

    private List<Hash> allHeads(List<String> named) {
      var there = versions().stream().map(Hash::toString).collect(Collectors.toSet());
      if (!there.equals(Set.copyOf(named))) {
        throw mismatch();
      }
      return versions();
    }

    private List<Hash> base(Collection<String> named) {
      var parents = new ArrayList<Hash>();
      for (var text : named) {
        if (state != null && state.version().toString().equals(text)) {
          state.sides().forEach(side -> parents.add(side.version()));
          continue;
        }
        Hash version;
        try {
          version = Hash.parse(text);
        } catch (IllegalArgumentException e) {
          throw baseUnknown(text);
        }
        if (!versions().contains(version) && !history().knows(version)) {
          throw baseUnknown(text);
        }
        parents.add(version);
      }
      return parents.stream().distinct().sorted().toList();
    }

    /** The body that a change on these versions changes. */
    @Nullable JsonText body(List<Hash> parents) {
      if (state != null && parents.equals(versions())) {
        return state.body();
      }
      var head =
          state == null || parents.size() != 1
              ? Optional.<Head>empty()
              : state.head(parents.getFirst());
      return head.isPresent() ? head.get().body() : history().body(parents, definition);
    }

    private DocumentFold.History history() {
      if (history == null) {
        history =
            new DocumentFold.History(
                key,
                state == null
                    ? List.of()
                    : DocumentUpdate.operations(key, state.lastPosition(), reads));
      }
      return history;
    }

    Refused absent() {
      return state == null
          ? new Refused(
              ProblemCode.DOCUMENT_UNKNOWN, "document " + key.id() + " never existed here")
          : new Refused(
              Problem.of(ProblemCode.DOCUMENT_DELETED, "document " + key.id() + " was deleted")
                  .with("version", state.version().toString()));
    }

    private Refused mismatch() {
      if (state == null) {
        return new Refused(
            ProblemCode.VERSION_MISMATCH, "document " + key.id() + " does not exist");
      }
      var current = state.version().toString();
      return new Refused(
          Problem.of(
                  ProblemCode.VERSION_MISMATCH,
                  "document " + key.id() + " is at version " + current)
              .with("version", current));
    }

    private Refused baseUnknown(String version) {
      return new Refused(
          ProblemCode.BASE_UNKNOWN,
          "document " + key.id() + " has no version " + version + " here");
    }
  }
}
