package com.softadastra.sync.storage;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.Reads;
import com.softadastra.engine.space.SignedRecord;
import com.softadastra.engine.space.Urgency;
import com.softadastra.engine.space.Write;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What one commit writes. Decisions see it at once through this overlay, never through the journal;
 * the journal takes all of it together. Owned by the thread that records.
 */
public final class Batch implements Reads {
  private final Reads committed;
  private final Instant now;

  private final Map<DocumentKey, DocumentState> documents = new LinkedHashMap<>();
  // asked for and found nowhere; whoever decides asks more than once
  private final Set<DocumentKey> absent = new HashSet<>();
  private final TreeMap<Long, LoggedEntry> appended = new TreeMap<>();
  private final Map<Long, LoggedEntry> restood = new LinkedHashMap<>();
  private final Map<IntentKey, Set<Long>> intents = new LinkedHashMap<>();
  // entries that are not, or no longer, where the journal has them
  private final Map<IntentKey, List<Long>> appendedIntents = new HashMap<>();
  private final Map<Chain, TreeMap<Long, Long>> placed = new HashMap<>();
  private final Map<Chain, Long> ends = new HashMap<>();
  private final List<Write.Branch> branches = new ArrayList<>();
  private final Map<Hash, Write.PutConflict> conflicts = new LinkedHashMap<>();
  private final Map<Hash, SpaceId> undone = new LinkedHashMap<>();
  private final Map<SpaceId, String> names = new LinkedHashMap<>();
  private final Map<SpaceId, List<SignedRecord>> records = new LinkedHashMap<>();
  private final Set<SpaceId> owedWhole = new LinkedHashSet<>();
  private final TreeMap<Long, Journal.OutboxRow> owedAgain = new TreeMap<>();
  private final Map<SpaceId, Long> discharged = new LinkedHashMap<>();
  private final Map<SpaceId, Boolean> clocksFollowed = new LinkedHashMap<>();
  private final Map<Long, LoggedEntry> mended = new LinkedHashMap<>();
  private final Set<DocumentKey> rebuilt = new LinkedHashSet<>();
  private Collection<Ledger.Known> statements = List.of();
  private @Nullable Chains chains;
  private Journal.@Nullable Node node;
  private Predicate<LoggedEntry> owed = _ -> false;
  private Supplier<Map<Long, byte[]>> signatures = Map::of;

  /** An intent's id in its space. */
  record IntentKey(SpaceId space, String id) {}

  /** A chain in its space. */
  record Chain(SpaceId space, Replica name) {}

  /** The ends of all chains, and how urgent what spaces have is, as of a position. */
  record Chains(
      Map<SpaceId, Map<Replica, ChainHead>> ends, Map<SpaceId, Urgency> urgency, long position) {}

  /**
   * @param committed what is there without this batch
   * @param now when it is made
   */
  Batch(Reads committed, Instant now) {
    this.committed = committed;
    this.now = now;
  }

  boolean isEmpty() {
    return appended.isEmpty()
        && restood.isEmpty()
        && documents.isEmpty()
        && statements.isEmpty()
        && owedAgain.isEmpty()
        && discharged.isEmpty()
        && clocksFollowed.isEmpty()
        && mended.isEmpty()
        && rebuilt.isEmpty()
        && node == null;
  }

  /** Whether it is what group commits are made of, and no more. */
  boolean isOfRows() {
    return node == null
        && names.isEmpty()
        && records.isEmpty()
        && owedWhole.isEmpty()
        && clocksFollowed.isEmpty()
        && branches.isEmpty();
  }

  void add(List<Write> writes) {
    for (var write : writes) {
      switch (write) {
        case Write.Append(var logged) -> {
          appended.put(logged.position(), logged);
          place(logged);
          var intent = logged.entry().intent();
          if (intent != null) {
            appendedIntents
                .computeIfAbsent(
                    new IntentKey(logged.entry().space(), intent.id()), _ -> new ArrayList<>())
                .add(logged.position());
          }
        }
        case Write.PutDocument(var state) -> documents.put(state.key(), state);
        case Write.PutIntent(var space, var id, var position) ->
            intents
                .computeIfAbsent(new IntentKey(space, id), _ -> new LinkedHashSet<>())
                .add(position);
        case Write.Restand(var logged) -> {
          (appended.containsKey(logged.position()) ? appended : restood)
              .put(logged.position(), logged);
          place(logged);
        }
        case Write.Branch branch -> {
          branches.add(branch);
          var parent = new Chain(branch.space(), branch.parent());
          ends.put(parent, branch.after());
          placed.getOrDefault(parent, new TreeMap<>()).tailMap(branch.after(), false).clear();
        }
        case Write.PutConflict conflict -> conflicts.put(conflict.id(), conflict);
        case Write.UndoConflict(var id, var key) -> undone.put(id, key.space());
      }
    }
  }

  private void place(LoggedEntry logged) {
    placed
        .computeIfAbsent(new Chain(logged.entry().space(), logged.chain()), _ -> new TreeMap<>())
        .put(logged.entry().sequence(), logged.position());
  }

  /** Writes an entry again whose row is damaged. */
  void mend(LoggedEntry logged) {
    mended.put(logged.position(), logged);
    place(logged);
  }

  /** Writes a document again whose row is damaged. */
  void rebuild(DocumentState state) {
    rebuilt.add(state.key());
    documents.put(state.key(), state);
  }

  /** Keeps statements, which are the latest of their makers. */
  void note(Collection<Ledger.Known> latest) {
    statements = latest;
  }

  /** Makes a space known under a name. */
  void create(String name, Membership membership) {
    names.put(membership.space(), name);
    records.put(membership.space(), membership.records());
  }

  /** Adds to a space's membership. */
  void learn(SpaceId space, List<SignedRecord> more) {
    records.put(space, more);
  }

  /** A member has nothing yet: all that is recorded is owed. */
  void oweEverything(SpaceId space) {
    owedWhole.add(space);
  }

  /** Nobody is owed what a space's outbox has up to a position, but for what is owed again. */
  void discharge(SpaceId space, long upTo) {
    discharged.merge(space, upTo, Math::max);
  }

  /** A member has lost an entry of an earlier commit, which is owed, again or still. */
  void oweAgain(Journal.OutboxRow row) {
    owedAgain.put(row.position(), row);
  }

  /** Whether a space's documents are folded as its documents of clocks say; new spaces' are. */
  void followClocks(SpaceId space, boolean followed) {
    clocksFollowed.put(space, followed);
  }

  /** Writes down where the chains have come to, which bounds what the next start reads. */
  void chains(
      Map<SpaceId, Map<Replica, ChainHead>> ends, Map<SpaceId, Urgency> urgency, long position) {
    chains = new Chains(ends, urgency, position);
  }

  void node(Journal.Node now) {
    node = now;
  }

  /**
   * What the appended entries still need.
   *
   * @param owed whether an entry goes into the outbox
   * @param signatures by position, asked for when all but the entries is written
   */
  void complete(Predicate<LoggedEntry> owed, Supplier<Map<Long, byte[]>> signatures) {
    this.owed = owed;
    this.signatures = signatures;
  }

  @Override
  public @Nullable DocumentState document(DocumentKey key) {
    var state = documents.get(key);
    if (state != null || absent.contains(key)) {
      return state;
    }
    var found = committed.document(key);
    if (found == null) {
      absent.add(key);
    }
    return found;
  }

  @Override
  public LoggedEntry entry(long position) {
    var logged = appended.get(position);
    if (logged == null) {
      logged = restood.get(position);
    }
    if (logged == null) {
      logged = mended.get(position);
    }
    return logged != null ? logged : committed.entry(position);
  }

  @Override
  public Optional<LoggedEntry> find(SpaceId space, Replica name, long sequence) {
    var chain = new Chain(space, name);
    var position = placed.getOrDefault(chain, new TreeMap<>()).get(sequence);
    if (position != null) {
      return Optional.of(entry(position));
    }
    return sequence > ends.getOrDefault(chain, Long.MAX_VALUE)
        ? Optional.empty()
        : committed.find(space, name, sequence);
  }

  @Override
  public List<LoggedEntry> run(SpaceId space, Replica name, long from) {
    var chain = new Chain(space, name);
    long end = ends.getOrDefault(chain, Long.MAX_VALUE);
    var run = new TreeMap<Long, LoggedEntry>();
    for (var logged : committed.run(space, name, from)) {
      if (logged.entry().sequence() <= end) {
        run.put(logged.entry().sequence(), logged);
      }
    }
    placed
        .getOrDefault(chain, new TreeMap<>())
        .tailMap(from, true)
        .forEach((sequence, position) -> run.put(sequence, entry(position)));
    return List.copyOf(run.values());
  }

  @Override
  public List<LoggedEntry> intents(SpaceId space, String id) {
    var key = new IntentKey(space, id);
    var positions = new LinkedHashSet<Long>();
    committed.intents(space, id).forEach(logged -> positions.add(logged.position()));
    positions.addAll(appendedIntents.getOrDefault(key, List.of()));
    return positions.stream().map(this::entry).toList();
  }

  @Override
  public Set<DocumentKey> disputed(SpaceId space) {
    var disputed = new LinkedHashSet<>(committed.disputed(space));
    conflicts.values().stream()
        .map(Write.PutConflict::key)
        .filter(key -> key.space().equals(space))
        .forEach(disputed::add);
    return disputed;
  }

  // ---- what a journal takes

  Instant now() {
    return now;
  }

  Collection<DocumentState> documents() {
    return documents.values();
  }

  /** The entries as they are before {@link #signed}. */
  Collection<LoggedEntry> appended() {
    return appended.values();
  }

  /** The appended entries with their signatures; waits for these. */
  Collection<LoggedEntry> signed() {
    signatures
        .get()
        .forEach((position, signature) ->
            appended.computeIfPresent(position, (_, logged) -> logged.signed(signature)));
    return appended.values();
  }

  boolean owed(LoggedEntry logged) {
    return owed.test(logged);
  }

  /** Entries of earlier commits whose standing or chain has changed. */
  Collection<LoggedEntry> restood() {
    return restood.values();
  }

  Collection<LoggedEntry> mended() {
    return mended.values();
  }

  /** Whether a document's row is there and damaged. */
  boolean isRebuilt(DocumentKey key) {
    return rebuilt.contains(key);
  }

  Map<IntentKey, Set<Long>> intents() {
    return intents;
  }

  Collection<Write.PutConflict> conflicts() {
    return conflicts.values();
  }

  /** Conflicts that are to be told again, beside those; they may never have been noticed here. */
  Map<Hash, SpaceId> undone() {
    undone.keySet().removeAll(conflicts.keySet());
    return undone;
  }

  /** The names of spaces that are new. */
  Map<SpaceId, String> names() {
    return names;
  }

  Map<SpaceId, List<SignedRecord>> records() {
    return records;
  }

  Set<SpaceId> owedWhole() {
    return owedWhole;
  }

  Map<SpaceId, Boolean> clocksFollowed() {
    return clocksFollowed;
  }

  /** By space, up to which position. */
  Map<SpaceId, Long> discharged() {
    return discharged;
  }

  /** By position. */
  SortedMap<Long, Journal.OutboxRow> owedAgain() {
    return owedAgain;
  }

  /** In the order in which they came about. */
  List<Write.Branch> branches() {
    return branches;
  }

  Collection<Ledger.Known> statements() {
    return statements;
  }

  Optional<Chains> chains() {
    return Optional.ofNullable(chains);
  }

  Optional<Journal.Node> node() {
    return Optional.ofNullable(node);
  }
}
