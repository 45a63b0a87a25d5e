package com.softadastra.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.log.Bounds;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.log.Standing;
import com.softadastra.engine.space.BatchCheck.Checked;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.engine.space.ReceivedEntry;
import com.softadastra.sync.documents.SpaceNames;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Documents of which very many versions, or very large ones, are side by side. */
class DocumentBoundsTest {
  private static final Condition APART = new Condition(Condition.Kind.BASE, List.of());
  private static final String LARGE = "x".repeat(1_000_000);
  private static final int FITS = Bounds.STATE_CHARACTERS / 1_000_000;

  private final NodeKey one = key(1);
  private final NodeKey two = key(2);
  private final Membership membership = membership();
  private long seeds;
  private final Member a = new Member(one);
  private final Member b = new Member(two);

  private static NodeKey key(int value) {
    var seed = new byte[NodeKey.SEED_BYTES];
    Arrays.fill(seed, (byte) value);
    return new NodeKey(seed);
  }

  private Membership membership() {
    var created = new MembershipRecord.Create(one.publicKey(), "one", "space", 0, new byte[16]);
    var alone = new Membership(List.of(SpaceNames.sign(created, one)));
    var grant = alone.grant(one.nodeId(), two.publicKey(), "two", Role.WRITER, 0);
    return alone.with(List.of(SpaceNames.sign(grant, one)));
  }

  /** A member whose log is in memory. */
  private final class Member {
    final InMemoryJournal journal = new InMemoryJournal(new InMemoryJournal.Medium());
    final NodeKey key;
    Recording recording;

    Member(NodeKey key) {
      this.key = key;
      recording = open(Incarnation.of(new byte[Incarnation.BYTES]));
      done(
          recording.administer(() -> {
            recording.createSpace("space", membership);
            return true;
          }));
    }

    private Recording open(Incarnation life) {
      return Recording.open(
          journal,
          key,
          new Birth(life, 0),
          RecordingSettings.DEFAULT,
          new Machine(
              () -> Instant.ofEpochSecond(1_800_000_000),
              new SplittableRandom(++seeds),
              () -> Long.MAX_VALUE,
              Runnable::run,
              SpaceOfTwo.stopped()));
    }

    void restart() {
      recording = open(recording.incarnation());
    }

    private <T> T done(CompletableFuture<T> answer) {
      while (!answer.isDone() && recording.recordNext()) {}
      assertThat(answer).isDone();
      return answer.join();
    }

    /** Why the write was refused; null where it was not. */
    @Nullable ProblemCode write(
        OperationKind kind, String id, @Nullable String text, Condition on) {
      var body = text == null ? null : new JsonText("{\"text\":\"" + text + "\"}");
      var operation = new OperationRequest(kind, "documents", id, body, null, on);
      var answer =
          recording.submit(
              membership.space(),
              new IntentRequest("space", null, null, Priority.NORMAL, List.of(operation)));
      while (!answer.isDone() && recording.recordNext()) {}
      return answer.isCompletedExceptionally()
          ? ((Refused) answer.exceptionNow()).problem().code()
          : null;
    }

    List<LoggedEntry> log() {
      return journal.from(0, Integer.MAX_VALUE);
    }

    void receive(Member other) {
      var entries =
          other.log().stream()
              .map(logged ->
                  new ReceivedEntry(
                      logged.entry(), logged.bytes(), logged.hash(), logged.signature()))
              .toList();
      done(recording.store(membership.space(), new Checked(entries, Map.of())));
    }

    int sides() {
      var key = new DocumentKey(membership.space(), "documents", "d");
      var state = journal.document(key);
      return state == null ? 0 : state.heads().size();
    }
  }

  @Test
  void whatIsRecordedCanBeDecoded() {
    for (int i = 0; i <= Bounds.PARENTS + 1; i++) {
      assertThat(a.write(OperationKind.PUT, "d", "side " + i, APART)).isNull();
    }
    assertThat(a.write(OperationKind.DELETE, "d", null, Condition.ANY))
        .isEqualTo(ProblemCode.DOCUMENT_TOO_LARGE);
    assertThat(a.write(OperationKind.PUT, "d", "all", onAll()))
        .isEqualTo(ProblemCode.DOCUMENT_TOO_LARGE);

    // the way out: bring some of them together
    var versions =
        a
            .journal
            .document(new DocumentKey(membership.space(), "documents", "d"))
            .headVersions()
            .stream()
            .limit(1000)
            .map(Object::toString)
            .toList();
    assertThat(
            a.write(OperationKind.PUT, "d", "some", new Condition(Condition.Kind.BASE, versions)))
        .isNull();
    assertThat(a.sides()).isEqualTo(Bounds.PARENTS + 2 - 1000 + 1);
    assertThat(a.write(OperationKind.DELETE, "d", null, Condition.ANY)).isNull();
    for (var logged : a.log()) {
      assertThat(EntryCodec.decode(logged.bytes()).operations())
          .isEqualTo(logged.entry().operations());
    }
  }

  @Test
  void whatARowCantTakeIsRefusedWhereItIsWritten() {
    for (int i = 0; i < FITS; i++) {
      assertThat(a.write(OperationKind.PUT, "d", LARGE, APART)).isNull();
    }
    assertThat(a.write(OperationKind.PUT, "d", LARGE, APART))
        .isEqualTo(ProblemCode.DOCUMENT_TOO_LARGE);
    assertThat(a.sides()).isEqualTo(FITS);
    assertThat(a.write(OperationKind.PUT, "other", LARGE, APART)).isNull();
  }

  @Test
  void whatARowCantTakeIsHeldWhereItIsReceived() {
    for (int i = 0; i < FITS - 2; i++) {
      assertThat(a.write(OperationKind.PUT, "d", LARGE, APART)).isNull();
    }
    for (int i = 0; i < 4; i++) {
      assertThat(b.write(OperationKind.PUT, "d", LARGE, APART)).isNull();
    }
    assertThat(b.write(OperationKind.PUT, "other", "small", APART)).isNull();
    a.receive(b);
    assertThat(a.sides()).isEqualTo(FITS);
    assertThat(a.log()).hasSize(FITS - 2 + 5);
    assertThat(a.log().stream().filter(logged -> logged.standing() == Standing.HELD)).hasSize(2);
    assertThat(a.log().getLast().standing()).isEqualTo(Standing.EFFECTIVE);

    // nothing makes room yet
    long held = a.journal.held().getFirst();
    assertThat(a.done(a.recording.administer(() -> a.recording.judgeAgain(held)))).isFalse();
    assertThat(a.write(OperationKind.PUT, "d", "one", onAll())).isNull();
    assertThat(a.done(a.recording.administer(() -> a.recording.judgeAgain(held)))).isTrue();
    assertThat(a.sides()).isEqualTo(2);
  }

  @Test
  void whatARowCantTakeIsHeldWhereAForkBringsItBack() {
    for (int i = 0; i < FITS; i++) {
      assertThat(a.write(OperationKind.PUT, "d", LARGE, APART)).isNull();
    }
    b.receive(a);
    assertThat(b.write(OperationKind.PUT, "d", "one", onAll())).isNull();
    a.receive(b);
    for (int i = 0; i < 3; i++) {
      assertThat(a.write(OperationKind.PUT, "d", LARGE, APART)).isNull();
    }
    assertThat(a.sides()).isEqualTo(4);

    // what brought the sides together loses its effect
    var copy = new Member(two);
    assertThat(copy.write(OperationKind.PUT, "other", "small", APART)).isNull();
    a.receive(copy);
    var document = new DocumentKey(membership.space(), "documents", "d");
    assertThat(a.journal.document(document).tooLarge()).isFalse();
    assertThat(a.sides()).isEqualTo(FITS);
    assertThat(a.journal.held()).hasSize(3);

    assertThat(a.write(OperationKind.PUT, "d", "one", onAll())).isNull();
    for (long held : a.journal.held()) {
      assertThat(a.done(a.recording.administer(() -> a.recording.judgeAgain(held)))).isTrue();
    }
    assertThat(a.sides()).isEqualTo(4);
  }

  @Test
  void whatTwoLivesWroteIsRecordedAgainAsFarAsARowTakesIt() {
    var copy = new Member(two);
    for (int i = 0; i < 10; i++) {
      assertThat(b.write(OperationKind.PUT, "d", LARGE, APART)).isNull();
      assertThat(copy.write(OperationKind.PUT, "d", LARGE, APART)).isNull();
    }
    // ids of intents that came without one are told by what is drawn
    assertThat(copy.log().getFirst().hash()).isNotEqualTo(b.log().getFirst().hash());
    b.receive(copy);
    var document = new DocumentKey(membership.space(), "documents", "d");
    assertThat(b.journal.document(document).tooLarge()).isFalse();
    assertThat(b.sides()).isEqualTo(FITS);
    assertThat(b.journal.held()).hasSize(20 - FITS);
    int entries = b.log().size();
    b.restart();
    assertThat(b.log()).hasSize(entries);
  }

  @Test
  void whatOfAForkIsReceivedLaterIsHeldWhereARowCantTakeIt() {
    assertThat(b.write(OperationKind.PUT, "d", LARGE, APART)).isNull();
    for (int i = 0; i < FITS; i++) {
      assertThat(a.write(OperationKind.PUT, "d", LARGE, APART)).isNull();
    }
    var copy = new Member(two);
    assertThat(copy.write(OperationKind.PUT, "other", "small", APART)).isNull();
    b.receive(copy);
    assertThat(b.sides()).isEqualTo(1);
    copy.receive(a);
    copy.receive(b);
    int entries = copy.log().size();
    var document = new DocumentKey(membership.space(), "documents", "d");
    assertThat(copy.journal.document(document).tooLarge()).isFalse();
    assertThat(copy.journal.held()).isNotEmpty();
    copy.restart();
    assertThat(copy.log()).hasSize(entries);
  }

  private Condition onAll() {
    var state = a.journal.document(new DocumentKey(membership.space(), "documents", "d"));
    return new Condition(Condition.Kind.MATCH, List.of(state.version().toString()));
  }
}
