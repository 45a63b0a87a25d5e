package com.softadastra.engine.space;

import static com.softadastra.engine.Given.CLOCK;
import static com.softadastra.engine.Given.creation;
import static com.softadastra.engine.Given.entry;
import static com.softadastra.engine.Given.filled;
import static com.softadastra.engine.Given.intent;
import static com.softadastra.engine.Given.key;
import static com.softadastra.engine.Given.operation;
import static com.softadastra.engine.Given.put;
import static com.softadastra.engine.Given.replica;
import static com.softadastra.engine.Given.signed;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.MemoryLog;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.Bounds;
import com.softadastra.engine.log.Cause;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Standing;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class ObservationsTest {
  /** More lives than two entries have room for. */
  private static final int LIVES = 2 * Bounds.CAUSES + 10;

  private static final Membership MEMBERS = members();
  private static final SpaceId SPACE = MEMBERS.space();

  private final Node one = new Node(replica(1));
  private final Node two = new Node(replica(2));

  @Test
  void whoeverHasBegunHoweverManyChainsKeepsNobodyFromWriting() {
    livesOfThree(one);
    livesOfThree(two);
    one.write("first");
    var written = one.log.subList(LIVES, one.log.size());
    assertThat(written)
        .extracting(logged -> logged.entry().kind())
        .containsExactly(Entry.OBSERVATION, Entry.OBSERVATION, Entry.DATA);
    var named = new HashSet<Cause>();
    written.forEach(logged -> named.addAll(logged.entry().causes()));
    assertThat(named).hasSize(LIVES);

    one.write("second");
    assertThat(one.log.getLast().entry().causes()).isEmpty();
    assertThat(one.log).hasSize(LIVES + 4);

    for (var logged : one.log.subList(LIVES, one.log.size())) {
      assertThat(two.receive(received(logged)))
          .isInstanceOfSatisfying(
              Receiver.Verdict.Stored.class,
              stored -> assertThat(stored.entry().standing()).isEqualTo(Standing.EFFECTIVE));
    }
    assertThat(two.documents).isEqualTo(one.documents).hasSize(2);
  }

  @Test
  void itsCausesComeFirst() {
    livesOfThree(one);
    one.write("first");
    assertThat(two.receive(received(one.log.get(LIVES))))
        .isInstanceOf(Receiver.Verdict.Rejected.class);
  }

  @Test
  void whatWasForkedIsRecordedAgainBehindThem() {
    one.write("first");
    var other = new Node(replica(1));
    other.write("another");
    livesOfThree(one);
    one.state.reborn(life(1, 1));
    assertThat(one.receive(received(other.log.getFirst())))
        .isInstanceOfSatisfying(
            Receiver.Verdict.Stored.class,
            stored -> {
              var again =
                  new Recorder(1 << 20).again(stored.withoutEffect(), one.state, one, one.draw());
              one.apply(again.writes());
              assertThat(again.entries()).hasSize(2);
            });
    var last = one.log.subList(LIVES + 2, one.log.size());
    assertThat(last)
        .extracting(logged -> logged.entry().kind())
        .containsExactly(Entry.OBSERVATION, Entry.OBSERVATION, Entry.DATA, Entry.DATA);
    assertThat(last).extracting(LoggedEntry::position).isSorted().doesNotHaveDuplicates();
    assertThat(last).allMatch(logged -> logged.standing().effective());
  }

  @Test
  void whatCantBeDecidedTakesNothingOver() {
    one.write("first");
    var other = new Node(replica(1));
    other.write("another");
    livesOfThree(one);
    one.state.reborn(life(1, 1));
    var stored = (Receiver.Verdict.Stored) one.receive(received(other.log.getFirst()));
    var chains = one.state.chains();
    int fails = 0;
    for (boolean decided = false; !decided; ) {
      one.answers = fails;
      try {
        new Recorder(1 << 20).again(stored.withoutEffect(), one.state, one, one.draw());
        decided = true;
      } catch (IllegalStateException unreadable) {
        fails++;
        assertThat(one.state.chains()).isEqualTo(chains);
      }
    }
    assertThat(fails).isGreaterThan(2);
    assertThat(one.state.chain(one.state.self()).sequence()).isEqualTo(4);
  }

  @Test
  void anEarlierVersionsHeldObservationIsJudged() {
    livesOfThree(one);
    one.write("first");
    var observation = one.log.get(LIVES).standing(Standing.HELD);
    one.log.set(LIVES, observation);
    var writes = Receiver.judgeAgain(observation, one.state, one, Instant.ofEpochMilli(CLOCK));
    assertThat(writes).containsExactly(new Write.Restand(observation.standing(Standing.EFFECTIVE)));
  }

  /** As many lives of one member, of which each writes once and has seen nothing. */
  private static void livesOfThree(Node node) {
    for (int n = 1; n <= LIVES; n++) {
      var id = "lived-" + n;
      var entry =
          entry(
              SPACE,
              life(3, n),
              1,
              Hash.ZERO,
              List.of(),
              MEMBERS.authority(key(3).nodeId()).orElseThrow(),
              intent(id, operation("of-three", put("{}"))));
      byte[] bytes = EntryCodec.encode(entry);
      var hash = Hash.sha256(bytes);
      var logged =
          new ReceivedEntry(entry, bytes, hash, null)
              .at(
                  node.log.size() + 1,
                  entry.author(),
                  Standing.EFFECTIVE,
                  Instant.ofEpochMilli(CLOCK),
                  List.of());
      node.log.add(logged);
      node.state.append(logged);
    }
  }

  private static Replica life(int member, int n) {
    var incarnation = ByteBuffer.allocate(Incarnation.BYTES).putInt(n).array();
    return new Replica(key(member).nodeId(), Incarnation.of(incarnation));
  }

  private static ReceivedEntry received(LoggedEntry logged) {
    return new ReceivedEntry(
        EntryCodec.decode(logged.bytes()), logged.bytes(), logged.hash(), null);
  }

  private static Membership members() {
    var membership = new Membership(List.of(signed(creation(1), key(1))));
    for (int n = 2; n <= 3; n++) {
      var grant =
          membership.grant(key(1).nodeId(), key(n).publicKey(), "node " + n, Role.WRITER, CLOCK);
      membership = membership.with(List.of(signed(grant, key(1))));
    }
    return membership;
  }

  /** A log and documents, as a storage has them. */
  private static final class Node extends MemoryLog {
    /** After so many more nothing can be read. */
    long answers = Long.MAX_VALUE;

    Node(Replica self) {
      super(MEMBERS, self);
    }

    Recorder.Draw draw() {
      return new Recorder.Draw(Instant.ofEpochMilli(CLOCK), log.size() + 1, filled(5, 1));
    }

    void write(String document) {
      var put =
          new OperationRequest(
              OperationKind.PUT, "orders", document, JsonText.parse("{}"), null, Condition.ANY);
      var request = new IntentRequest("shop", document, null, Priority.NORMAL, List.of(put));
      var admission = new Recorder(1 << 20).record(request, state, this, draw());
      assertThat(admission).isInstanceOf(Admission.Accepted.class);
      apply(((Admission.Accepted) admission).writes());
      assertThat(log.getLast().position()).isEqualTo(log.size());
      assertThat(((Admission.Accepted) admission).entry()).isEqualTo(log.getLast());
    }

    @Override
    public DocumentState document(DocumentKey key) {
      if (answers-- <= 0) {
        throw new IllegalStateException("unreadable");
      }
      return super.document(key);
    }
  }
}
