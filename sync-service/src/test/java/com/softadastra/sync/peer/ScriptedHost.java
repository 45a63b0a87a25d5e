package com.softadastra.sync.peer;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.session.Frame;
import com.softadastra.engine.session.SessionHost;
import com.softadastra.engine.space.BatchCheck.Checked;
import com.softadastra.engine.space.BatchCheck.Offered;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.engine.space.SignedRecord;
import com.softadastra.engine.space.Urgency;
import com.softadastra.sync.documents.SpaceNames;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** A node with one empty space whose disk is as slow as the test wants; shared with one peer. */
final class ScriptedHost implements SessionHost {
  static final NodeKey SELF = key(1);
  static final NodeKey PEER = key(2);
  static final Membership MEMBERSHIP = membership();

  final List<CompletableFuture<Map<Replica, String>>> storing = new ArrayList<>();
  final Map<NodeId, Statement.Signed> statements = new HashMap<>();
  final List<CompletableFuture<Void>> learning = new ArrayList<>();
  private final Executor steps;

  ScriptedHost(Executor steps) {
    this.steps = steps;
  }

  static NodeKey key(int n) {
    var seed = new byte[NodeKey.SEED_BYTES];
    seed[0] = (byte) n;
    return new NodeKey(seed);
  }

  private static Membership membership() {
    var create = new MembershipRecord.Create(SELF.publicKey(), "self", "space", 0, new byte[16]);
    var alone = new Membership(List.of(SpaceNames.sign(create, SELF)));
    var grant = alone.grant(SELF.nodeId(), PEER.publicKey(), "peer", Role.WRITER, 1);
    return alone.with(List.of(SpaceNames.sign(grant, SELF)));
  }

  static Frame.Hello hello(NodeKey of) {
    var replica = new Replica(of.nodeId(), Incarnation.of(new byte[Incarnation.BYTES]));
    return new Frame.Hello(
        Frame.VERSION, Frame.VERSION, replica, 0, "", List.of(), List.of(MEMBERSHIP.space()));
  }

  @Override
  public Frame.Hello hello(NodeId peer) {
    return hello(SELF);
  }

  @Override
  public void summarised(SpaceId space, List<Frame.Summary.Known> chains) {}

  @Override
  public void met(Frame.Hello peer) {}

  @Override
  public Optional<Membership> membership(SpaceId space, NodeId peer) {
    return Optional.of(MEMBERSHIP).filter(it -> it.space().equals(space));
  }

  @Override
  public CompletionStage<?> learn(SpaceId space, List<SignedRecord> records) {
    var done = new CompletableFuture<Void>();
    learning.add(done);
    return done.whenCompleteAsync((_, _) -> {}, steps);
  }

  @Override
  public Map<Replica, ChainHead> chains(SpaceId space) {
    return Map.of();
  }

  @Override
  public Optional<Hash> hash(SpaceId space, Replica replica, long sequence) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<Long> position(SpaceId space, Replica replica, long sequence) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<List<LoggedEntry>> entries(
      SpaceId space, long after, int bytes, Set<Long> leftOut) {
    return Optional.of(List.of());
  }

  @Override
  public List<Unreadable> unreadable(SpaceId space) {
    return List.of();
  }

  @Override
  public Optional<LoggedEntry> entry(SpaceId space, Replica chain, long sequence) {
    throw new UnsupportedOperationException();
  }

  @Override
  public CompletionStage<?> mend(SpaceId space, List<Offered> entries, NodeId from) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Urgency urgency(SpaceId space) {
    return Urgency.NONE;
  }

  @Override
  public long durable() {
    return 0;
  }

  @Override
  public Map<NodeId, Statement.Age> heard(SpaceId space) {
    return Map.of();
  }

  @Override
  public Optional<Statement.Signed> statement(SpaceId space, NodeId member) {
    return Optional.ofNullable(statements.get(member));
  }

  @Override
  public void note(SpaceId space, List<Statement.Signed> statements, NodeId via) {}

  @Override
  public CompletionStage<Map<Replica, String>> store(SpaceId space, Checked batch, NodeId from) {
    var done = new CompletableFuture<Map<Replica, String>>();
    storing.add(done);
    return done.whenCompleteAsync((_, _) -> {}, steps);
  }

  @Override
  public CompletionStage<?> forked(SpaceId space, Replica replica) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void refusedBy(NodeId peer, SpaceId space, Replica replica, String reason) {}
}
