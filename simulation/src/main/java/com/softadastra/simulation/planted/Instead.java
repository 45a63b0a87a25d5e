package com.softadastra.simulation.planted;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.FieldType;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.contracts.peering.Role;
import com.softadastra.edge.mailbox.MailboxStore;
import com.softadastra.engine.document.Decided;
import com.softadastra.engine.document.Definition;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.document.Head;
import com.softadastra.engine.document.KnownOperation;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.log.Signatures.Purpose;
import com.softadastra.engine.session.Frame;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.Reads;
import com.softadastra.engine.space.SpaceState;
import com.softadastra.engine.space.Write;
import com.softadastra.sync.documents.Settlements;
import com.softadastra.sync.envelope.Envelopes;
import com.softadastra.sync.identity.IncarnationFile;
import com.softadastra.sync.peer.CustodyMark;
import com.softadastra.sync.peer.Lane;
import com.softadastra.sync.storage.Birth;
import com.softadastra.sync.storage.Found;
import com.softadastra.sync.storage.InMemoryJournal;
import com.softadastra.sync.storage.Journal;
import com.softadastra.sync.storage.Ledger;
import com.softadastra.sync.storage.Recording;
import com.softadastra.sync.storage.SpaceView;
import com.softadastra.sync.storage.StorageException;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.math.BigDecimal;
import java.nio.channels.FileChannel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.WeakHashMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.LongStream;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner;
import org.jspecify.annotations.Nullable;

/**
 * What planted methods do. Static methods take the place of a call; the code of nested classes is
 * copied to the beginning or the end of a method.
 */
public final class Instead {
  private static final Object COVERED =
      constant("com.softadastra.engine.space.Holdings$Judgement", "COVERED");
  private static final String JOURNAL = "com.softadastra.sync.storage.InMemoryJournal";
  private static final Field CONTENTS = field(JOURNAL, "contents");
  private static final Field MEDIUM = field(JOURNAL, "medium");
  private static final Field CHANGES = field(JOURNAL + "$Medium", "changes");
  private static final Field FORCED = field(JOURNAL + "$Medium", "forced");
  private static final Field INTENTS = field(JOURNAL + "$Contents", "intents");
  private static final Field DOCUMENTS = field(JOURNAL + "$Contents", "documents");
  private static final Method OPERATIONS =
      method("com.softadastra.guard.PendingRecord", "operations");
  private static final Method APPLY_TO =
      method("com.softadastra.guard.Operation", "applyTo", FileChannel.class);
  private static final String MAILBOXES = "com.softadastra.edge.mailbox.InMemoryMailboxStore";
  private static final Field MAILBOX_DISK = field(MAILBOXES, "disk");
  private static final Method TAKEN = method(MAILBOXES, "taken", NodeId.class, UUID.class);

  private static final String EFFECT = "com.softadastra.engine.document.Effect";
  private static final Method FIELD = method(EFFECT, "field");
  private static final Method BOUND_TYPE = method(EFFECT + "$Bound", "type");
  private static final Method BOUND_NUMBER = method(EFFECT + "$Bound", "number");
  private static final Method APPLY =
      method(
          "com.softadastra.engine.space.DocumentUpdate",
          "apply",
          LoggedEntry.class,
          Reads.class,
          Instant.class,
          List.class);

  private Instead() {}

  // ---- what nobody else may name, by its name; looked up where a fault is planted

  private static Field field(String type, String name) {
    try {
      var field = type(type).getDeclaredField(name);
      field.setAccessible(true);
      return field;
    } catch (ReflectiveOperationException e) {
      throw gone(type, name, e);
    }
  }

  private static Object constant(String type, String name) {
    try {
      return field(type, name).get(null);
    } catch (ReflectiveOperationException e) {
      throw gone(type, name, e);
    }
  }

  private static Method method(String type, String name, Class<?>... parameters) {
    try {
      var method = type(type).getDeclaredMethod(name, parameters);
      method.setAccessible(true);
      return method;
    } catch (ReflectiveOperationException e) {
      throw gone(type, name, e);
    }
  }

  private static Class<?> type(String name) throws ClassNotFoundException {
    return Class.forName(name, false, Instead.class.getClassLoader());
  }

  private static IllegalStateException gone(String type, String name, Exception cause) {
    return new IllegalStateException("there is no " + name + " in " + type, cause);
  }

  // ---- calls

  public static boolean always(Hash one, @Nullable Object other) {
    return true;
  }

  public static boolean anySignature(Purpose purpose, Hash hash, byte[] signature, byte[] key) {
    return true;
  }

  public static boolean hasAlways(Object outgoing) {
    return true;
  }

  public static boolean notAdded(Set<?> set, @Nullable Object element) {
    return false;
  }

  public static @Nullable Object any(Map<?, ?> map, @Nullable Object key) {
    return map.isEmpty() ? null : map.values().iterator().next();
  }

  public static boolean met(Object space, Object cause, Object reads) {
    return true;
  }

  /** Whatever an entry takes, its author held it. */
  public static Optional<?> covered(LoggedEntry logged, Object cache, Object reads) {
    return Optional.of(COVERED);
  }

  public static List<LoggedEntry> nothing(Object reads, SpaceId space, String id) {
    return List.of();
  }

  /** Whoever came first comes first. */
  public static Comparator<LoggedEntry> byArrival(Object key, Object order) {
    return Comparator.comparingLong(LoggedEntry::position);
  }

  public static List<Operation> half(Entry entry) {
    var all = entry.operations();
    return all.subList(0, (all.size() + 1) / 2);
  }

  public static <T> T unfound(Map<?, T> found, Object key, T other) {
    return other;
  }

  public static Object undeclared(Optional<?> found, Object other) {
    return other;
  }

  /** Says to have one entry more of others than it has. */
  public static Map<Replica, ChainHead> ahead(SpaceView view) {
    var chains = new HashMap<Replica, ChainHead>();
    view.chains()
        .forEach((replica, head) ->
            chains.put(
                replica,
                replica.equals(view.self())
                    ? head
                    : head.endingAt(head.sequence() + 1, head.hash(), head.position())));
    return chains;
  }

  public static Optional<Head> lastToArrive(Collection<Head> heads) {
    return heads.stream().max(Comparator.comparingLong(Head::position));
  }

  /** Forces every second time only. */
  private static int forces;

  public static void everySecond(Journal journal) {
    if (forces++ % 2 == 0) {
      journal.force();
    }
  }

  public static void again(Journal journal) {
    try {
      journal.force();
    } catch (StorageException e) {
      journal.force();
    }
  }

  public static List<Hash> winnerAlone(DocumentState state) {
    return List.of(state.winner().version());
  }

  public static boolean unlike(@Nullable Object one, @Nullable Object other) {
    return false;
  }

  public static CompletionStage<?> atOnce(Object received) {
    return CompletableFuture.completedStage(null);
  }

  /** What is handed in before is not waited for. */
  public static CompletableFuture<?> doneAtOnce(Recording recording, Callable<?> work) {
    return CompletableFuture.completedFuture(true);
  }

  // ---- code at the beginning or the end

  /** Runs the answer at once. */
  public static final class AnswersAtOnce {
    @Advice.OnMethodExit
    static void exit(@Advice.Return Runnable answer) {
      answer.run();
    }
  }

  /** Forgets the last entry of its own when it starts. */
  public static final class ForgetsItsLastEntry {
    @Advice.OnMethodExit
    static void exit(
        @Advice.FieldValue("spaces") Map<SpaceId, SpaceState> spaces,
        @Advice.FieldValue("journal") Journal journal) {
      Instead.cutBack(spaces, journal);
    }
  }

  public static void cutBack(Map<SpaceId, SpaceState> spaces, Journal journal) {
    for (var space : spaces.values()) {
      long last = space.chain(space.self()).sequence();
      if (last > 1) {
        var end = journal.find(space.id(), space.self(), last - 1).orElseThrow();
        space.recovered(
            space.self(), space.chain(space.self()).endingAt(last - 1, end.hash(), end.position()));
      }
    }
  }

  /** Names versions without the intent. */
  public static final class WithoutIntent {
    @Advice.OnMethodEnter
    static void enter(@Advice.Argument(value = 2, readOnly = false) String intent) {
      intent = "";
    }
  }

  /** A deletion leaves what was there. */
  public static final class KeepsTheBody {
    @Advice.OnMethodExit
    static void exit(
        @Advice.Return(readOnly = false, typing = Assigner.Typing.DYNAMIC) Object body,
        @Advice.Argument(value = 1, typing = Assigner.Typing.DYNAMIC) Object base) {
      if (body == null) {
        body = base;
      }
    }
  }

  /** The head that came last wins. */
  public static final class LastToArriveWins {
    @Advice.OnMethodExit
    static void exit(
        @Advice.This DocumentState state, @Advice.Return(readOnly = false) Head winner) {
      winner = Instead.lastToArrive(state.sides()).orElse(winner);
    }
  }

  /** Of more than two heads two are kept. */
  public static final class TwoHeads {
    @Advice.OnMethodExit
    static void exit(@Advice.Return(readOnly = false) @Nullable DocumentState state) {
      if (state != null && state.heads().size() > 2) {
        state =
            new DocumentState(
                state.key(), state.heads().subList(0, 2), state.base(), state.lastPosition());
      }
    }
  }

  /** A concurrent write takes the place of all heads. */
  public static final class OneHead {
    @Advice.OnMethodExit
    static void exit(
        @Advice.Return(readOnly = false) @Nullable DocumentState state,
        @Advice.Argument(3) Hash version) {
      if (state != null && state.heads().size() > 1) {
        state =
            new DocumentState(
                state.key(),
                List.of(state.head(version).orElseThrow()),
                null,
                state.lastPosition());
      }
    }
  }

  /** The heads of a fold depend on the order of what it is given. */
  public static final class FirstToArriveStays {
    @Advice.OnMethodExit
    static void exit(@Advice.Return(readOnly = false) DocumentState state) {
      if (state.heads().size() > 1) {
        var first = state.heads().stream().min(Comparator.comparingLong(Head::position));
        state =
            new DocumentState(
                state.key(), List.of(first.orElseThrow()), null, state.lastPosition());
      }
    }
  }

  /** Writes on nothing. */
  public static final class OnNothing {
    @Advice.OnMethodExit
    static void exit(@Advice.Return(readOnly = false) List<Hash> parents) {
      parents = List.of();
    }
  }

  /** Sends the last first. */
  public static final class Backwards {
    @Advice.OnMethodExit
    static void exit(@Advice.Return List<?> batch) {
      if (batch.size() > 1) {
        Collections.reverse(batch);
      }
    }
  }

  /** Leaves out what changes the standing of an earlier entry. */
  public static final class WithoutRestand {
    @Advice.OnMethodEnter
    static void enter(@Advice.Argument(value = 0, readOnly = false) List<Object> writes) {
      writes = Instead.withoutRestand(writes);
    }
  }

  public static List<Object> withoutRestand(List<Object> writes) {
    var kept = new ArrayList<Object>(writes);
    kept.removeIf(Write.Restand.class::isInstance);
    return kept;
  }

  /** Gives up after three attempts. */
  public static final class GivesUp {
    @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
    static boolean enter(@Advice.FieldValue("status") Lane.Status status) {
      return status.attempts() >= 3;
    }
  }

  /** Where one member has an entry, it is owed to none. */
  public static final class OneIsEnough {
    @Advice.OnMethodExit
    static void exit(
        @Advice.This Ledger ledger,
        @Advice.Argument(0) Membership membership,
        @Advice.Argument(1) NodeId self,
        @Advice.Argument(2) Dot dot,
        @Advice.Return(readOnly = false) boolean owed) {
      owed = owed && !Instead.someoneHas(ledger, membership, self, dot);
    }
  }

  public static boolean someoneHas(Ledger ledger, Membership membership, NodeId self, Dot dot) {
    return membership.members().stream()
        .anyMatch(member ->
            !member.node().equals(self)
                && !member.node().equals(dot.replica().node())
                && ledger.covers(membership.space(), member.node(), dot));
  }

  private static final Map<Ledger, Set<CustodyMark.Way>> IN_CUSTODY = new WeakHashMap<>();

  /** A relay that has signed for something is remembered. */
  public static final class RemembersCustody {
    @Advice.OnMethodEnter
    static void enter(
        @Advice.FieldValue("recording") Recording recording,
        @Advice.Argument(0) CustodyMark.Way way) {
      Instead.inCustody(recording.ledger(), way);
    }
  }

  public static void inCustody(Ledger ledger, CustodyMark.Way way) {
    IN_CUSTODY.computeIfAbsent(ledger, _ -> new HashSet<>()).add(way);
  }

  /** To whom a relay carries something, nothing is owed. */
  public static final class CustodyIsEnough {
    @Advice.OnMethodExit
    static void exit(
        @Advice.This Ledger ledger,
        @Advice.Argument(0) Membership membership,
        @Advice.Argument(1) NodeId self,
        @Advice.Argument(2) Dot dot,
        @Advice.Return(readOnly = false) boolean owed) {
      owed = owed && Instead.someoneHasNoMail(ledger, membership, self, dot);
    }
  }

  public static boolean someoneHasNoMail(
      Ledger ledger, Membership membership, NodeId self, Dot dot) {
    var space = membership.space();
    var ways = IN_CUSTODY.getOrDefault(ledger, Set.of());
    return membership.active().stream()
        .map(Membership.Member::node)
        .anyMatch(member ->
            !member.equals(self)
                && !ledger.covers(space, member, dot)
                && ways.stream()
                    .noneMatch(way -> way.space().equals(space) && way.to().equals(member)));
  }

  /** Of what it opens, it has lost the keys of intents. */
  public static final class WithoutKeys {
    @Advice.OnMethodExit
    static void exit(@Advice.This Object journal) {
      Instead.forgetIntents(journal);
    }
  }

  public static void forgetIntents(Object journal) {
    ((Map<?, ?>) of(of(journal, CONTENTS), INTENTS)).clear();
  }

  private static Object of(Object owner, Field field) {
    try {
      return field.get(owner);
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }

  /** Who has no right has every right. */
  public static final class EveryoneWrites {
    @Advice.OnMethodExit
    static void exit(@Advice.Return(readOnly = false) Optional<Role> role) {
      if (role.isEmpty()) {
        role = Optional.of(Role.ADMIN);
      }
    }
  }

  /** What a deletion was made on stays a head. */
  public static final class BesideItsDeletion {
    @Advice.OnMethodExit
    static void exit(
        @Advice.Return(readOnly = false) @Nullable DocumentState state,
        @Advice.Argument(1) @Nullable DocumentState before) {
      if (state != null && before != null && before.exists() && state.deleted()) {
        var heads = new ArrayList<Head>(before.heads());
        heads.addAll(state.heads());
        state = new DocumentState(state.key(), heads, null, state.lastPosition());
      }
    }
  }

  /** Of the sides a deletion wins. */
  public static final class DeletionWins {
    @Advice.OnMethodExit
    static void exit(
        @Advice.This DocumentState state, @Advice.Return(readOnly = false) Head winner) {
      winner = Instead.deletion(state.sides()).orElse(winner);
    }
  }

  public static Optional<Head> deletion(Collection<Head> heads) {
    return heads.stream().filter(Head::deleted).findFirst();
  }

  /** Of a number that others have changed too nothing is left. */
  public static final class ForgetsOthers {
    @Advice.OnMethodExit
    static void exit(@Advice.Return(readOnly = false) BigDecimal number) {
      number = BigDecimal.ZERO;
    }
  }

  /** What was decided stands, whoever's clock has decided. */
  public static final class NothingIsDoubted {
    @Advice.OnMethodExit
    static void exit(@Advice.Return(readOnly = false) Decided.Standing standing) {
      standing = Decided.Standing.STANDS;
    }
  }

  private static final Map<Ledger, Set<Statement>> STATEMENTS = new WeakHashMap<>();

  /** What a member once said to have it has. */
  public static final class OfAnyLife {
    @Advice.OnMethodExit
    static void exit(
        @Advice.This Ledger ledger,
        @Advice.Argument(0) SpaceId space,
        @Advice.Argument(1) NodeId member,
        @Advice.Argument(2) Dot dot,
        @Advice.Return(readOnly = false) boolean has) {
      has = has || Instead.everHad(ledger, space, member, dot);
    }
  }

  public static boolean everHad(Ledger ledger, SpaceId space, NodeId member, Dot dot) {
    var all = STATEMENTS.computeIfAbsent(ledger, _ -> new HashSet<>());
    ledger.by(space, member).ifPresent(known -> all.add(known.statement()));
    return all.stream()
        .anyMatch(said ->
            said.space().equals(space) && said.by().node().equals(member) && said.covers(dot));
  }

  /** A statement of less than before is none. */
  public static final class OnlyMore {
    @Advice.OnMethodExit
    static void exit(
        @Advice.This Ledger ledger,
        @Advice.Argument(0) Statement statement,
        @Advice.Return(readOnly = false) boolean news) {
      news = news && Instead.more(ledger, statement);
    }
  }

  public static boolean more(Ledger ledger, Statement statement) {
    return ledger
        .by(statement.space(), statement.by().node())
        .map(known ->
            known.statement().vector().entrySet().stream()
                .allMatch(chain -> statement.covers(new Dot(chain.getKey(), chain.getValue()))))
        .orElse(true);
  }

  /** This node is one of the others. */
  public static final class ItselfToo {
    @Advice.OnMethodExit
    static void exit(
        @Advice.FieldValue("recording") Recording recording,
        @Advice.Argument(0) LoggedEntry logged,
        @Advice.Return(readOnly = false) List<Membership.Member> others) {
      others =
          List.copyOf(recording.view(logged.entry().space()).orElseThrow().membership().members());
    }
  }

  /** All members are counted on. */
  public static List<Membership.Member> members(Membership membership) {
    return List.copyOf(membership.members());
  }

  /** Who is retired counts as active. */
  public static boolean isMember(Membership membership, NodeId node) {
    return membership.member(node).isPresent();
  }

  public static int later(Object a, Object b) {
    return 1;
  }

  /** Who is retired is one of the others. */
  public static final class WithRetired {
    @Advice.OnMethodExit
    static void exit(
        @Advice.FieldValue("recording") Recording recording,
        @Advice.FieldValue("self") NodeId self,
        @Advice.Argument(0) LoggedEntry logged,
        @Advice.Return(readOnly = false) List<Membership.Member> others) {
      others = Instead.withRetired(recording, self, logged);
    }
  }

  public static List<Membership.Member> withRetired(
      Recording recording, NodeId self, LoggedEntry logged) {
    return recording.view(logged.entry().space()).orElseThrow().membership().members().stream()
        .filter(member -> !member.node().equals(self))
        .toList();
  }

  /** Who is retired has written nothing. */
  public static final class NotOfRetired {
    @Advice.OnMethodExit
    static void exit(
        @Advice.This Membership membership,
        @Advice.Argument(0) NodeId author,
        @Advice.Return(readOnly = false) Optional<Role> role) {
      role = Instead.unlessRetired(membership, author, role);
    }
  }

  public static Optional<Role> unlessRetired(
      Membership membership, NodeId author, Optional<Role> role) {
    return membership.member(author).filter(Membership.Member::retired).isPresent()
        ? Optional.empty()
        : role;
  }

  /** Who may only read is none of the others. */
  public static final class WithoutReaders {
    @Advice.OnMethodExit
    static void exit(@Advice.Return(readOnly = false) List<Membership.Member> others) {
      others = Instead.writers(others);
    }
  }

  public static List<Membership.Member> writers(List<Membership.Member> members) {
    return members.stream().filter(member -> member.role() != Role.READER).toList();
  }

  private static final Map<Object, List<NodeId>> FIRST = new WeakHashMap<>();

  /** The others are those of the first time. */
  public static final class AsAtFirst {
    @Advice.OnMethodExit
    static void exit(
        @Advice.This Object receipts,
        @Advice.Return(readOnly = false) List<Membership.Member> others) {
      others = Instead.first(receipts, others);
    }
  }

  public static List<Membership.Member> first(Object receipts, List<Membership.Member> members) {
    var first =
        FIRST.computeIfAbsent(
            receipts, _ -> members.stream().map(Membership.Member::node).toList());
    return members.stream().filter(member -> first.contains(member.node())).toList();
  }

  /** What is urgent is as anything else. */
  public static final class NothingIsUrgent {
    @Advice.OnMethodExit
    static void exit(@Advice.Return(readOnly = false) Priority priority) {
      priority = priority == Priority.URGENT ? Priority.NORMAL : priority;
    }
  }

  /** What is urgent counts when all before it has gone. */
  public static final class AloneIsUrgent {
    @Advice.OnMethodExit
    static void exit(
        @Advice.FieldValue("urgent") long urgent,
        @Advice.Argument(0) long position,
        @Advice.Return(readOnly = false) Priority priority) {
      priority = priority == Priority.URGENT && urgent > position + 1 ? Priority.NORMAL : priority;
    }
  }

  private static final Map<NodeId, List<String>> LABELS = new HashMap<>();

  /** Notes the labels that members have in the newest membership. */
  public static final class NotesLabels {
    @Advice.OnMethodExit
    static void exit(@Advice.This Membership membership) {
      Instead.note(membership);
    }
  }

  public static void note(Membership membership) {
    membership.members().forEach(member -> LABELS.put(member.node(), member.labels()));
  }

  /** An author has had the labels that it has now. */
  public static final class LabelsOfNow {
    @Advice.OnMethodExit
    static void exit(
        @Advice.Argument(0) LoggedEntry logged,
        @Advice.Return(readOnly = false) KnownOperation known) {
      known = Instead.labelledNow(logged, known);
    }
  }

  public static KnownOperation labelledNow(LoggedEntry logged, KnownOperation known) {
    return new KnownOperation(
        known.operation(),
        known.version(),
        known.definition(),
        LABELS.getOrDefault(logged.entry().author().node(), List.of()),
        known.computed(),
        known.stamp(),
        known.position(),
        known.effective(),
        known.suspect());
  }

  /** The storage goes on as the incarnation that lies in it. */
  public static final class AsItWas {
    @Advice.OnMethodExit
    static void exit(
        @Advice.Return(readOnly = false) Birth birth, @Advice.Argument(0) Optional<Found> found) {
      if (found.isPresent()) {
        birth = new Birth(found.get().incarnation(), 0);
      }
    }
  }

  /** A share is that of all lives of its node. */
  public static final class OfAllLives {
    @Advice.OnMethodExit
    static void exit(
        @Advice.FieldValue("held") Map<String, ? extends Map<Replica, BigDecimal>> held,
        @Advice.Argument(0) String field,
        @Advice.Argument(1) Replica share,
        @Advice.Return(readOnly = false) BigDecimal own) {
      own = Instead.ofAllLives(held.get(field), share);
    }
  }

  public static BigDecimal ofAllLives(@Nullable Map<Replica, BigDecimal> held, Replica share) {
    var all = BigDecimal.ZERO;
    if (held != null) {
      for (var each : held.entrySet()) {
        all = each.getKey().node().equals(share.node()) ? all.add(each.getValue()) : all;
      }
    }
    return all;
  }

  // ---- relays

  public static boolean same(@Nullable Object one, @Nullable Object other) {
    return true;
  }

  public static OptionalLong most(LongStream numbers) {
    return numbers.max();
  }

  public static long larger(long one, long other) {
    return Math.max(one, other);
  }

  public static byte[] anothers(Membership.Member member) {
    byte[] seed = new byte[NodeKey.SEED_BYTES];
    return new NodeKey(seed).publicKey();
  }

  /** What comes is signed for at once. */
  public static void signedAtOnce(
      MailboxStore store, MailboxStore.Arrived envelope, CompletableFuture<MailboxStore.Put> done) {
    store.put(envelope, new CompletableFuture<>());
    done.complete(new MailboxStore.Kept(envelope.at()));
  }

  /** The same of several. */
  public static void allSignedAtOnce(
      MailboxStore store,
      List<MailboxStore.Arrived> envelopes,
      CompletableFuture<List<MailboxStore.Put>> done) {
    store.put(envelopes, new CompletableFuture<>());
    done.complete(
        envelopes.stream()
            .<MailboxStore.Put>map(envelope -> new MailboxStore.Kept(envelope.at()))
            .toList());
  }

  /** An envelope counts as taken in at once. */
  public static CompletionStage<Envelopes.Opened> openedAtOnce(
      Envelopes envelopes, Envelope envelope) {
    var sender = envelope.outside().sender();
    var opening = envelopes.open(envelope).toCompletableFuture();
    return opening.isCompletedExceptionally()
        ? opening
        : CompletableFuture.completedStage(
            new Envelopes.Opened(sender, envelopes.spacesWith(sender).getFirst(), 0, Map.of()));
  }

  /** What another relay holds counts as gone. */
  public static final class DropsWhatIsHeld {
    @Advice.OnMethodEnter
    static void enter(@Advice.Argument(value = 0, readOnly = false) MailFrame frame) {
      if (frame instanceof MailFrame.Holds holds) {
        frame = new MailFrame.Gone(holds.id());
      }
    }
  }

  /** Whatever is offered is wanted. */
  public static final class WantsAll {
    @Advice.OnMethodExit
    static void exit(@Advice.Return(readOnly = false) Optional<?> here) {
      here = Optional.empty();
    }
  }

  /** A relay has what it had. */
  public static final class StaysAsItIs {
    @Advice.OnMethodExit
    static void exit(
        @Advice.This CustodyMark self, @Advice.Return(readOnly = false) CustodyMark emptied) {
      emptied = self;
    }
  }

  // ---- what an end within a step leaves

  /** How many changes a storage had before the group that is not yet answered to its end. */
  private static final Map<Object, Integer> BEFORE_GROUP = new WeakHashMap<>();

  /** A group counts when all of it is answered, and that is forced. */
  public static final class CountsWhenAnswered {
    @Advice.OnMethodEnter
    static void enter(@Advice.FieldValue("journal") Journal journal) {
      Instead.groupBegins(journal);
    }

    @Advice.OnMethodExit
    static void exit(@Advice.FieldValue("journal") Journal journal) {
      Instead.groupEnds(journal);
    }
  }

  public static void groupBegins(Journal journal) {
    if (journal instanceof InMemoryJournal) {
      var medium = of(journal, MEDIUM);
      BEFORE_GROUP.put(medium, changes(medium).size());
    }
  }

  public static void groupEnds(Journal journal) {
    if (journal instanceof InMemoryJournal) {
      var medium = of(journal, MEDIUM);
      if (changes(medium).size() > BEFORE_GROUP.getOrDefault(medium, 0)) {
        journal.force();
      }
      BEFORE_GROUP.remove(medium);
    }
  }

  private static List<?> changes(Object medium) {
    return (List<?>) of(medium, CHANGES);
  }

  /** Of what it opens, it undoes the group that doesn't count. */
  public static final class UndoesAGroup {
    @Advice.OnMethodEnter
    static void enter(@Advice.Argument(0) InMemoryJournal.Medium medium) {
      Instead.undoGroup(medium);
    }
  }

  public static void undoGroup(InMemoryJournal.Medium medium) {
    var before = BEFORE_GROUP.remove(medium);
    var changes = changes(medium);
    if (before != null && changes.size() > before) {
      changes.subList(before, changes.size()).clear();
      try {
        FORCED.setInt(medium, Math.min(FORCED.getInt(medium), before));
      } catch (IllegalAccessException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** Up to where an incarnation file goes that is older than the storage beside it. */
  private static long believed = Long.MAX_VALUE;

  /** Notes where the log ends, as an older file says. */
  public static final class BelievesAnOlderFile {
    @Advice.OnMethodExit
    static void exit(
        @Advice.FieldValue("file") IncarnationFile file,
        @Advice.Argument(0) Optional<Found> found) {
      Instead.believe(file, found);
    }
  }

  public static void believe(IncarnationFile file, Optional<Found> found) {
    believed =
        file.read()
            .filter(written -> found.isPresent() && written.opened() < found.get().opened())
            .map(IncarnationFile.Content::position)
            .orElse(Long.MAX_VALUE);
  }

  /** Of its own entries it takes over those up to there. */
  public static final class UpToWhatIsBelieved {
    @Advice.OnMethodExit
    static void exit(
        @Advice.FieldValue("spaces") Map<SpaceId, SpaceState> spaces,
        @Advice.FieldValue("journal") Journal journal) {
      Instead.cutBackToBelieved(spaces, journal);
    }
  }

  public static void cutBackToBelieved(Map<SpaceId, SpaceState> spaces, Journal journal) {
    for (var space : spaces.values()) {
      var chain = space.chain(space.self());
      while (chain.sequence() > 1 && chain.position() > believed) {
        var end = journal.find(space.id(), space.self(), chain.sequence() - 1).orElseThrow();
        chain = chain.endingAt(chain.sequence() - 1, end.hash(), end.position());
      }
      space.recovered(space.self(), chain);
    }
  }

  private static final List<Group> GROUPS = new ArrayList<>();

  /**
   * Envelopes that a relay puts together.
   *
   * @param unsaid of which the member has not been told yet
   */
  private record Group(MailboxStore store, NodeId member, Map<UUID, NodeId> to, Set<UUID> unsaid) {}

  /** It counts when all of it is signed for, and that is forced. */
  public static void putInAGroup(
      MailboxStore store,
      List<MailboxStore.Arrived> envelopes,
      CompletableFuture<List<MailboxStore.Put>> done) {
    var to = new HashMap<UUID, NodeId>();
    envelopes.forEach(envelope -> to.put(envelope.id(), envelope.destination()));
    var member = envelopes.getFirst().sender();
    GROUPS.add(new Group(store, member, to, new HashSet<>(to.keySet())));
    store.put(envelopes, done);
  }

  /** Notes what is said of a group. */
  public static final class SaysOfAGroup {
    @Advice.OnMethodEnter
    static void enter(
        @Advice.Argument(0) MailboxStore.Arrived envelope,
        @Advice.Argument(value = 2, readOnly = false) Runnable said) {
      said = Instead.saying(envelope, said);
    }
  }

  public static Runnable saying(MailboxStore.Arrived envelope, Runnable said) {
    return () -> {
      said.run();
      for (var group : GROUPS) {
        if (group.unsaid().remove(envelope.id()) && group.unsaid().isEmpty()) {
          var forced = new CompletableFuture<MailboxStore.Account>();
          var _ = forced.thenRun(() -> GROUPS.remove(group));
          group.store().account(group.member(), forced);
        }
      }
    };
  }

  /** Who has hung up is told nothing more. */
  public static final class SaysNoMore {
    @Advice.OnMethodEnter
    static void enter(@Advice.FieldValue("member") NodeId member) {
      Instead.saysNoMore(member);
    }
  }

  public static void saysNoMore(NodeId member) {
    GROUPS.removeIf(group -> group.member().equals(member));
  }

  /** At its start a relay drops the groups that don't count. */
  public static final class DropsGroups {
    @Advice.OnMethodEnter
    static void enter(@Advice.FieldValue("store") MailboxStore store) {
      Instead.dropGroups(store);
    }
  }

  public static void dropGroups(MailboxStore store) {
    for (var group : List.copyOf(GROUPS)) {
      if (of(group.store(), MAILBOX_DISK) == of(store, MAILBOX_DISK)) {
        GROUPS.remove(group);
        group.to().forEach((id, to) -> invoked(TAKEN, store, to, id));
      }
    }
  }

  // ---- versions

  /** Everyone speaks what this software speaks. */
  public static int newest(Frame.Hello hello) {
    return Frame.VERSION;
  }

  // ---- policies

  /** What is to give fields back changes none. */
  public static final class GivesNothingBack {
    @Advice.OnMethodExit
    static void exit(@Advice.Return(readOnly = false) Change.Undo undo) {
      undo = Instead.ofNothing(undo);
    }
  }

  public static Change.Undo ofNothing(Change.Undo undo) {
    return undo.restoring() instanceof Change.Patch(var notation, _)
        ? new Change.Undo(undo.conflict(), new Change.Patch(notation, JsonText.parse("{}")))
        : undo;
  }

  /** Under {@code latest} the first write stands against all that follow. */
  public static final class FirstOfLatest {
    @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
    static boolean enter(
        @Advice.FieldValue("definition") Definition definition,
        @Advice.FieldValue("contenders") Map<String, ?> contenders) {
      return !definition.merges() && !contenders.isEmpty();
    }
  }

  /** The first write of a field stands against all that follow. */
  public static final class FirstOfAField {
    @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
    static boolean enter(
        @Advice.FieldValue("contenders") Map<String, ?> contenders,
        @Advice.Argument(value = 0, typing = Assigner.Typing.DYNAMIC) Object effect) {
      return Instead.isWritten(effect, contenders);
    }
  }

  public static boolean isWritten(Object effect, Map<String, ?> contenders) {
    return effect.getClass().getSimpleName().equals("Write")
        && contenders.containsKey((String) invoked(FIELD, effect));
  }

  /** Items are added and none removed. */
  public static final class TakesNothingOut {
    @Advice.OnMethodEnter
    static void enter(@Advice.Argument(value = 3, readOnly = false) List<Json> removed) {
      removed = List.of();
    }
  }

  /** A maximum goes down, too. */
  public static final class LastOfMaximum {
    @Advice.OnMethodExit
    static void exit(
        @Advice.Argument(value = 1, typing = Assigner.Typing.DYNAMIC) Object bound,
        @Advice.Return(readOnly = false) Json number) {
      number = Instead.last(FieldType.MAX, bound, number);
    }
  }

  /** A minimum goes up, too. */
  public static final class LastOfMinimum {
    @Advice.OnMethodExit
    static void exit(
        @Advice.Argument(value = 1, typing = Assigner.Typing.DYNAMIC) Object bound,
        @Advice.Return(readOnly = false) Json number) {
      number = Instead.last(FieldType.MIN, bound, number);
    }
  }

  public static Json last(FieldType type, Object bound, Json number) {
    return invoked(BOUND_TYPE, bound) == type ? (Json) invoked(BOUND_NUMBER, bound) : number;
  }

  // ---- dead letters

  /** What is written in a letter's place comes without what settles that. */
  public static final class SettlesNothing {
    @Advice.OnMethodExit
    static void exit(
        @Advice.Argument(1) IntentRequest intent,
        @Advice.Return(readOnly = false) IntentRequest replacing) {
      replacing = intent;
    }
  }

  /** A letter is settled, also where it was. */
  public static final class WhateverIsThere {
    @Advice.OnMethodExit
    static void exit(
        @Advice.Return(readOnly = false, typing = Assigner.Typing.DYNAMIC) Object settling) {
      settling = Instead.whateverIsThere(settling);
    }
  }

  public static Object whateverIsThere(Object settling) {
    return settling instanceof OperationRequest write
        ? new OperationRequest(
            write.op(), write.collection(), write.id(), write.body(), null, Condition.ANY)
        : settling;
  }

  /** Whoever wrote a letter is said to have settled it. */
  public static final class ByItsAuthor {
    @Advice.OnMethodExit
    static void exit(
        @Advice.Argument(0) LoggedEntry letter,
        @Advice.Return(readOnly = false) Optional<Settlements.Settled> settled) {
      settled = Instead.byItsAuthor(letter, settled);
    }
  }

  public static Optional<Settlements.Settled> byItsAuthor(
      LoggedEntry letter, Optional<Settlements.Settled> settled) {
    return settled.map(it ->
        new Settlements.Settled(
            it.settlement(), letter.entry().author().node(), it.actor(), it.intent(), it.clock()));
  }

  /** That another node has dropped a letter makes no document. */
  public static void unlessDropped(
      LoggedEntry logged, Reads reads, Instant now, List<Write> writes) {
    boolean drops =
        logged.entry().operations().stream()
            .allMatch(operation -> operation.collection().equals(Operation.DEAD_LETTERS));
    if (!drops) {
      invoked(APPLY, null, logged, reads, now, writes);
    }
  }

  /** Of a chain nothing goes that follows on an entry without effect. */
  public static final class NothingBehindADeadLetter {
    @Advice.OnMethodExit
    static void exit(
        @Advice.Argument(0) List<LoggedEntry> entries,
        @Advice.Return(readOnly = false) Set<Hash> vouched) {
      vouched = Instead.beforeDeadLetters(entries, vouched);
    }
  }

  public static Set<Hash> beforeDeadLetters(List<LoggedEntry> entries, Set<Hash> vouched) {
    var before = new HashSet<>(vouched);
    var ended = new HashSet<Replica>();
    for (var logged : entries) {
      if (ended.contains(logged.chain())) {
        before.remove(logged.hash());
      }
      if (!logged.standing().effective()) {
        ended.add(logged.chain());
      }
    }
    return before;
  }

  // ---- the guard

  /** The file is written first, and the journal then. */
  public static final class WritesThrough {
    @Advice.OnMethodEnter
    static void enter(
        @Advice.FieldValue("pending") Object pending, @Advice.FieldValue("data") FileChannel data) {
      Instead.writeThrough(pending, data);
    }
  }

  public static void writeThrough(Object pending, FileChannel data) {
    for (var operation : (List<?>) invoked(OPERATIONS, pending)) {
      invoked(APPLY_TO, operation, data);
    }
  }

  private static Object invoked(Method method, @Nullable Object owner, Object... arguments) {
    try {
      return method.invoke(owner, arguments);
    } catch (InvocationTargetException e) {
      // a disk that fails, or ends the process
      throw thrown(e.getCause());
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> RuntimeException thrown(@Nullable Throwable any) throws T {
    throw (T) Objects.requireNonNull(any);
  }

  /** Whatever is committed may be shown. */
  public static final class UpToTheEnd {
    @Advice.OnMethodExit
    static void exit(
        @Advice.FieldValue("lastPosition") long last,
        @Advice.Return(readOnly = false) long durable) {
      durable = last;
    }
  }

  /** Of what it opens, it has lost the documents that are deleted. */
  public static final class WithoutTombstones {
    @Advice.OnMethodExit
    static void exit(@Advice.This Object journal) {
      Instead.forgetDeleted(journal);
    }
  }

  public static void forgetDeleted(Object journal) {
    ((Map<?, ?>) of(of(journal, CONTENTS), DOCUMENTS))
        .values()
        .removeIf(state -> ((DocumentState) state).deleted());
  }

  /** What is divided is a conflict where several have changed it. */
  public static final class DividedIsDisputed {
    @Advice.OnMethodExit
    static void exit(
        @Advice.This DocumentState state, @Advice.Return(readOnly = false) boolean conflicted) {
      conflicted =
          conflicted || (state.key().collection().equals("stock") && state.heads().size() > 1);
    }
  }

  /** Who lost a field to what came later here is said to have lost the whole. */
  public static final class WholeIfLater {
    @Advice.OnMethodExit
    static void exit(
        @Advice.Argument(1) Collection<KnownOperation> operations,
        @Advice.Return(readOnly = false) DocumentState state) {
      state = Instead.wholeIfLater(state, operations);
    }
  }

  public static DocumentState wholeIfLater(
      DocumentState state, Collection<KnownOperation> operations) {
    var positions = new HashMap<Hash, Long>();
    operations.forEach(known -> positions.putIfAbsent(known.version(), known.position()));
    var decided =
        state.decided().stream()
            .map(conflict ->
                positions.getOrDefault(conflict.winner(), 0L)
                        < positions.getOrDefault(conflict.loser(), 0L)
                    ? conflict
                    : new Decided(
                        conflict.loser(), conflict.winner(), List.of(""), conflict.standing()))
            .toList();
    return new DocumentState(
        state.key(), state.heads(), state.base(), state.lastPosition(), state.merged(), decided);
  }

  /** A list has nothing in it. */
  public static final class NamesNothing {
    @Advice.OnMethodExit
    static void exit(@Advice.Return(readOnly = false) List<?> named) {
      named = List.of();
    }
  }

  /** A write leaves what was there. */
  public static final class StaysAsItWas {
    @Advice.OnMethodExit
    static void exit(
        @Advice.Return(readOnly = false, typing = Assigner.Typing.DYNAMIC) Object body,
        @Advice.Argument(value = 1, typing = Assigner.Typing.DYNAMIC) Object base) {
      if (body != null && base != null) {
        body = base;
      }
    }
  }
}
