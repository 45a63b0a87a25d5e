package com.softadastra.simulation.world;

import static com.softadastra.simulation.judge.Invariant.CUSTODY;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.Authority;
import com.softadastra.engine.log.Cause;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.DefinitionName;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.Intent;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Signatures;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.log.Signatures.Purpose;
import com.softadastra.engine.session.Frame;
import com.softadastra.engine.space.BatchCheck;
import com.softadastra.engine.space.BatchCheck.Offered;
import com.softadastra.engine.space.Definitions;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.storage.DamagedRow;
import com.softadastra.sync.storage.SpaceView;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import reactor.core.publisher.Flux;

/**
 * What somebody may say in whose hands a node's place in the network is, or its software is newer.
 */
final class Mischief {
  /** An entry kind that nobody knows yet. */
  private static final int NEWER = 9;

  private final World world;
  private final NodeKey stranger;

  Mischief(World world) {
    this.world = world;
    var seed = new byte[NodeKey.SEED_BYTES];
    world.draw("stranger").nextBytes(seed);
    this.stranger = new NodeKey(seed);
  }

  /** Says something wrong to a node, on the connection that another has with it. */
  void speak(SimulatedNode as, SimulatedNode to, SpaceId space, SplittableRandom random) {
    if (!as.runs() || !to.runs()) {
      return;
    }
    var frame =
        switch (random.nextInt(11)) {
          case 0 -> Optional.of(noise(random));
          case 1 -> Optional.of(newerHello(as));
          case 2 -> altered(as, space, random).map(Frame::encode);
          case 3 -> inAnothersName(as, space).map(Frame::encode);
          case 4 -> claimForAnother(as, to, space).map(Frame::encode);
          case 5 -> boast(as, space).map(Frame::encode);
          case 6 -> invitation(as, space).map(Frame::encode);
          case 9 -> onNothing(as, space, random).map(Frame::encode);
          case 7 -> byAStranger(as, space).map(Frame::encode);
          case 8 -> withoutRight(to, space, random).map(Frame::encode);
          default -> refusal(as, space, random).map(Frame::encode);
        };
    frame.ifPresent(bytes -> world.network().inject(as, to, bytes));
  }

  private static byte[] noise(SplittableRandom random) {
    var bytes = new byte[1 + random.nextInt(200)];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] newerHello(SimulatedNode as) {
    var self = new Replica(as.id(), as.recording().incarnation());
    return new Frame.Hello(
            Frame.VERSION + 1, Frame.VERSION + 1, self, 0, "later", List.of(), List.of())
        .encode();
  }

  /** An entry of somebody, with another content under its signature. */
  private Optional<Frame> altered(SimulatedNode as, SpaceId space, SplittableRandom random) {
    var entries = of(as, space);
    if (entries.isEmpty()) {
      return Optional.empty();
    }
    var logged = entries.get(random.nextInt(entries.size()));
    byte[] bytes = alteredBytes(logged, random.nextInt(logged.entry().payload().length));
    var signature = logged.signature() == null ? new byte[Signatures.BYTES] : logged.signature();
    return Optional.of(new Frame.Entries(space, List.of(new Offered(bytes, signature))));
  }

  private byte[] alteredBytes(LoggedEntry logged, int at) {
    var entry = logged.entry();
    var payload = entry.payload().clone();
    if (payload.length > 0) {
      payload[at] ^= 1;
    }
    byte[] bytes =
        EntryCodec.encode(
            new Entry(
                NEWER,
                entry.space(),
                entry.author(),
                entry.sequence(),
                entry.clock(),
                entry.previous(),
                entry.causes(),
                entry.authority(),
                payload,
                null));
    world.judge().isForged(Hash.sha256(bytes));
    return bytes;
  }

  /** The next entry of the node that is spoken to, or of a third one, signed by a stranger. */
  private Optional<Frame> inAnothersName(SimulatedNode as, SpaceId space) {
    var view = as.recording().view(space);
    if (view.isEmpty() || view.get().membership().authority(as.id()).isEmpty()) {
      return Optional.empty();
    }
    for (var chain : new TreeMap<>(view.get().chains()).entrySet()) {
      if (chain.getKey().node().equals(as.id())) {
        continue;
      }
      var entry =
          new Entry(
              NEWER,
              space,
              chain.getKey(),
              chain.getValue().sequence() + 1,
              0,
              chain.getValue().hash(),
              List.of(),
              view.get().membership().authority(as.id()).orElseThrow(),
              new byte[] {1},
              null);
      byte[] bytes = EntryCodec.encode(entry);
      var hash = Hash.sha256(bytes);
      world.judge().isForged(hash);
      return Optional.of(
          new Frame.Entries(
              space, List.of(new Offered(bytes, stranger.sign(Purpose.ENTRY, hash)))));
    }
    return Optional.empty();
  }

  /** An entry that a member signs, and that follows from one that is nowhere, or on such a one. */
  private Optional<Frame> onNothing(SimulatedNode as, SpaceId space, SplittableRandom random) {
    var view = as.recording().view(space);
    var authority = view.flatMap(v -> v.membership().authority(as.id()));
    if (authority.isEmpty()) {
      return Optional.empty();
    }
    var bytes = new byte[Hash.BYTES];
    random.nextBytes(bytes);
    var nowhere = Hash.of(bytes);
    random.nextBytes(bytes);
    var other = new Replica(as.id(), Incarnation.of(Arrays.copyOf(bytes, Incarnation.BYTES)));
    var self = view.get().self();
    var known = view.get().chains().get(self);
    var end = random.nextBoolean() && known != null && known.sequence() > 0 ? known : null;
    byte[] entry =
        EntryCodec.encode(
            new Entry(
                NEWER,
                space,
                end != null ? self : other,
                end != null ? end.sequence() + 1 : 1,
                Math.max(0, as.now().toEpochMilli()),
                end != null ? nowhere : Hash.ZERO,
                end != null ? List.of() : List.of(new Cause(new Dot(self, 1), nowhere)),
                authority.get(),
                new byte[] {3},
                null));
    var hash = Hash.sha256(entry);
    world.judge().isForged(hash);
    return Optional.of(
        new Frame.Entries(space, List.of(new Offered(entry, as.key().sign(Purpose.ENTRY, hash)))));
  }

  /** The first entry of somebody who is no member, by the right of one who is. */
  private Optional<Frame> byAStranger(SimulatedNode as, SpaceId space) {
    return as.recording()
        .view(space)
        .flatMap(view -> view.membership().authority(as.id()))
        .map(authority -> {
          var author = new Replica(stranger.nodeId(), Incarnation.of(new byte[Incarnation.BYTES]));
          var entry =
              new Entry(
                  NEWER,
                  space,
                  author,
                  1,
                  0,
                  Hash.ZERO,
                  List.of(),
                  authority,
                  new byte[] {2},
                  null);
          byte[] bytes = EntryCodec.encode(entry);
          var hash = Hash.sha256(bytes);
          world.judge().isForged(hash);
          return new Frame.Entries(
              space, List.of(new Offered(bytes, stranger.sign(Purpose.ENTRY, hash))));
        });
  }

  /** A write of a member who may only read, signed by it as if its software didn't care. */
  private Optional<Frame> withoutRight(SimulatedNode to, SpaceId space, SplittableRandom random) {
    var reader = world.reader();
    var view = to.recording().view(space);
    if (reader == null || view.isEmpty() || reader == to) {
      return Optional.empty();
    }
    var authority = view.get().membership().authority(reader.id());
    if (authority.isEmpty() || authority.get().grant() == null) {
      return Optional.empty();
    }
    var incarnation = new byte[Incarnation.BYTES];
    random.nextBytes(incarnation);
    var operation =
        new Operation(
            "items",
            "d" + random.nextInt(4),
            List.of(),
            List.of(),
            new Change.Put(new JsonText("{\"n\":" + random.nextInt(100) + "}")));
    var intent =
        new Intent(
            "unasked-" + random.nextInt(1 << 20), null, Priority.NORMAL, null, List.of(operation));
    var entry =
        new Entry(
            Entry.DATA,
            space,
            new Replica(reader.id(), Incarnation.of(incarnation)),
            1,
            Math.max(0, reader.now().toEpochMilli()),
            Hash.ZERO,
            List.of(),
            authority.get(),
            EntryCodec.encode(intent),
            intent);
    byte[] bytes = EntryCodec.encode(entry);
    var hash = Hash.sha256(bytes);
    world.judge().isGenuine(hash);
    return Optional.of(
        new Frame.Entries(
            space, List.of(new Offered(bytes, reader.key().sign(Purpose.ENTRY, hash)))));
  }

  /** A statement that another member has everything, which that member has not made. */
  private Optional<Frame> claimForAnother(SimulatedNode as, SimulatedNode to, SpaceId space) {
    var view = as.recording().view(space);
    if (view.isEmpty()) {
      return Optional.empty();
    }
    var vector = new HashMap<Replica, Long>();
    view.get().chains().forEach((replica, head) -> vector.put(replica, head.sequence() + 5));
    for (var member : view.get().membership().members()) {
      if (!member.node().equals(as.id()) && !member.node().equals(to.id())) {
        var by = new Replica(member.node(), Incarnation.of(new byte[Incarnation.BYTES]));
        var statement = new Statement(space, by, Long.MAX_VALUE >> 12, 0, vector);
        return Optional.of(new Frame.Acknowledged(space, List.of(statement.sign(stranger))));
      }
    }
    return Optional.empty();
  }

  /** A summary of far more than there is. */
  private static Optional<Frame> boast(SimulatedNode as, SpaceId space) {
    return as.recording()
        .view(space)
        .map(view -> {
          var chains = new ArrayList<Frame.Summary.Known>();
          new TreeMap<>(view.chains())
              .forEach((replica, head) -> {
                if (replica.node().equals(as.id())) {
                  chains.add(new Frame.Summary.Known(replica, head.sequence() + 1000, head.hash()));
                }
              });
          return new Frame.Summary(space, chains, List.of());
        });
  }

  /** A stranger makes itself a member. */
  private Optional<Frame> invitation(SimulatedNode as, SpaceId space) {
    return as.recording()
        .view(space)
        .map(view -> {
          var grant =
              new MembershipRecord.Grant(
                  space,
                  stranger.publicKey(),
                  "stranger",
                  Role.ADMIN,
                  view.membership().steward(),
                  1,
                  0,
                  null,
                  0);
          return new Frame.MembershipKnown(space, List.of(SpaceNames.sign(grant, stranger)));
        });
  }

  private static Optional<Frame> refusal(SimulatedNode as, SpaceId space, SplittableRandom random) {
    var entries = of(as, space);
    return entries.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Frame.Refusal(
                space,
                entries.get(random.nextInt(entries.size())).entry().author(),
                "for no reason"));
  }

  private static List<LoggedEntry> of(SimulatedNode node, SpaceId space) {
    try {
      return node.journal().from(1, 64).stream()
          .filter(logged -> logged.entry().space().equals(space))
          .toList();
    } catch (DamagedRow _) {
      return List.of();
    }
  }

  /** For what a node asks again it is sent something else, in the name of who has it. */
  void sendOthersAgain(SimulatedNode as, SimulatedNode to) {
    if (!as.runs() || !to.runs()) {
      return;
    }
    for (var damaged : to.recording().damaged()) {
      var place = damaged.place();
      var held =
          place == null
              ? Optional.<LoggedEntry>empty()
              : as.journal().find(place.space(), place.dot().replica(), place.dot().sequence());
      held.ifPresent(logged -> {
        byte[] bytes = alteredBytes(logged, 0);
        world
            .network()
            .inject(
                as,
                to,
                new Frame.Again(logged.entry().space(), List.of(new Offered(bytes, null)))
                    .encode());
      });
    }
  }

  /** A member sends a write of its own under labels that its grant doesn't give. */
  void claimLabels(SimulatedNode node, SimulatedNode to, SpaceId space, SplittableRandom random) {
    var view = node.runs() ? node.recording().view(space) : Optional.<SpaceView>empty();
    var authority = view.flatMap(v -> v.membership().authority(node.id()));
    if (authority.isEmpty()) {
      return;
    }
    var named = authority.get();
    var claims =
        new Authority(
            named.term(),
            named.number(),
            named.grant(),
            named.labels().isEmpty() ? List.of("hq") : List.of());
    var incarnation = new byte[Incarnation.BYTES];
    random.nextBytes(incarnation);
    DefinitionName definition;
    try {
      definition = Definitions.current(space, "items", node.journal()).name();
    } catch (DamagedRow _) {
      return;
    }
    var operation =
        new Operation(
            "items",
            "d" + random.nextInt(4),
            definition,
            List.of(),
            List.of(),
            new Change.Put(new JsonText("{\"n\":" + random.nextInt(100) + "}")));
    var intent =
        new Intent(
            "claimed-" + random.nextInt(1 << 20), null, Priority.NORMAL, null, List.of(operation));
    var entry =
        new Entry(
            Entry.DATA,
            space,
            new Replica(node.id(), Incarnation.of(incarnation)),
            1,
            Math.max(0, node.now().toEpochMilli()),
            Hash.ZERO,
            List.of(),
            claims,
            EntryCodec.encode(intent),
            intent);
    byte[] bytes = EntryCodec.encode(entry);
    var hash = Hash.sha256(bytes);
    world.judge().isGenuine(hash);
    var offered = new Offered(bytes, node.key().sign(Purpose.ENTRY, hash));
    world.network().inject(node, to, new Frame.Entries(space, List.of(offered)).encode());
  }

  /** A node ran newer software for a moment, which recorded an entry of a newer kind. */
  void newerKind(SimulatedNode node, SpaceId space, SplittableRandom random) {
    if (!node.runs() || node.recording().waiting() > 0) {
      return;
    }
    var view = node.recording().view(space).orElse(null);
    if (view == null || view.membership().member(node.id()).isEmpty()) {
      return;
    }
    var end = view.chains().get(view.self());
    var payload = new byte[random.nextInt(40)];
    random.nextBytes(payload);
    var entry =
        new Entry(
            NEWER,
            space,
            view.self(),
            end == null ? 1 : end.sequence() + 1,
            Math.max(0, node.now().toEpochMilli()),
            end == null ? Hash.ZERO : end.hash(),
            List.of(),
            view.membership().authority(node.id()).orElseThrow(),
            payload,
            null);
    byte[] bytes = EntryCodec.encode(entry);
    var signature = node.key().sign(Purpose.ENTRY, Hash.sha256(bytes));
    var checked =
        BatchCheck.check(
            space, List.of(new Offered(bytes, signature)), _ -> node.key().publicKey(), _ -> false);
    var _ = node.recording().store(space, checked);
  }

  /** Somebody who is no member brings the relay an envelope for one. */
  void bring(SimulatedNode to, SpaceId space, SplittableRandom random) {
    var relay = world.relay();
    if (relay == null || relay.life() == null) {
      return;
    }
    var seed = new byte[NodeKey.SEED_BYTES];
    random.nextBytes(seed);
    var stranger = new NodeKey(seed);
    var passage = new byte[Signatures.BYTES];
    random.nextBytes(passage);
    var id = new byte[Envelope.ID_BYTES];
    random.nextBytes(id);
    var pseudonym = Envelope.pseudonym(space);
    var outside =
        new Envelope.Outside(
            id, to.id(), stranger.publicKey(), pseudonym, Priority.URGENT, 0, 0, passage);
    var sealed = new byte[100];
    random.nextBytes(sealed);
    var shown = new MailFrame.Arrival.Shown(pseudonym, passage);
    relay
        .accept(
            stranger.nodeId(),
            Flux.just(
                    new MailFrame.Arrival(List.of(shown)).encode(),
                    new MailFrame.Deposit(Envelope.sign(outside, sealed, stranger).encode())
                        .encode())
                .concatWith(Flux.never()))
        .subscribe(frame -> {
          if (MailFrame.decode(frame) instanceof MailFrame.Kept) {
            world.broken(CUSTODY, "the relay signs for what a stranger brings");
          }
        });
  }
}
