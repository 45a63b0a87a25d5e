package com.softadastra.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.PatchBody;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.document.DocumentFold;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.log.Standing;
import com.softadastra.engine.space.DocumentUpdate;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.storage.InMemoryJournal.Medium;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Members whose media are copied and put back at random, mostly without anybody noticing, come to
 * the same in the end: chains, standings, heads and conflicts; and every intent that some member
 * still has is effective once.
 *
 * <p>{@code -Dfork.seed=N} repeats one run, {@code -Dfork.seeds=N} makes so many.
 */
class ForkConvergenceTest {
  private static final int NODES = 4;
  private static final int STEPS = 60;

  private Random random;
  private Membership membership;
  private SpaceId space;
  private final List<ForkedMember> members = new ArrayList<>();
  private final List<Backup> backups = new ArrayList<>();
  private final List<IntentRequest> requests = new ArrayList<>();
  private long millis;
  private final InstantSource clock = () -> Instant.ofEpochMilli(1_770_000_000_000L + millis++);

  private record Backup(NodeKey key, Medium medium) {}

  @Test
  void allComeToTheSameAndNothingIsLost() {
    Long only = Long.getLong("fork.seed");
    long first = only == null ? 1 : only;
    long last = only == null ? Long.getLong("fork.seeds", 200) : only;
    long forks = 0;
    for (long seed = first; seed <= last; seed++) {
      try {
        forks += run(seed);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("repeat with -Dfork.seed=" + seed, e);
      }
    }
    assertThat(forks).as("runs with forks").isGreaterThan((last - first) / 2);
  }

  private int run(long seed) {
    random = new Random(seed);
    millis = 0;
    members.clear();
    backups.clear();
    requests.clear();
    membership = membership();
    space = membership.space();
    for (int n = 1; n <= NODES; n++) {
      members.add(member(key(n), new Medium(), false));
    }
    for (int step = 0; step < STEPS; step++) {
      step();
      members.forEach(ForkedMember::check);
    }
    var had = new TreeSet<String>();
    members.forEach(member -> had.addAll(intents(member)));
    settle();
    for (var member : members) {
      check(member, had);
    }
    boolean forked = members.getFirst().chains().values().stream().anyMatch(c -> c.branch());
    return forked ? 1 : 0;
  }

  private void step() {
    var member = members.get(random.nextInt(members.size()));
    switch (random.nextInt(12)) {
      case 0, 1, 2, 3 -> write(member);
      case 4, 5, 6, 7 -> {
        var other = members.get(random.nextInt(members.size()));
        int frames = random.nextBoolean() ? Integer.MAX_VALUE : random.nextInt(24);
        if (!other.key.nodeId().equals(member.key.nodeId())) {
          ForkedMember.meet(member, other, carried -> carried >= frames);
        }
      }
      case 8 -> backups.add(new Backup(member.key, member.copy()));
      case 9 -> {
        // a restart; at times in a new place, so that it is noticed
        replace(member, member(member.key, member.copy(), random.nextInt(4) == 0));
      }
      case 10 -> {
        var backup = backups.isEmpty() ? null : backups.get(random.nextInt(backups.size()));
        if (backup != null && random.nextBoolean()) {
          var restored = member(backup.key(), backup.medium().copy(), random.nextInt(4) == 0);
          members.stream()
              .filter(m -> m.key.nodeId().equals(backup.key().nodeId()))
              .findAny()
              .ifPresent(m -> replace(m, restored));
        }
      }
      default -> {
        if (members.size() < NODES + 3) {
          members.add(member(member.key, member.copy(), random.nextInt(6) == 0));
        }
      }
    }
  }

  private void replace(ForkedMember member, ForkedMember by) {
    members.set(members.indexOf(member), by);
  }

  private ForkedMember member(NodeKey key, Medium medium, boolean noticed) {
    return new ForkedMember(key, medium, noticed, membership, clock, random);
  }

  private void write(ForkedMember member) {
    var answers = new ArrayList<java.util.concurrent.CompletableFuture<?>>();
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      // the same request again, as a client would that got no answer, perhaps elsewhere
      boolean again = !requests.isEmpty() && random.nextInt(6) == 0;
      var request = again ? requests.get(random.nextInt(requests.size())) : request();
      if (request.id() != null) {
        requests.add(request);
      }
      answers.add(member.submit(request));
    }
    member.recordAll();
    assertThat(answers).allMatch(answer -> answer.isDone());
  }

  private IntentRequest request() {
    var operations = new TreeMap<String, OperationRequest>();
    for (int i = 1 + random.nextInt(2); i > 0; i--) {
      var document = "d" + random.nextInt(4);
      operations.put(document, operation(document));
    }
    var id = random.nextInt(3) == 0 ? "intent-" + millis++ : null;
    return new IntentRequest("space", id, null, Priority.NORMAL, List.copyOf(operations.values()));
  }

  private OperationRequest operation(String document) {
    var text = new JsonText("{\"n\":" + random.nextInt(1000) + "}");
    return switch (random.nextInt(6)) {
      case 0 ->
          new OperationRequest(OperationKind.DELETE, "things", document, null, null, Condition.ANY);
      case 1 ->
          new OperationRequest(
              OperationKind.PATCH,
              "things",
              document,
              null,
              new PatchBody(PatchBody.Notation.values()[0], text),
              Condition.ANY);
      default ->
          new OperationRequest(OperationKind.PUT, "things", document, text, null, Condition.ANY);
    };
  }

  /** All meet until nothing is new to anybody. */
  private void settle() {
    for (int round = 0; round < 20; round++) {
      var before = members.stream().map(member -> member.log().size()).toList();
      for (var one : members) {
        for (var other : members) {
          if (one.key.nodeId().compareTo(other.key.nodeId()) < 0) {
            ForkedMember.meet(one, other, _ -> false);
          }
        }
      }
      members.forEach(ForkedMember::check);
      if (members.stream().map(member -> member.log().size()).toList().equals(before)) {
        return;
      }
    }
    throw new AssertionError("after 20 rounds there still is news");
  }

  private void check(ForkedMember member, Set<String> had) {
    var first = members.getFirst();
    assertThat(chains(member)).as("chains").isEqualTo(chains(first));
    assertThat(standings(member)).as("standings").isEqualTo(standings(first));
    assertThat(states(member)).as("documents").isEqualTo(states(first));
    var effective = new HashMap<String, Integer>();
    var dots = new HashSet<List<Object>>();
    for (var logged : member.log()) {
      if (logged.standing().effective()) {
        effective.merge(logged.entry().intent().id(), 1, Integer::sum);
        assertThat(dots.add(List.of(logged.entry().author(), logged.entry().sequence())))
            .as("a dot with two contents")
            .isTrue();
      }
    }
    assertThat(effective.values()).as("effective once").allMatch(times -> times == 1);
    assertThat(effective.keySet()).as("nothing is lost").containsAll(had);
    for (var id : effective.keySet()) {
      assertThat(member.journal.intents(space, id).stream().map(LoggedEntry::position).toList())
          .as("the index of %s", id)
          .containsExactlyInAnyOrderElementsOf(
              member.log().stream()
                  .filter(logged -> logged.entry().intent().id().equals(id))
                  .map(LoggedEntry::position)
                  .toList());
    }
    for (var state : member.journal.documents()) {
      var operations = DocumentUpdate.operations(state.key(), state.lastPosition(), member.journal);
      assertThat(DocumentFold.replay(state.key(), operations, state.lastPosition()))
          .as("kept and rebuilt")
          .isEqualTo(state);
    }
  }

  private static Set<String> intents(ForkedMember member) {
    return member.log().stream()
        .filter(logged -> logged.standing() != Standing.NOT_ALLOWED)
        .map(logged -> logged.entry().intent().id())
        .collect(Collectors.toSet());
  }

  private static Map<String, String> chains(ForkedMember member) {
    var chains = new TreeMap<String, String>();
    member
        .chains()
        .forEach((name, head) ->
            chains.put(
                name.toString(),
                head.author()
                    + " "
                    + head.parent()
                    + " "
                    + head.after()
                    + " "
                    + head.sequence()
                    + " "
                    + head.hash()));
    return chains;
  }

  private static Map<Hash, String> standings(ForkedMember member) {
    var standings = new TreeMap<Hash, String>();
    for (var logged : member.log()) {
      standings.put(logged.hash(), logged.chain() + " " + logged.standing());
    }
    return standings;
  }

  private static Map<String, String> states(ForkedMember member) {
    var states = new TreeMap<String, String>();
    for (var state : member.journal.documents()) {
      if (state.exists()) {
        states.put(state.key().id(), describe(state));
      }
    }
    return states;
  }

  private static String describe(DocumentState state) {
    return state.headVersions() + " " + state.winner().body() + " " + state.conflict();
  }

  static NodeKey key(int n) {
    var seed = new byte[NodeKey.SEED_BYTES];
    Arrays.fill(seed, (byte) n);
    return new NodeKey(seed);
  }

  static Membership membership() {
    var create = new MembershipRecord.Create(key(1).publicKey(), "1", "space", 0, new byte[16]);
    var membership = new Membership(List.of(SpaceNames.sign(create, key(1))));
    for (int n = 2; n <= NODES; n++) {
      var grant = membership.grant(key(1).nodeId(), key(n).publicKey(), "" + n, Role.WRITER, n);
      membership = membership.with(List.of(SpaceNames.sign(grant, key(1))));
    }
    return membership;
  }
}
