package com.softadastra.simulation.world;

import static com.softadastra.simulation.judge.Invariant.BOUNDED;
import static com.softadastra.simulation.judge.Invariant.CRASH;
import static com.softadastra.simulation.judge.Invariant.DURABLE;
import static com.softadastra.simulation.judge.Invariant.LIVE;
import static com.softadastra.simulation.judge.Invariant.LOG;
import static com.softadastra.simulation.judge.Invariant.PROTOCOL;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.mail.RelayDuty;
import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.Passage;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.session.Frame;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.engine.space.ResolverTurn;
import com.softadastra.simulation.judge.Invariant;
import com.softadastra.simulation.judge.Judge;
import com.softadastra.simulation.judge.NaiveJudge;
import com.softadastra.simulation.judge.Violation;
import com.softadastra.simulation.plan.Feature;
import com.softadastra.simulation.plan.Happening;
import com.softadastra.simulation.plan.Happening.Kind;
import com.softadastra.simulation.plan.Plan;
import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.storage.Recording;
import com.softadastra.sync.storage.SpaceView;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A plan carried out: nodes of the product, what connects them, and a judge who watches. One thread
 * does everything.
 */
public final class World {
  private static final long SECOND = 1_000_000_000L;

  /** How long the nodes may take to become the same once nothing disturbs them any more. */
  private static final long SETTLING = 1800 * SECOND;

  /** How long it may take until all have and know one more entry. */
  private static final long QUIET = 300 * SECOND;

  private static final int QUIET_WRITES = 2;

  /** No node has a reason to call another more often than so many times in so long. */
  private static final int MOST_CONNECTIONS = 60;

  private static final long CONNECTING = 20 * SECOND;

  /** In a world in which less happens there are more rounds. */
  private static final long LEAST_EVENTS = 1_000;

  /** How long work that is not in the plan may take once nothing in it happens any more. */
  private static final long WORKING = 8 * 3600 * SECOND;

  /** No plan needs nearly as many. */
  private static final long MOST_EVENTS = 500_000;

  /** The node that is a reader, where there is one, of the spaces that it didn't create. */
  private static final int READER = 1;

  private static final long LOOK_EVERY = SECOND / 2;

  /** How often, and how many times, stewards look whom they have to ask back. */
  private static final long RECALL_EVERY = 20 * SECOND;

  private static final int RECALLS = 10;
  private static final List<List<String>> LABELS =
      List.of(
          List.of(),
          List.of("hq"),
          List.of("depot"),
          List.of("depot", "hq"),
          List.of(ResolverTurn.LABEL),
          List.of("hq", ResolverTurn.LABEL));

  private final Plan plan;

  /** All entries in memory, once however many nodes have them. */
  private final Map<Hash, LoggedEntry> entries = new HashMap<>();

  private final Agenda agenda = new Agenda();
  private final Trace trace = new Trace();
  private final Judge judge;
  private final Work work;
  private final Network network;
  private final Clients clients;
  private final @Nullable Functions functions;
  private final Dividing dividing;
  private final Settling settling;
  private final Carriers carriers;
  private final Faults faults;
  private final Post post;
  private final List<SimulatedNode> nodes = new ArrayList<>();
  private final List<SimulatedRelay> relays = new ArrayList<>();
  private final List<Membership> spaces = new ArrayList<>();

  /** Since when each node is up that is. */
  private final Map<SimulatedNode, Long> up = new HashMap<>();

  private long upNanos;

  /**
   * What came of a plan.
   *
   * @param trace a number over all messages, answers and starts
   * @param faults how often each kind of fault came about, as far as can be told; a crash of what
   *     doesn't run, say, doesn't
   * @param seconds that were simulated
   * @param nodeSeconds the time that nodes were up, all together
   */
  public record Outcome(
      @Nullable Violation violation,
      long events,
      long trace,
      Map<Kind, Long> faults,
      double seconds,
      double nodeSeconds,
      int intents) {}

  /** What is done beside the plan. */
  public interface Work {
    /** Called before anything happens. */
    void begin(World world);

    boolean isDone();
  }

  /** A plan needs no other work. */
  private static final Work NONE =
      new Work() {
        @Override
        public void begin(World world) {}

        @Override
        public boolean isDone() {
          return true;
        }
      };

  public World(Plan plan) {
    this(plan, new NaiveJudge(), NONE);
  }

  public World(Plan plan, Judge judge, Work work) {
    this.plan = plan;
    this.judge = judge;
    this.work = work;
    this.network = new Network(agenda, draw("network"), new Tap());
    this.clients = new Clients(this, plan.documents(), plan.has(Feature.DECLARED));
    this.functions =
        plan.has(Feature.DECLARED)
            ? new Functions(this, clients, plan.documents(), plan.has(Feature.FICKLE))
            : null;
    this.dividing = new Dividing(this, clients);
    this.settling = new Settling(this, clients);
    this.carriers = new Carriers(this);
    this.faults = new Faults(this);
    this.post = new Post(this);
    if (plan.readsFail()) {
      judge.readsFail();
    }
    populate();
  }

  /** Carries out a plan to its end, or to the first violation. */
  public static Outcome run(Plan plan) {
    return new World(plan).run();
  }

  private void populate() {
    var keys = new ArrayList<NodeKey>();
    for (int i = 0; i < plan.nodes(); i++) {
      var seed = new byte[NodeKey.SEED_BYTES];
      draw("key" + i).nextBytes(seed);
      keys.add(new NodeKey(seed));
    }
    var peers = new ArrayList<List<SimulatedNode>>();
    for (int i = 0; i < plan.nodes(); i++) {
      peers.add(new ArrayList<>());
      var name = "n" + i;
      var disk =
          i < plan.onDisk()
              ? DatabaseDisk.create("machine-" + name, "file-" + name, agenda::now)
              : new MemoryDisk("machine-" + name, "file-" + name, entries);
      add(new SimulatedNode(this, i, name, keys.get(i), disk, peers.get(i)));
    }
    if (plan.has(Feature.RELAY)) {
      populateRelays();
    }
    if (plan.has(Feature.OLDER)) {
      var older = draw("older");
      nodes.forEach(node -> node.speaks(older.nextInt(Frame.LEAST_VERSION, Frame.VERSION + 1)));
    }
    var apart = draw("apart");
    for (var link : plan.links()) {
      var a = nodes.get((int) link[0]);
      var b = nodes.get((int) link[1]);
      peers.get(a.place()).add(b);
      peers.get(b.place()).add(a);
      network.link(a, b, link[2], link[3]);
      if (!relays.isEmpty() && apart.nextBoolean()) {
        network.sever(a, b);
      }
    }
    var labels = draw("labels");
    int reader = plan.has(Feature.READER) ? READER : -1;
    for (int i = 0; i < plan.spaces(); i++) {
      var creator = keys.get(i % keys.size());
      var create =
          new MembershipRecord.Create(
              creator.publicKey(), "n" + i, "s" + i, 0, new byte[MembershipRecord.NONCE_BYTES]);
      var membership = new Membership(List.of(SpaceNames.sign(create, creator)));
      for (int j = 0; j < keys.size() - plan.late(); j++) {
        if (j != i % keys.size()) {
          var role = j == reader ? Role.READER : Role.ADMIN;
          var given =
              plan.has(Feature.DECLARED)
                  ? LABELS.get(labels.nextInt(LABELS.size()))
                  : List.<String>of();
          membership = granted(membership, creator, keys.get(j), "n" + j, role, given, 0);
          if (j == reader) {
            judge.mayNotWrite(membership.space(), keys.get(j).nodeId());
          }
        }
      }
      for (var relay : relays) {
        membership = relayed(membership, creator, relay);
      }
      judge.isCreated(membership.space(), creator.nodeId());
      spaces.add(membership);
      for (int j = 0; j < keys.size() - plan.late(); j++) {
        nodes.get(j).knows("s" + i, membership);
      }
    }
    for (var node : nodes) {
      agenda.after(draw(node + "start").nextLong(SECOND), node::start);
    }
  }

  /** In some worlds there are two, of which each member reaches one. */
  private void populateRelays() {
    var random = draw("relay key");
    var chain = draw("chain");
    for (int i = 0; i < (plan.has(Feature.TWO_RELAYS) ? 2 : 1); i++) {
      var seed = new byte[NodeKey.SEED_BYTES];
      random.nextBytes(seed);
      var off =
          i == 0 ? Duration.ZERO : Duration.ofSeconds(chain.nextLong(-50_000_000, 50_000_000));
      var relay =
          new SimulatedRelay(
              this,
              i,
              new NodeKey(seed),
              off,
              i == 0 || chain.nextBoolean(),
              plan.has(Feature.MAILBOXES));
      relays.add(relay);
      network.register(relay);
      for (var node : nodes) {
        network.link(node, relay, SECOND / 1000 + random.nextLong(SECOND / 10), 10_000_000);
      }
      agenda.after(random.nextLong(SECOND), relay::start);
    }
    if (relays.size() > 1) {
      network.link(relays.getFirst(), relays.getLast(), SECOND / 10, 1_000_000);
      nodes.forEach(node -> network.sever(node, relays.get(chain.nextInt(2))));
    }
  }

  /** With the relay, which is told of its duty as pairing does it. */
  private Membership relayed(Membership membership, NodeKey issuer, SimulatedRelay relay) {
    var space = membership.space();
    relay.disk().peers().putDuty(new RelayDuty(Envelope.pseudonym(space), Passage.key(space)));
    return invited(membership, issuer, relay, 0);
  }

  private Membership invited(
      Membership membership, NodeKey issuer, SimulatedRelay relay, long clock) {
    var grant =
        membership.grantRelay(
            issuer.nodeId(),
            relay.key().publicKey(),
            relay.address(),
            List.of(relay.address()),
            clock);
    var signed = SpaceNames.sign(grant, issuer);
    judge.isRelay(signed.hash(), relay.id(), grant.number(), grant.clock());
    return membership.with(List.of(signed));
  }

  private Membership retired(Membership membership, NodeKey steward, NodeId subject, long clock) {
    var retirement = membership.retirement(steward.nodeId(), subject, clock);
    var signed = SpaceNames.sign(retirement, steward);
    judge.isRetired(signed.hash(), subject, retirement.number(), retirement.clock());
    return membership.with(List.of(signed));
  }

  private void add(SimulatedNode node) {
    nodes.add(node);
    network.register(node);
    judge.isNode(node.place(), node.toString(), node.id());
  }

  private Membership granted(
      Membership membership,
      NodeKey issuer,
      NodeKey subject,
      String name,
      Role role,
      List<String> labels,
      long clock) {
    var grant = membership.grant(issuer.nodeId(), subject.publicKey(), name, role, labels, clock);
    var signed = SpaceNames.sign(grant, issuer);
    judge.isGranted(signed.hash(), subject.nodeId(), grant.number(), grant.clock(), labels);
    return membership.with(List.of(signed));
  }

  /** A source of its own for each purpose, so that one that draws more disturbs no other. */
  RandomGenerator draw(String purpose) {
    return Plan.random(plan.seed(), purpose);
  }

  public Agenda agenda() {
    return agenda;
  }

  Network network() {
    return network;
  }

  Trace trace() {
    return trace;
  }

  Judge judge() {
    return judge;
  }

  public List<SimulatedNode> nodes() {
    return nodes;
  }

  /** The nodes of the plan. */
  List<SimulatedNode> originals() {
    return nodes.subList(0, plan.nodes());
  }

  /** A member that may only read some of the spaces; null where all may write. */
  @Nullable SimulatedNode reader() {
    return plan.has(Feature.READER) ? nodes.get(READER) : null;
  }

  /** The first relay, where there is one. */
  @Nullable SimulatedRelay relay() {
    return relays.isEmpty() ? null : relays.getFirst();
  }

  List<SimulatedRelay> relays() {
    return relays;
  }

  private boolean mayOnlyRead(SimulatedNode node) {
    var reader = reader();
    return reader != null && reader.id().equals(node.id());
  }

  SimulatedNode node(int number) {
    return nodes.get(number % nodes.size());
  }

  /** A machine with the same key as another, linked as that one is. */
  SimulatedNode copy(SimulatedNode node, Disk disk, int number) {
    var copy =
        new SimulatedNode(
            this, nodes.size(), node + "copy" + number, node.key(), disk, node.peers());
    add(copy);
    node.peers().forEach(peer -> network.linkAs(copy, node, peer));
    relays.forEach(relay -> network.linkAs(copy, node, relay));
    return copy;
  }

  Plan plan() {
    return plan;
  }

  // ---- what nodes tell

  void broken(Invariant invariant, String what) {
    judge.broken(invariant, what);
  }

  void started(SimulatedNode node) {
    trace.add(agenda.now() * 31 + node.place());
    up.put(node, agenda.now());
    judge.started(node.place(), node.journal(), node.recording());
    var relaySide = node.relaySide();
    if (relaySide != null) {
      judge.keepsCustody(node.place(), relaySide.directory(), relaySide.custody());
    }
    if (functions != null) {
      functions.changed(node, SECOND);
    }
  }

  void stopped(SimulatedNode node, Life life) {
    if (functions != null) {
      functions.ended(life);
    }
    trace.add(agenda.now() * 37 + node.place());
    upNanos += agenda.now() - Objects.requireNonNullElse(up.remove(node), agenda.now());
    judge.stopped(node.place());
  }

  void failStop(SimulatedNode node, boolean planned, Throwable cause) {
    trace.add(agenda.now() * 41 + node.place());
    if (!planned) {
      broken(DURABLE, node + " stopped by itself: " + cause);
    }
  }

  /** A start was refused because of damage, with a reason. */
  void refusedDamage(SimulatedNode node) {
    trace.add(agenda.now() * 47 + node.place());
    judge.refusedDamage();
    faults.joinAnew(node);
  }

  void recorded(SimulatedNode node) {
    trace.add(agenda.now() * 43 + node.place());
    trace.add(node.recording().durable());
    judge.recorded(node.place());
    if (functions != null) {
      functions.changed(node, SECOND / 50);
    }
  }

  /** A node has committed, and is about to force that. */
  void forces(SimulatedNode node) {
    judge.forces(node.place());
  }

  void forced(SimulatedNode node) {
    judge.forced(node.place());
  }

  void answered(
      SimulatedNode node, SpaceId space, IntentRequest request, Recording.Outcome outcome) {
    trace.add(outcome.entry().hash().hashCode());
    judge.answered(node.place(), space, request, outcome, node.disk().isForced());
  }

  private final class Tap implements Network.Watch {
    private final Map<List<Station>, ArrayDeque<Long>> connected = new HashMap<>();

    @Override
    public void connected(Station caller, Station called) {
      var times = connected.computeIfAbsent(List.of(caller, called), _ -> new ArrayDeque<>());
      times.add(agenda.now());
      while (times.getFirst() < agenda.now() - CONNECTING) {
        times.remove();
      }
      if (times.size() > MOST_CONNECTIONS) {
        broken(BOUNDED, caller + " calls " + called + " all the time");
      }
    }

    @Override
    public void sent(Station from, Station to, Connection over, byte[] frame) {
      trace.add(from.place() * 64L + to.place());
      if (over.isMail()) {
        trace.add(frame.length);
        post.sent(from, to, frame);
        if (from instanceof SimulatedRelay relay) {
          relay.sent();
        }
        return;
      }
      trace.add(frame);
      try {
        judge.sent(from.place(), over, Frame.decode(frame));
      } catch (Malformed e) {
        broken(PROTOCOL, from + " sends what is no frame: " + e.getMessage());
      }
    }

    @Override
    public void received(Station from, Station to, Connection over, byte[] frame) {
      trace.add(agenda.now() * 64 + to.place());
      if (over.isMail()) {
        post.received(from, to, frame);
        return;
      }
      try {
        judge.received(to.place(), from.id(), over, Frame.decode(frame));
      } catch (Malformed _) {
        // the node finds out
      }
    }

    @Override
    public void damaged() {
      faults.cameAbout(Kind.CORRUPT);
    }

    @Override
    public void overrun(Station by, String how) {
      broken(BOUNDED, by + " " + how);
    }
  }

  // ---- the run

  /** Carries out the plan and the work to their end, or to the first violation. */
  public Outcome run() {
    try (var witness = LogWitness.of(what -> broken(LOG, what))) {
      work.begin(this);
      carryOut(plan.happenings());
      finishWork();
      settle();
      writeInQuiet();
      for (var round : plan.spare()) {
        if (agenda.done() >= LEAST_EVENTS || judge.violation() != null) {
          break;
        }
        carryOut(round);
        settle();
      }
    } catch (RuntimeException | StackOverflowError e) {
      var at = e.getStackTrace();
      broken(CRASH, "the simulation met " + e + " at " + (at.length == 0 ? "nowhere" : at[0]));
    }
    for (var node : nodes) {
      node.disk().close();
    }
    relays.forEach(SimulatedRelay::close);
    return new Outcome(
        judge.violation(),
        agenda.done(),
        trace.hash(),
        faults.cameAbout(),
        agenda.now() / 1e9,
        (upNanos + up.values().stream().mapToLong(since -> agenda.now() - since).sum()) / 1e9,
        judge.promised());
  }

  private void carryOut(List<Happening> happenings) {
    long begin = agenda.now() + (agenda.done() == 0 ? 0 : SECOND);
    long last = begin;
    for (var happening : happenings) {
      last = Math.max(last, begin + happening.at());
      agenda.at(begin + happening.at(), () -> happen(happening));
    }
    while (judge.violation() == null && agenda.runNext(last + SECOND)) {
      bounded();
    }
  }

  private void finishWork() {
    long end = agenda.now() + WORKING;
    while (!work.isDone() && judge.violation() == null) {
      if (agenda.now() > end) {
        broken(LIVE, "after " + WORKING / SECOND + " s without faults: " + work);
      }
      long next = agenda.now() + LOOK_EVERY;
      while (agenda.runNext(next) && judge.violation() == null) {}
    }
  }

  private void bounded() {
    if (work == NONE && agenda.done() > MOST_EVENTS) {
      broken(BOUNDED, "the nodes don't come to rest: more than " + MOST_EVENTS + " events");
    }
  }

  private void happen(Happening happening) {
    var random = new SplittableRandom(happening.draw());
    var node = node(happening.a());
    trace.add(happening.draw());
    switch (happening.kind()) {
      case WRITE -> clients.write(node, space(random), random);
      case RETRY -> clients.retry(node, random);
      case RESOLVE -> clients.resolve(node, space(random), random);
      case JOIN -> join(node);
      case UNDO -> clients.undoDecided(node, space(random), random);
      case DECLARE -> clients.declare(node, space(random), random);
      case RELABEL -> relabel(node, node(happening.b()), random);
      case RETIRE -> retire(node, random);
      case REINSTATE -> reinstate(node, space(random));
      case DISMISS -> dismissOrInvite(space(random), random);
      case SETTLE -> settling.look(node, space(random), random);
      case DIVIDE -> dividing.ask(node, space(random), random);
      case CARRY -> carriers.carry(node, node(happening.b()), happening.nanos(), random);
      case OVERSPEND -> dividing.overspend(node, space(random), random);
      default -> faults.happen(happening, node, random);
    }
  }

  public List<SpaceId> spaces() {
    return spaces.stream().map(Membership::space).toList();
  }

  SpaceId space(SplittableRandom random) {
    return spaces.get(random.nextInt(spaces.size())).space();
  }

  /** The node that created a space. */
  SimulatedNode creator(SpaceId space) {
    return nodes.get(spaces().indexOf(space) % plan.nodes());
  }

  /** The last node is made a member of all spaces by one that is. */
  private void join(SimulatedNode inviter) {
    var joiner = nodes.get(plan.nodes() - 1);
    if (!inviter.runs() || !joiner.runs() || inviter == joiner || mayOnlyRead(inviter)) {
      return;
    }
    for (int i = 0; i < spaces.size(); i++) {
      var view = inviter.recording().view(spaces.get(i).space());
      if (view.isPresent() && view.get().membership().member(joiner.id()).isEmpty()) {
        var membership =
            granted(
                view.get().membership(),
                inviter.key(),
                joiner.key(),
                joiner.toString(),
                Role.ADMIN,
                List.of(),
                0);
        var name = "s" + i;
        // as pairing does it: the newcomer is told when the grant is forced
        inviter.learn(
            name,
            membership,
            () -> {
              joiner.knows(name, membership);
              if (joiner.runs()) {
                joiner.learn(name, membership, () -> {});
              }
            });
      }
    }
  }

  /** An admin gives a member other labels; now and then one claims some that nobody gave it. */
  private void relabel(SimulatedNode by, SimulatedNode member, SplittableRandom random) {
    int i = random.nextInt(spaces.size());
    if (!by.runs() || mayOnlyRead(by)) {
      return;
    }
    var view = by.recording().view(spaces.get(i).space());
    var present = view.flatMap(v -> v.membership().member(member.id()));
    if (present.isEmpty()) {
      return;
    }
    var labels = LABELS.get(random.nextInt(LABELS.size()));
    var membership =
        granted(
            view.orElseThrow().membership(),
            by.key(),
            member.key(),
            present.get().name(),
            present.get().role(),
            labels,
            Math.max(0, by.now().toEpochMilli()));
    by.learn("s" + i, membership, () -> {});
    if (random.nextInt(3) == 0) {
      var peers = member.peers();
      var to = peers.get(random.nextInt(peers.size()));
      faults.claimLabels(member, to, spaces.get(i).space(), random);
    }
  }

  /** The steward retires a member, of all spaces or of one. */
  private void retire(SimulatedNode member, SplittableRandom random) {
    var one = space(random);
    boolean all = random.nextBoolean();
    for (var space : spaces()) {
      var steward = creator(space);
      if ((all || space.equals(one)) && !steward.id().equals(member.id())) {
        administers(
            steward,
            space,
            membership ->
                membership.isActive(member.id())
                    ? retired(membership, steward.key(), member.id(), clock(steward))
                    : membership);
      }
    }
  }

  /** The steward says that one that was retired is what it was. */
  private void reinstate(SimulatedNode node, SpaceId space) {
    var steward = creator(space);
    administers(
        steward,
        space,
        membership -> {
          var member = membership.member(node.id());
          return member.isEmpty() || !member.get().retired()
              ? membership
              : granted(
                  membership,
                  steward.key(),
                  node.key(),
                  member.get().name(),
                  member.get().role(),
                  member.get().labels(),
                  clock(steward));
        });
  }

  private void dismissOrInvite(SpaceId space, SplittableRandom random) {
    var steward = creator(space);
    if (!relays.isEmpty()) {
      var relay = relays.get(random.nextInt(relays.size()));
      administers(
          steward,
          space,
          membership ->
              membership.relay(relay.id()).isPresent()
                  ? retired(membership, steward.key(), relay.id(), clock(steward))
                  : invited(membership, steward.key(), relay, clock(steward)));
    }
  }

  /** A node changes a space's membership, as it knows it, where it runs. */
  private void administers(SimulatedNode node, SpaceId space, UnaryOperator<Membership> change) {
    var view = node.runs() ? node.recording().view(space) : Optional.<SpaceView>empty();
    if (view.isPresent()) {
      var before = view.get().membership();
      var after = change.apply(before);
      if (after != before) {
        node.learn("s" + spaces().indexOf(space), after, () -> {});
      }
    }
  }

  private static long clock(SimulatedNode node) {
    return Math.max(0, node.now().toEpochMilli());
  }

  /**
   * By relays alone nobody is reached that isn't counted on, and nobody at all once they are
   * dismissed; so that in the end all can be the same, they are invited again, and all count again.
   */
  private void recall() {
    for (var space : spaces()) {
      for (var relay : relays) {
        administers(
            creator(space),
            space,
            membership ->
                membership.relay(relay.id()).isEmpty()
                    ? invited(membership, creator(space).key(), relay, clock(creator(space)))
                    : membership);
      }
      originals().forEach(node -> reinstate(node, space));
    }
  }

  /** Nothing disturbs the nodes any more: within a bounded time they are the same. */
  private void settle() {
    if (judge.violation() != null) {
      return;
    }
    faults.end();
    network.heal();
    inviteAgain();
    if (plan.has(Feature.DISMISSED)) {
      // who has heard that the only relay that it reaches was dismissed hears nothing more by it
      relays.forEach(relay -> nodes.forEach(node -> network.rejoin(node, relay)));
      if (plan.has(Feature.CARRIED)) {
        // so it is with who was told that by hand
        rejoin();
      }
    }
    if (plan.has(Feature.RELAY) && (plan.has(Feature.DISMISSED) || plan.has(Feature.RETIRED))) {
      for (int i = 0; i < RECALLS; i++) {
        agenda.after(SECOND + i * RECALL_EVERY, this::recall);
      }
    }
    become("without faults", SETTLING);
    if (judge.violation() == null) {
      judge.kept(members());
    }
  }

  /** Members that had no way to each other have one. */
  private void rejoin() {
    for (var link : plan.links()) {
      network.rejoin(nodes.get((int) link[0]), nodes.get((int) link[1]));
    }
  }

  /**
   * Where nothing else happens, what one writes reaches all: nobody may need a new connection, or
   * another's message, to go on.
   */
  private void writeInQuiet() {
    var random = draw("quiet");
    for (int i = 0; i < QUIET_WRITES && work == NONE && judge.violation() == null; i++) {
      var chance = new SplittableRandom(random.nextLong());
      clients.write(originals().get(chance.nextInt(plan.nodes())), space(chance), chance);
      become("of quiet after a single write", QUIET);
    }
    if (work == NONE && judge.violation() == null) {
      judge.kept(members());
    }
  }

  /** Within a time all nodes are the same, and know it. */
  private void become(String when, long within) {
    long end = agenda.now() + within;
    String apart = "nothing was looked at";
    while (judge.violation() == null && agenda.now() < end) {
      long next = agenda.now() + LOOK_EVERY;
      while (judge.violation() == null && agenda.runNext(next)) {
        bounded();
      }
      apart = damaged();
      if (apart == null) {
        apart = judge.apart(members());
      }
      if (apart == null && functions != null) {
        apart = functions.undecided(originals());
      }
      if (apart == null) {
        break;
      }
    }
    if (apart != null) {
      broken(LIVE, "after " + within / SECOND + " s " + when + ": " + apart);
    }
  }

  /**
   * Whose inviter recorded the grant and then failed was never told of it, and asks again, as a
   * person would.
   */
  private void inviteAgain() {
    var joiner = nodes.get(plan.nodes() - 1);
    for (int i = 0; i < spaces.size(); i++) {
      var space = spaces.get(i).space();
      var name = "s" + i;
      if (joiner.runs() && joiner.recording().view(space).isEmpty()) {
        originals().stream()
            .filter(node -> node != joiner && node.runs())
            .flatMap(node -> node.recording().view(space).stream())
            .filter(view -> view.membership().member(joiner.id()).isPresent())
            .findFirst()
            .ifPresent(view -> {
              joiner.knows(name, view.membership());
              joiner.learn(name, view.membership(), () -> {});
            });
      }
    }
  }

  private @Nullable String damaged() {
    for (var node : originals()) {
      var rows = new ArrayList<String>();
      if (node.disk().damaged() > 0) {
        node.disk().scrub(row -> rows.add(String.valueOf(row.getMessage())));
        return node
            + " still has "
            + rows
            + (node.runs() ? ", and knows of " + node.recording().damaged() : "");
      }
    }
    return null;
  }

  private List<Integer> members() {
    return originals().stream().map(SimulatedNode::place).toList();
  }
}
