package com.softadastra.sync.envelope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.peering.Role;
import com.softadastra.contracts.time.EventQueue;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.session.SessionHost;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.envelope.Envelopes.Opened;
import com.softadastra.sync.peer.MeetingNode;
import com.softadastra.sync.peer.MemoryNetwork;
import com.softadastra.sync.storage.InMemoryJournal.Medium;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Nodes that never meet send one another envelopes. */
class EnvelopesTest {
  private final EventQueue queue = new EventQueue();
  private final MemoryNetwork network = new MemoryNetwork(queue);
  private final List<MeetingNode> nodes = new ArrayList<>();
  private final List<Medium> media = new ArrayList<>();
  private SpaceId space;
  private MeetingNode one;
  private MeetingNode two;
  private MeetingNode three;

  private static NodeKey key(int n) {
    byte[] seed = new byte[NodeKey.SEED_BYTES];
    Arrays.fill(seed, (byte) n);
    return new NodeKey(seed);
  }

  @BeforeEach
  void open() {
    var create = new MembershipRecord.Create(key(1).publicKey(), "1", "space", 0, new byte[16]);
    var founded = new Membership(List.of(SpaceNames.sign(create, key(1))));
    var membership = founded;
    for (int n = 2; n <= 3; n++) {
      var grant = membership.grant(key(1).nodeId(), key(n).publicKey(), "" + n, Role.WRITER, n);
      membership = membership.with(List.of(SpaceNames.sign(grant, key(1))));
    }
    space = membership.space();
    for (int n = 1; n <= 3; n++) {
      media.add(new Medium());
      nodes.add(new MeetingNode(key(n), membership, media.getLast(), queue, network));
    }
    one = nodes.get(0);
    two = nodes.get(1);
    three = nodes.get(2);
  }

  private static Envelopes envelopes(MeetingNode node) {
    return new Envelopes(node.recording, node.exchanges, node.key, node.surroundings);
  }

  private List<Envelope> sealed(MeetingNode from, MeetingNode to) {
    var envelopes = new ArrayList<Envelope>();
    envelopes(from).seal(space, to.id()).forEachRemaining(envelopes::add);
    return envelopes;
  }

  private Opened opened(MeetingNode at, Envelope envelope) {
    var done = envelopes(at).open(Envelope.decode(envelope.encode())).toCompletableFuture();
    queue.advance(Duration.ofSeconds(1));
    return done.join();
  }

  private void carry(MeetingNode from, MeetingNode to) {
    for (var envelope : sealed(from, to)) {
      assertThat(opened(to, envelope).refused()).isEmpty();
    }
  }

  @Test
  void bringsAllThatIsThereAndWhoHasIt() {
    one.write(5);
    two.write(3);
    carry(one, two);
    assertThat(two.vector()).hasSize(2).containsValues(5L, 3L);
    assertThat(two.said(one)).isEqualTo(one.vector());

    carry(two, one);
    assertThat(one.vector()).isEqualTo(two.vector());
    assertThat(one.said(two)).isEqualTo(two.vector());
  }

  @Test
  void bringsOnlyWhatTheOtherIsNotKnownToHave() {
    one.write(5);
    carry(one, two);
    carry(two, one);
    one.write(2);
    var again = sealed(one, two);
    assertThat(again).hasSize(1);
    assertThat(opened(two, again.getFirst()).entries()).isEqualTo(2);
    assertThat(two.vector()).isEqualTo(one.vector());
  }

  @Test
  void bringsWhatOthersWroteToWhoNeverMetThem() {
    three.write(4);
    carry(three, one);
    carry(one, two);
    assertThat(two.vector()).isEqualTo(three.vector());
    assertThat(two.said(three)).isEqualTo(three.vector());
  }

  @Test
  void changesNothingTheSecondTime() {
    one.write(5);
    var sealed = sealed(one, two);
    sealed.forEach(envelope -> opened(two, envelope));
    long position = two.recording.durable();
    sealed.forEach(envelope -> assertThat(opened(two, envelope).refused()).isEmpty());
    assertThat(two.vector()).isEqualTo(one.vector());
    assertThat(two.recording.durable()).isEqualTo(position);
  }

  @Test
  void eachOfManyStandsAlone() {
    one.write(9000);
    var sealed = sealed(one, two);
    assertThat(sealed).hasSizeGreaterThan(1);
    // the second follows on the first, and is taken once that is there
    assertThat(opened(two, sealed.get(1)).refused()).hasSize(1);
    assertThat(two.vector()).isEmpty();
    sealed.forEach(envelope -> assertThat(opened(two, envelope).refused()).isEmpty());
    assertThat(two.vector()).isEqualTo(one.vector());
  }

  @Test
  void tellsOfMemberThatTheOtherHasNotHeardOf() {
    var grant =
        one.recording
            .view(space)
            .orElseThrow()
            .membership()
            .grant(one.id(), key(4).publicKey(), "4", Role.WRITER, 4);
    var signed = List.of(SpaceNames.sign(grant, key(1)));
    one.recording.administer(() -> {
      one.recording.putMembership(one.recording.membership(space).with(signed));
      return true;
    });
    queue.advance(Duration.ofSeconds(1));
    carry(one, two);
    assertThat(two.recording.view(space).orElseThrow().membership().member(key(4).nodeId()))
        .isPresent();
  }

  @Test
  void nodeWhoseStorageWentBackFindsOutByEnvelope() {
    one.write(5);
    carry(one, two);
    var restored =
        new MeetingNode(
            key(1),
            two.recording.view(space).orElseThrow().membership(),
            new Medium(),
            queue,
            new MemoryNetwork(queue));
    var before = one.replica();
    // as what it was before: its copy draws the same incarnation
    assertThat(restored.replica()).isEqualTo(before);
    carry(two, restored);
    assertThat(restored.replica()).isNotEqualTo(before);
    // it says what it has now, and is sent what it had
    carry(restored, two);
    carry(two, restored);
    assertThat(restored.vector()).containsEntry(before, 5L);
  }

  @Test
  void isRefusedWhereItIsForAnotherOrChanged() {
    one.write(1);
    var envelope = sealed(one, two).getFirst();
    assertThatThrownBy(() -> opened(three, envelope))
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(Malformed.class)
        .hasMessageContaining("another node");
    byte[] bytes = envelope.encode();
    for (int i = 0; i < bytes.length; i += 7) {
      byte[] changed = bytes.clone();
      changed[i] ^= 0x10;
      assertThatThrownBy(
              () -> {
                var done = envelopes(two).open(Envelope.decode(changed)).toCompletableFuture();
                queue.advance(Duration.ofSeconds(1));
                done.join();
              })
          .as("byte " + i)
          .satisfiesAnyOf(
              failure -> assertThat(failure).isInstanceOf(Malformed.class),
              failure -> assertThat(failure).hasCauseInstanceOf(Malformed.class));
    }
    assertThat(two.vector()).isEmpty();
  }

  @Test
  void isNotTakenOfOneWhoIsNoMember() {
    one.write(1);
    var genuine = sealed(one, two).getFirst();
    var stranger = key(9);
    var outside = genuine.outside();
    var claimed =
        new Envelope.Outside(
            outside.id(),
            outside.to(),
            stranger.publicKey(),
            outside.pseudonym(),
            outside.priority(),
            outside.made(),
            outside.expires(),
            outside.passage());
    // what it has caught opens under no other outside
    var rewrapped = Envelope.sign(claimed, genuine.sealed(), stranger);
    assertThatThrownBy(() -> opened(two, rewrapped)).hasCauseInstanceOf(Malformed.class);
    assertThat(two.vector()).isEmpty();
  }

  /** More chains than there is room for before the entries. */
  @Test
  void whatNobodyCouldReadIsNotMade() {
    var host = one.exchanges.carriedTo(two.id(), space, 0, Set.of());
    var member =
        one.recording.view(space).orElseThrow().membership().member(two.id()).orElseThrow();
    var chains = new HashMap<Replica, ChainHead>();
    byte[] incarnation = new byte[Incarnation.BYTES];
    for (int i = 0; i < 300_000; i++) {
      ByteBuffer.wrap(incarnation).putInt(1 + i);
      var replica = new Replica(three.id(), Incarnation.of(incarnation));
      chains.put(replica, new ChainHead(replica, null, 0, 1, Hash.sha256(incarnation), 1));
    }
    var crowded =
        (SessionHost)
            Proxy.newProxyInstance(
                SessionHost.class.getClassLoader(),
                new Class<?>[] {SessionHost.class},
                (_, method, arguments) ->
                    method.getName().equals("chains") ? chains : method.invoke(host, arguments));
    var sealer =
        new Sealer(
            key(1),
            space,
            crowded,
            List.of(new Sealer.To(member, Optional.empty())),
            Sealer.Stamp.byHand(0),
            new SplittableRandom(1));
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> sealer.next())
          .isInstanceOfSatisfying(
              Refused.class,
              it -> assertThat(it.problem().code()).isEqualTo(ProblemCode.DOCUMENT_TOO_LARGE));
    }
  }

  // ---- for several

  private Envelopes.Sealed forSeveral(MeetingNode from, MeetingNode... to) {
    var said = new HashMap<NodeId, Optional<Statement>>();
    for (var each : to) {
      said.put(each.id(), envelopes(from).said(space, each.id()));
    }
    return envelopes(from).sealForRelay(space, said, 0, Set.of(), Duration.ofDays(1));
  }

  private Envelopes.Made madeByOne() {
    return forSeveral(one, two, three).nextFor(Set.of(two.id(), three.id()));
  }

  private static Envelope whole(Envelopes.Made made, MeetingNode to) {
    return made.to(to.id()).with(made.body());
  }

  @Test
  void whatSeveralLackIsOneBodyThatEachCanOpen() {
    one.write(5);
    var made = madeByOne();
    assertThat(made.envelopes())
        .hasSize(2)
        .allMatch(Envelope::isBare)
        .allMatch(Envelope::isGenuine);
    for (var node : List.of(two, three)) {
      var whole = whole(made, node);
      assertThat(Envelope.decode(whole.encode()).encode()).isEqualTo(whole.encode());
      assertThat(whole.hash()).as("what receipts name").isEqualTo(made.to(node.id()).hash());
      assertThat(opened(node, whole).entries()).isEqualTo(5);
      assertThat(node.vector()).isEqualTo(one.vector());
      assertThat(node.said(one)).isEqualTo(one.vector());
    }
  }

  /** What any of them lacks is in it, though another has it. */
  @Test
  void whatSeveralAreSentIsWhatLacksWhoHasOnlyWhatAllHave() {
    one.write(3);
    three.write(2);
    carry(one, two);
    carry(two, one);
    carry(three, one);
    one.write(1);
    var made = madeByOne();
    for (var node : List.of(two, three)) {
      assertThat(opened(node, whole(made, node)).refused()).isEmpty();
      assertThat(node.vector()).isEqualTo(one.vector());
    }
    assertThat(one.vector()).containsValues(4L, 2L);
  }

  @Test
  void whoIsLeftAloneIsSealedToAlone() {
    one.write(1);
    var made = forSeveral(one, two, three).nextFor(Set.of(three.id()));
    assertThat(made.body()).isNull();
    assertThat(made.envelopes())
        .singleElement()
        .satisfies(envelope -> {
          assertThat(envelope.outside().body()).isNull();
          assertThat(opened(three, envelope).entries()).isEqualTo(1);
        });
  }

  @Test
  void anEnvelopeWithoutItsBodyIsNotTakenIn() {
    one.write(1);
    assertThatThrownBy(() -> opened(two, madeByOne().to(two.id())))
        .hasCauseInstanceOf(Malformed.class)
        .hasMessageContaining("without its body");
  }

  @Test
  void aSharedOneIsRefusedWhereItIsForAnotherOrChanged() {
    one.write(1);
    var made = madeByOne();
    assertThatThrownBy(() -> opened(two, whole(made, three)))
        .hasCauseInstanceOf(Malformed.class)
        .hasMessageContaining("another node");
    byte[] bytes = whole(made, two).encode();
    for (int i = 0; i < bytes.length; i += 7) {
      byte[] changed = bytes.clone();
      changed[i] ^= 0x10;
      assertThatThrownBy(() -> opened(two, Envelope.decode(changed)))
          .as("byte " + i)
          .satisfiesAnyOf(
              failure -> assertThat(failure).isInstanceOf(Malformed.class),
              failure -> assertThat(failure).hasCauseInstanceOf(Malformed.class));
    }
    assertThat(two.vector()).isEmpty();
  }

  /** Three can open the body, so it has the key. */
  @Test
  void whoCanOpenABodyCanPutItUnderNoOutsideOfItsSendersNorOfItsOwn() {
    one.write(1);
    var made = madeByOne();
    var caught = made.to(three.id()).outside();
    byte[] key = Sealing.open(three.key, made.to(three.id()).sealed(), caught.encode());
    for (var sender : List.of(one, three)) {
      var claimed =
          new Envelope.Outside(
              new byte[Envelope.ID_BYTES],
              two.id(),
              sender.key.publicKey(),
              caught.pseudonym(),
              caught.priority(),
              caught.made(),
              caught.expires(),
              caught.passage(),
              caught.body());
      byte[] sealed = Sealing.seal(two.key.publicKey(), key, claimed.encode());
      var rewrapped = Envelope.sign(claimed, sealed, three.key).with(made.body());
      assertThatThrownBy(() -> opened(two, rewrapped))
          .hasCauseInstanceOf(Malformed.class)
          .hasMessageContaining(sender == one ? "wrong signature" : "body that can't be opened");
    }
    // nor can another body be put in place of it
    var other = madeByOne();
    assertThatThrownBy(() -> made.to(two.id()).with(other.body())).isInstanceOf(Malformed.class);
    assertThat(two.vector()).isEmpty();
  }

  @Test
  void isNotTakenOfStrangerWhoKnowsTheSpace() {
    var known = one.recording.view(space).orElseThrow().membership();
    var stranger = new MeetingNode(key(9), known, new Medium(), queue, new MemoryNetwork(queue));
    for (var envelope : sealed(stranger, two)) {
      assertThatThrownBy(() -> opened(two, envelope))
          .hasCauseInstanceOf(Malformed.class)
          .hasMessageContaining("no member");
    }
  }

  @Test
  void whatItSaysOthersHaveIsForcedWhenItIsTakenIn() {
    one.write(2);
    var envelope = sealed(one, two).getFirst();
    var said = envelopes(two).open(envelope).thenApply(_ -> two.said(one)).toCompletableFuture();
    queue.advance(Duration.ofSeconds(1));
    assertThat(said.join()).isEqualTo(one.vector());
  }

  @Test
  void whatCantBeReadDoesNotHideWhatFollows() {
    one.write(3);
    three.write(4);
    carry(three, one);
    var position = one.recording.log().find(space, one.replica(), 2).orElseThrow().position();
    media.getFirst().turnEntry(position, 5);
    var made = envelopes(one).seal(space, two.id());
    assertThatThrownBy(made::hasNext)
        .isInstanceOfSatisfying(
            Refused.class, it -> assertThat(it.problem().code()).isEqualTo(ProblemCode.UNREADABLE));
    // the node has looked at it
    queue.advance(Duration.ofSeconds(1));
    made.forEachRemaining(envelope -> assertThat(opened(two, envelope).refused()).isEmpty());
    assertThat(two.vector()).containsEntry(one.replica(), 1L).containsEntry(three.replica(), 4L);
    assertThat(made.lacks()).isTrue();
  }

  @Test
  void whatIsWholeLacksNothing() {
    one.write(3);
    var made = envelopes(one).seal(space, two.id());
    made.forEachRemaining(_ -> {});
    assertThat(made.lacks()).isFalse();
  }

  @Test
  void twoLivesThatKnowOfEachOtherBecomeOneByAllOfIt() {
    one.write(5);
    carry(one, two);
    carry(two, three);
    var restored =
        new MeetingNode(
            key(1),
            two.recording.view(space).orElseThrow().membership(),
            new Medium(),
            queue,
            new MemoryNetwork(queue));
    restored.write(3);
    var other = restored.replica();
    assertThat(other).isEqualTo(one.replica());
    carryAnyhow(two, restored);
    carryAnyhow(restored, two);
    for (int round = 0; round < 3; round++) {
      carryAnyhow(restored, two);
      carryAnyhow(two, restored);
    }
    assertThat(two.vector()).isNotEqualTo(restored.vector());

    envelopes(restored)
        .sealAll(space, two.id())
        .forEachRemaining(envelope -> opened(two, envelope));
    carryAnyhow(two, restored);
    // what both lives were asked for has become its own again
    carry(restored, two);
    carry(two, restored);
    assertThat(two.vector()).isEqualTo(restored.vector());
  }

  private void carryAnyhow(MeetingNode from, MeetingNode to) {
    sealed(from, to).forEach(envelope -> opened(to, envelope));
  }

  @Test
  void nothingIsMadeForOneWhoIsNoMember() {
    assertThatThrownBy(() -> envelopes(one).seal(space, key(9).nodeId()))
        .isInstanceOfSatisfying(
            Refused.class,
            it -> assertThat(it.problem().code()).isEqualTo(ProblemCode.PEER_UNKNOWN));
  }
}
