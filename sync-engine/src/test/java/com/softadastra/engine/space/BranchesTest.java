package com.softadastra.engine.space;

import static com.softadastra.engine.Given.CLOCK;
import static com.softadastra.engine.Given.creation;
import static com.softadastra.engine.Given.entry;
import static com.softadastra.engine.Given.intent;
import static com.softadastra.engine.Given.key;
import static com.softadastra.engine.Given.operation;
import static com.softadastra.engine.Given.put;
import static com.softadastra.engine.Given.replica;
import static com.softadastra.engine.Given.signed;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.MemoryLog;
import com.softadastra.engine.log.Cause;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.Standing;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class BranchesTest {
  private static final Membership MEMBERS = new Membership(List.of(signed(creation(1), key(1))));
  private static final SpaceId SPACE = MEMBERS.space();
  private static final Replica AUTHOR = replica(1);

  /** A log and documents, as a storage has them. */
  private static final class Node extends MemoryLog {
    List<String> withoutEffect = List.of();

    Node(Replica self) {
      super(MEMBERS, self);
    }

    @Override
    public Receiver.Verdict receive(ReceivedEntry received) {
      var verdict = super.receive(received);
      if (verdict instanceof Receiver.Verdict.Stored stored) {
        withoutEffect = stored.withoutEffect();
      }
      return verdict;
    }

    /**
     * Chains by their names, as {@code author's? after-end}, and each entry's chain and standing.
     */
    Map<String, String> seen() {
      var seen = new TreeMap<String, String>();
      state
          .chains()
          .forEach((name, head) ->
              seen.put("" + name, head.parent() + " " + head.after() + " " + head.hash()));
      log.forEach(e -> seen.put("" + e.hash(), e.chain() + " " + e.standing()));
      documents.forEach((key, state) -> seen.put(key.id(), "" + state.headVersions()));
      return seen;
    }

    Standing standing(ReceivedEntry received) {
      return log.stream()
          .filter(e -> e.hash().equals(received.hash()))
          .findAny()
          .orElseThrow()
          .standing();
    }
  }

  private static ReceivedEntry after(ReceivedEntry before, String id) {
    return after(AUTHOR, before, id, List.of());
  }

  private static ReceivedEntry after(
      Replica author, ReceivedEntry before, String id, List<Cause> causes) {
    var entry =
        entry(
            SPACE,
            author,
            before == null ? 1 : before.entry().sequence() + 1,
            before == null ? Hash.ZERO : before.hash(),
            causes,
            MEMBERS.authority(author.node()).orElseThrow(),
            intent(id, operation("d" + id.charAt(0), put("{\"by\":\"" + id + "\"}"))));
    byte[] bytes = EntryCodec.encode(entry);
    return new ReceivedEntry(entry, bytes, Hash.sha256(bytes), null);
  }

  private static Cause cause(ReceivedEntry entry) {
    return new Cause(new Dot(entry.entry().author(), entry.entry().sequence()), entry.hash());
  }

  @Test
  void namesAndStandingsFollowFromTheSetInAnyOrder() {
    for (long seed = 1; seed <= 300; seed++) {
      var random = new Random(seed);
      var entries = tree(random);
      Map<String, String> first = null;
      for (int order = 0; order < 6; order++) {
        var node = new Node(replica(9));
        arrive(entries, node, random);
        if (first == null) {
          first = node.seen();
        }
        assertThat(node.seen()).as("seed %d", seed).isEqualTo(first);
      }
    }
  }

  /** Entries that fork here and there, some with intents that others carry too. */
  private static List<ReceivedEntry> tree(Random random) {
    var entries = new ArrayList<ReceivedEntry>();
    for (int i = 0; i < 14; i++) {
      int at = random.nextInt(entries.size() + 1);
      var before =
          random.nextInt(3) > 0 && !entries.isEmpty()
              ? entries.getLast()
              : at == 0 ? null : entries.get(at - 1);
      entries.add(after(before, random.nextInt(5) + "-" + random.nextInt(i + 1)));
    }
    var other =
        after(replicaOfOneAgain(), null, entries.getFirst().entry().intent().id(), List.of());
    entries.add(other);
    return entries.stream()
        .collect(
            java.util.stream.Collectors.toMap(
                ReceivedEntry::hash, e -> e, (a, _) -> a, java.util.LinkedHashMap::new))
        .values()
        .stream()
        .toList();
  }

  private static Replica replicaOfOneAgain() {
    return new Replica(AUTHOR.node(), replica(7).incarnation());
  }

  private static void arrive(List<ReceivedEntry> entries, Node node, Random random) {
    var waiting = new ArrayList<>(entries);
    while (!waiting.isEmpty()) {
      Collections.shuffle(waiting, random);
      assertThat(waiting.removeIf(e -> !(node.receive(e) instanceof Receiver.Verdict.Rejected)))
          .isTrue();
    }
  }

  @Test
  void nothingBeyondAForkHasEffectAndTheTrunkKeepsIts() {
    var node = new Node(replica(9));
    var trunk = after(null, "a");
    var left = after(trunk, "b");
    var further = after(left, "c");
    var right = after(trunk, "d");
    for (var entry : List.of(trunk, left, further, right)) {
      node.receive(entry);
    }
    assertThat(node.standing(trunk)).isEqualTo(Standing.EFFECTIVE);
    assertThat(List.of(left, further, right))
        .allMatch(entry -> node.standing(entry) == Standing.FORKED);
    assertThat(node.document(new DocumentKey(SPACE, "orders", "db")).exists()).isFalse();
    assertThat(node.state.chain(AUTHOR).sequence()).isEqualTo(1);
    assertThat(node.state.chain(EntryCodec.branch(AUTHOR, left.hash())))
        .satisfies(head -> {
          assertThat(head.parent()).isEqualTo(AUTHOR);
          assertThat(head.after()).isEqualTo(1);
          assertThat(head.sequence()).isEqualTo(3);
        });
    assertThat(node.receive(left)).isInstanceOf(Receiver.Verdict.Known.class);
  }

  @Test
  void causeOnAnyBranchIsMetAndOneThatIsNotHereIsNot() {
    var node = new Node(replica(9));
    var trunk = after(null, "a");
    var left = after(trunk, "b");
    var right = after(trunk, "c");
    var third = after(trunk, "d");
    List.of(trunk, left, right).forEach(node::receive);
    var other = replicaOfOneAgain();
    assertThat(node.receive(after(other, null, "x", List.of(cause(third)))))
        .isInstanceOf(Receiver.Verdict.Rejected.class);
    assertThat(node.receive(after(other, null, "x", List.of(cause(left)))))
        .isInstanceOf(Receiver.Verdict.Stored.class);
  }

  @Test
  void duplicateIsRevivedWhenTheEffectiveOneIsForked() {
    var node = new Node(replica(9));
    var first = after(null, "one");
    var again = after(replicaOfOneAgain(), null, "one", List.of());
    node.receive(first);
    node.receive(again);
    var effective = node.standing(first) == Standing.EFFECTIVE ? first : again;
    var duplicate = effective == first ? again : first;
    assertThat(node.standing(duplicate)).isEqualTo(Standing.DUPLICATE);
    node.receive(after(effective.entry().author(), null, "another", List.of()));
    assertThat(node.standing(effective)).isEqualTo(Standing.FORKED);
    assertThat(node.standing(duplicate)).isEqualTo(Standing.EFFECTIVE);
    assertThat(node.document(new DocumentKey(SPACE, "orders", "do")).exists()).isTrue();
    assertThat(node.withoutEffect).containsExactly("another");
  }

  @Test
  void ownForkedIntentsAreRecordedAgainWithTheirVersions() {
    var node = new Node(replicaOfOneAgain());
    var trunk = after(null, "a");
    var left = after(trunk, "b");
    var right = after(trunk, "c");
    List.of(trunk, left).forEach(node::receive);
    var version = node.document(new DocumentKey(SPACE, "orders", "db")).version();
    node.receive(right);
    assertThat(node.withoutEffect).containsExactly("b", "c");

    var draw = new Recorder.Draw(Instant.ofEpochMilli(CLOCK + 9), node.log.size() + 1, new byte[5]);
    var again = new Recorder(1000).again(node.withoutEffect, node.state, node, draw);
    node.apply(again.writes());

    assertThat(again.entries()).extracting(e -> e.entry().author()).containsOnly(node.state.self());
    assertThat(again.entries()).extracting(e -> e.entry().sequence()).containsExactly(1L, 2L);
    assertThat(again.entries().getLast().entry().previous())
        .isEqualTo(again.entries().getFirst().hash());
    assertThat(node.document(new DocumentKey(SPACE, "orders", "db")).version()).isEqualTo(version);
    assertThat(new Recorder(1000).again(List.of("b", "c"), node.state, node, draw).entries())
        .isEmpty();
    var stranger = new Node(replica(9));
    List.of(trunk, left, right).forEach(stranger::receive);
    assertThat(
            new Recorder(1000)
                .again(stranger.withoutEffect, stranger.state, stranger, draw)
                .entries())
        .isEmpty();
  }

  @Test
  void branchesOfOneAuthorAreBounded() {
    var node = new Node(replica(9));
    var trunk = after(null, "a");
    node.receive(trunk);
    for (int n = 0; n < SpaceState.MOST_BRANCHES; n++) {
      assertThat(node.receive(after(trunk, "b" + n))).isInstanceOf(Receiver.Verdict.Stored.class);
    }
    assertThat(node.receive(after(trunk, "more"))).isInstanceOf(Receiver.Verdict.Rejected.class);
    assertThat(node.receive(after(replicaOfOneAgain(), null, "x", List.of())))
        .isInstanceOf(Receiver.Verdict.Stored.class);
  }
}
