package com.softadastra.engine.session;

import static com.softadastra.engine.Given.CLOCK;
import static com.softadastra.engine.Given.key;
import static com.softadastra.engine.Given.replica;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.engine.Given;
import com.softadastra.engine.MemoryLog;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.Intent;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Signatures.Purpose;
import com.softadastra.engine.space.BatchCheck.Checked;
import com.softadastra.engine.space.BatchCheck.Offered;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.ReceivedEntry;
import com.softadastra.engine.space.Receiver;
import com.softadastra.engine.space.SignedRecord;
import com.softadastra.engine.space.Urgency;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** A node with one space and everything in memory; what it stores counts as forced at once. */
final class MemoryHost extends MemoryLog implements SessionHost {
  final int node;
  final Map<Replica, String> refused = new HashMap<>();
  final Map<NodeId, Statement> noted = new HashMap<>();
  final Map<NodeId, Statement.Signed> signed = new HashMap<>();
  final List<Replica> forks = new ArrayList<>();
  final List<Replica> rejecting = new ArrayList<>();
  final Set<Long> unreadable = new TreeSet<>();

  /** What happens before entries are read. */
  Runnable reading = () -> {};

  /** What the peer said last to have. */
  List<Frame.Summary.Known> summarised = List.of();

  /** Whether what it is to store waits in {@link #waiting} until somebody runs that. */
  boolean slow;

  final ArrayDeque<Runnable> waiting = new ArrayDeque<>();

  /** Hears what a batch is refused for, before the session does. */
  Consumer<Map<Replica, String>> decided = _ -> {};

  MemoryHost(int node, Membership membership) {
    super(membership, replica(node));
    this.node = node;
  }

  /** Writes an entry of its own. */
  void write(String document) {
    write(document, Priority.NORMAL);
  }

  void write(String document, Priority priority) {
    write(document, priority, 0);
  }

  /**
   * @param filling bytes that the body has more
   */
  void write(String document, Priority priority, int filling) {
    var chain = state.chain(state.self());
    var previous = documents.get(new DocumentKey(state.id(), "orders", document));
    var parents = previous == null ? new Hash[0] : previous.headVersions().toArray(Hash[]::new);
    var entry =
        Given.entry(
            state.id(),
            state.self(),
            chain.sequence() + 1,
            chain.hash(),
            List.of(),
            state.membership().authority(key(node).nodeId()).orElseThrow(),
            new Intent(
                node + "-" + (chain.sequence() + 1),
                null,
                priority,
                null,
                List.of(
                    Given.operation(
                        document,
                        Given.put(
                            "{\"by\":"
                                + node
                                + (filling == 0
                                    ? "}"
                                    : ",\"filling\":\"" + "x".repeat(filling) + "\"}")),
                        parents))));
    byte[] bytes = EntryCodec.encode(entry);
    var hash = Hash.sha256(bytes);
    receive(new ReceivedEntry(entry, bytes, hash, key(node).sign(Purpose.ENTRY, hash)));
  }

  /** Writes entries that another life of the same replica doesn't write. */
  void writeAgain(String document, int count) {
    for (int i = 0; i < count; i++) {
      write(document + i);
    }
  }

  /** Makes another life of this node of a host that has nothing. */
  void copyTo(MemoryHost other) {
    for (var logged : log) {
      other.receive(
          new ReceivedEntry(logged.entry(), logged.bytes(), logged.hash(), logged.signature()));
    }
  }

  @Override
  public Frame.Hello hello(NodeId peer) {
    var spaces =
        membership(state.id(), peer).isPresent() ? List.of(state.id()) : List.<SpaceId>of();
    return new Frame.Hello(
        Frame.VERSION, Frame.VERSION, state.self(), CLOCK, "node " + node, List.of(), spaces);
  }

  @Override
  public void summarised(SpaceId space, List<Frame.Summary.Known> chains) {
    summarised = chains;
  }

  @Override
  public void met(Frame.Hello peer) {}

  @Override
  public Optional<Membership> membership(SpaceId space, NodeId peer) {
    return space.equals(state.id())
        ? Optional.of(state.membership()).filter(m -> m.member(peer).isPresent())
        : Optional.empty();
  }

  @Override
  public CompletionStage<?> learn(SpaceId space, List<SignedRecord> records) {
    state.membership(state.membership().with(records));
    return CompletableFuture.completedStage(null);
  }

  @Override
  public Map<Replica, ChainHead> chains(SpaceId space) {
    return state.chains();
  }

  @Override
  public Optional<Hash> hash(SpaceId space, Replica chain, long sequence) {
    return find(space, chain, sequence).map(LoggedEntry::hash);
  }

  @Override
  public Optional<Long> position(SpaceId space, Replica chain, long sequence) {
    return find(space, chain, sequence).map(LoggedEntry::position);
  }

  /** Two at a time, so that there are many frames. */
  @Override
  public Optional<List<LoggedEntry>> entries(
      SpaceId space, long after, int bytes, Set<Long> leftOut) {
    reading.run();
    var run =
        log.subList((int) after, (int) Math.min(after + 2, log.size())).stream()
            .filter(logged -> !leftOut.contains(logged.position()))
            .toList();
    return run.stream().anyMatch(logged -> unreadable.contains(logged.position()))
        ? Optional.empty()
        : Optional.of(run);
  }

  @Override
  public List<Unreadable> unreadable(SpaceId space) {
    return unreadable.stream()
        .map(this::entry)
        .map(e -> new Unreadable(e.position(), e.chain(), e.entry().sequence(), e.hash()))
        .toList();
  }

  @Override
  public Optional<LoggedEntry> entry(SpaceId space, Replica chain, long sequence) {
    return find(space, chain, sequence).filter(logged -> !unreadable.contains(logged.position()));
  }

  @Override
  public CompletionStage<?> mend(SpaceId space, List<Offered> entries, NodeId from) {
    for (var offered : entries) {
      var hash = Hash.sha256(offered.bytes());
      unreadable.removeIf(position -> entry(position).hash().equals(hash));
    }
    return CompletableFuture.completedStage(null);
  }

  @Override
  public Urgency urgency(SpaceId space) {
    return state.urgency();
  }

  @Override
  public long durable() {
    return log.size();
  }

  @Override
  public Map<NodeId, Statement.Age> heard(SpaceId space) {
    var heard = new HashMap<NodeId, Statement.Age>();
    noted.forEach((member, statement) -> heard.put(member, statement.age()));
    heard.put(key(node).nodeId(), new Statement.Age(durable(), CLOCK));
    return heard;
  }

  @Override
  public Optional<Statement.Signed> statement(SpaceId space, NodeId member) {
    return member.equals(key(node).nodeId())
        ? Optional.of(own(space))
        : Optional.ofNullable(signed.get(member));
  }

  private Statement.Signed own(SpaceId space) {
    var vector = Statement.vector(state.chains());
    return new Statement(space, state.self(), durable(), CLOCK, vector).sign(key(node));
  }

  @Override
  public void note(SpaceId space, List<Statement.Signed> statements, NodeId via) {
    for (var statement : statements) {
      var decoded = Statement.decode(statement.bytes());
      noted.put(decoded.by().node(), decoded);
      signed.put(decoded.by().node(), statement);
    }
  }

  @Override
  public CompletionStage<Map<Replica, String>> store(SpaceId space, Checked batch, NodeId from) {
    if (!slow) {
      return CompletableFuture.completedStage(stored(batch));
    }
    var done = new CompletableFuture<Map<Replica, String>>();
    waiting.add(() -> done.complete(stored(batch)));
    return done;
  }

  private Map<Replica, String> stored(Checked batch) {
    var rejected = new HashMap<>(batch.refused());
    rejecting.forEach(replica -> rejected.put(replica, "not wanted"));
    for (var received : batch.genuine()) {
      if (!rejected.containsKey(received.entry().author())
          && receive(received) instanceof Receiver.Verdict.Rejected(var replica, var reason)) {
        rejected.put(replica, reason);
      }
    }
    decided.accept(rejected);
    return rejected;
  }

  @Override
  public CompletionStage<?> forked(SpaceId space, Replica replica) {
    forks.add(replica);
    return CompletableFuture.completedStage(null);
  }

  @Override
  public void refusedBy(NodeId peer, SpaceId space, Replica replica, String reason) {
    refused.put(replica, reason);
  }
}
