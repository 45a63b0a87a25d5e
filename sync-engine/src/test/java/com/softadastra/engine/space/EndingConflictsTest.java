package com.softadastra.engine.space;

import static com.softadastra.engine.Given.creation;
import static com.softadastra.engine.Given.key;
import static com.softadastra.engine.Given.replica;
import static com.softadastra.engine.Given.signed;
import static com.softadastra.engine.Given.space;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.documents.CollectionDefinition;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.document.Decided;
import com.softadastra.engine.document.DocumentFold;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.document.Head;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.space.DefinitionsTest.Node;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How open conflicts end: by somebody, by a function, and by taking that back. */
class EndingConflictsTest {
  private static final Membership MEMBERS =
      DefinitionsTest.with(
          DefinitionsTest.with(
              new Membership(List.of(signed(creation(1), key(1)))), 1, 2, Role.WRITER),
          1,
          3,
          Role.WRITER);
  private static final DocumentKey ONE = new DocumentKey(space(1), "orders", "o-1");

  private final Node a = new Node(replica(1), MEMBERS);
  private final Node b = new Node(replica(2), MEMBERS);
  private final Node c = new Node(replica(3), MEMBERS);
  private final List<Node> all = List.of(a, b, c);

  @BeforeEach
  void begin() {
    a.put("{\"n\":0}");
    meet(a, b, c);
  }

  private static void meet(Node... nodes) {
    for (int round = 0; round < 2; round++) {
      for (var to : nodes) {
        for (var from : nodes) {
          if (to != from) {
            to.receiveAll(from);
          }
        }
      }
    }
    for (var node : nodes) {
      var state = node.documents.get(ONE);
      var first = nodes[0].documents.get(ONE);
      assertThat(state.headVersions()).isEqualTo(first.headVersions());
      assertThat(state.version()).isEqualTo(first.version());
      assertThat(state.body()).isEqualTo(first.body());
      assertThat(state.decided()).isEqualTo(first.decided());
      assertThat(DocumentUpdate.rebuilt(ONE, state.lastPosition(), node)).isEqualTo(state);
    }
  }

  private static DocumentState state(Node node) {
    return node.documents.get(ONE);
  }

  private static DocumentFold.History history(Node node) {
    return new DocumentFold.History(
        ONE, DocumentUpdate.operations(ONE, state(node).lastPosition(), node));
  }

  /** Ends the conflict as the product does it: on all heads, under an id that these decide. */
  private static Hash resolve(Node node, @Nullable String body, @Nullable String function) {
    var admission = node.record(resolution(state(node), body, function));
    var entry = ((Admission.Accepted) admission).entry();
    return DocumentUpdate.version(entry, entry.entry().operations().getFirst());
  }

  /** What ends a conflict for whoever has seen the document so. */
  private static IntentRequest resolution(
      DocumentState state, @Nullable String body, @Nullable String function) {
    var text = body == null ? null : JsonText.parse(body);
    var operation =
        new OperationRequest(
            text == null ? OperationKind.DELETE : OperationKind.PUT,
            "orders",
            "o-1",
            text,
            null,
            new Condition(
                Condition.Kind.HEADS, state.headVersions().stream().map(Hash::toString).toList()));
    return new IntentRequest(
        "shop",
        Recorder.resolutionId(state, text),
        null,
        Priority.NORMAL,
        List.of(operation),
        null,
        function);
  }

  private static List<Hash> sides(Node node) {
    return state(node).sides().stream().map(Head::version).toList();
  }

  private static void undo(Node node, Change.Undo undo) {
    var put = undo.restoring() instanceof Change.Put(var body) ? body : null;
    var operation =
        new OperationRequest(
            put == null ? OperationKind.DELETE : OperationKind.PUT,
            "orders",
            "o-1",
            put,
            null,
            new Condition(Condition.Kind.MATCH, List.of(state(node).version().toString())),
            undo.conflict().toString());
    assertThat(node.record(operation, Recorder.undoId(state(node), undo.conflict())))
        .isInstanceOf(Admission.Accepted.class);
  }

  // ---- functions

  private void called() {
    a.declare(CollectionDefinition.resolvedBy("pick"));
    meet(a, b, c);
  }

  @Test
  void aFunctionsConflictIsOpenUntilItsResultIsThere() {
    called();
    a.put("{\"n\":1}");
    b.put("{\"n\":2}");
    meet(a, b, c);
    assertThat(state(c).conflicted()).isTrue();
    var conflict = state(c).conflict();
    assertThat(state(a).conflict()).isEqualTo(conflict);
    assertThat(history(c).definition().resolver()).isEqualTo("pick");
    var sides = sides(c);
    var result = resolve(c, "{\"n\":3}", "pick");
    meet(a, b, c);
    assertThat(state(a).conflicted()).isFalse();
    assertThat(state(a).headVersions()).containsExactly(result);
    assertThat(state(a).body().text()).isEqualTo("{\"n\":3}");
    var ending = history(a).ending(sides).orElseThrow();
    assertThat(ending.version()).isEqualTo(result);
    assertThat(ending.computed()).isTrue();
  }

  @Test
  void theSameResultMadeTwiceIsOneVersion() {
    called();
    a.put("{\"n\":1}");
    b.put("{\"n\":2}");
    meet(a, b, c);
    assertThat(resolve(a, "{\"n\":3}", "pick")).isEqualTo(resolve(b, "{\"n\":3}", "pick"));
    // somebody who decides the same is of one mind with it
    resolve(c, "{\"n\":3}", null);
    meet(a, b, c);
    assertThat(state(a).heads()).hasSize(1);
    assertThat(state(a).decided()).isEmpty();
  }

  @Test
  void ofDifferentResultsOfTheSameHeadsTheGreaterVersionCounts() {
    called();
    a.put("{\"n\":1}");
    b.put("{\"n\":2}");
    meet(a, b, c);
    var one = resolve(a, "{\"n\":3}", "pick");
    var other = resolve(b, "{\"n\":4}", "pick");
    meet(a, b, c);
    boolean first = one.compareTo(other) > 0;
    for (var node : all) {
      assertThat(state(node).conflicted()).isFalse();
      assertThat(state(node).body().text()).isEqualTo(first ? "{\"n\":3}" : "{\"n\":4}");
      assertThat(state(node).decided())
          .singleElement()
          .satisfies(decided -> {
            assertThat(decided.loser()).isEqualTo(first ? other : one);
            assertThat(decided.standing()).isEqualTo(Decided.Standing.STANDS);
          });
    }
    // who goes on goes on with both
    c.put("{\"n\":5}");
    meet(a, b, c);
    assertThat(state(a).heads()).hasSize(1);
  }

  @Test
  void theResultOfMoreTakesThePlaceOfTheResultOfLess() {
    called();
    a.put("{\"n\":1}");
    b.put("{\"n\":2}");
    c.put("{\"n\":3}");
    meet(a, b);
    resolve(a, "{\"n\":12}", "pick");
    b.receiveAll(c);
    var more = resolve(b, "{\"n\":123}", "pick");
    meet(a, b, c);
    for (var node : all) {
      assertThat(state(node).conflicted()).isFalse();
      assertThat(state(node).body().text()).isEqualTo("{\"n\":123}");
      assertThat(state(node).decided().getFirst().winner()).isEqualTo(more);
    }
  }

  @Test
  void resultsOfDifferentHeadsAreDecidedInTheEnd() {
    called();
    a.put("{\"n\":1}");
    b.put("{\"n\":2}");
    c.put("{\"n\":3}");
    a.receiveAll(b);
    resolve(a, "{\"n\":12}", "pick");
    c.receiveAll(b);
    resolve(c, "{\"n\":23}", "pick");
    meet(a, b, c);
    assertThat(state(b).conflicted()).isTrue();
    // all at once, and none of them with the same result
    resolve(a, "{\"n\":7}", "pick");
    resolve(b, "{\"n\":8}", "pick");
    resolve(c, "{\"n\":9}", "pick");
    meet(a, b, c);
    assertThat(state(a).conflicted()).isFalse();
  }

  @Test
  void whatWasMadeOfHeadsThatAreNoLongerAllIsRefused() {
    called();
    a.put("{\"n\":1}");
    b.put("{\"n\":2}");
    meet(a, b, c);
    var seen = state(a);
    a.put("{\"n\":3}");
    assertIsRefused(seen, "pick");
    assertIsRefused(seen, null);
    assertThat(state(a).body().text()).isEqualTo("{\"n\":3}");
  }

  @Test
  void whatWasMadeOfSomeOfTheHeadsIsRefused() {
    called();
    a.put("{\"n\":1}");
    b.put("{\"n\":2}");
    c.put("{\"n\":3}");
    a.receiveAll(b);
    var seen = state(a);
    a.receiveAll(c);
    assertIsRefused(seen, "pick");
    assertThat(state(a).heads()).hasSize(3);
  }

  /** A decision in doubt is open where there is one head, too. */
  @Test
  void whatWasMadeOfTheOneHeadIsRefusedWhereThereAreMore() {
    a.put("{\"n\":1}");
    b.put("{\"n\":2}");
    var seen = state(a);
    assertThat(seen.heads()).hasSize(1);
    a.receiveAll(b);
    assertThat(state(a).heads()).hasSize(2);
    assertIsRefused(seen, null);
    resolve(a, "{\"n\":3}", null);
    assertThat(state(a).heads()).hasSize(1);
    // and of one it ends what that one has left open
    var one = state(a);
    assertThat(a.record(resolution(one, "{\"n\":4}", null))).isInstanceOf(Admission.Accepted.class);
  }

  private void assertIsRefused(DocumentState seen, @Nullable String function) {
    assertThat(a.record(resolution(seen, "{\"n\":12}", function)))
        .isInstanceOfSatisfying(
            Admission.Declined.class,
            declined -> {
              assertThat(declined.problem().code()).isEqualTo(ProblemCode.VERSION_MISMATCH);
              assertThat(declined.problem().facts())
                  .containsEntry("version", state(a).version().toString());
            });
  }

  @Test
  void oneDeletionTakesThePlaceOfSeveral() {
    for (var node : List.of(a, b)) {
      node.record(
          new OperationRequest(OperationKind.DELETE, "orders", "o-1", null, null, Condition.ANY),
          null);
    }
    meet(a, b, c);
    assertThat(state(c).conflicted()).isTrue();
    var one = resolve(c, null, null);
    meet(a, b, c);
    assertThat(state(a).headVersions()).containsExactly(one);
    assertThat(state(a).deleted()).isTrue();
  }

  @Test
  void whatSomebodyWroteMeanwhileIsNoResult() {
    called();
    a.put("{\"n\":1}");
    b.put("{\"n\":2}");
    meet(a, b, c);
    resolve(a, "{\"n\":3}", "pick");
    b.put("{\"n\":4}");
    meet(a, b, c);
    assertThat(state(c).conflicted()).isTrue();
    assertThat(state(c).sides()).hasSize(2);
  }

  // ---- taking back

  @Test
  void undoGivesBackWhatWasLost() {
    a.put("{\"n\":1}");
    b.put("{\"n\":2}");
    meet(a, b, c);
    var conflict = state(a).conflict().orElseThrow();
    var sides = sides(a);
    resolve(a, "{\"n\":1}", null);
    meet(a, b, c);
    assertThat(history(b).isUndone(conflict, sides)).isFalse();
    var back = history(b).takingBack(conflict, sides);
    undo(b, back.change());
    meet(a, b, c);
    for (var node : all) {
      assertThat(state(node).body().text()).isEqualTo("{\"n\":2}");
      assertThat(history(node).isUndone(conflict, sides)).isTrue();
      assertThat(history(node).takingBack(conflict, sides).change()).isNull();
    }
  }

  @Test
  void ofSeveralThatWereLostWhatWasServedComesBack() {
    a.put("{\"n\":1}");
    b.put("{\"n\":2}");
    c.put("{\"n\":3}");
    meet(a, b, c);
    var conflict = state(a).conflict().orElseThrow();
    var sides = sides(a);
    var served = state(a).body();
    resolve(a, "{\"n\":4}", null);
    var back = history(a).takingBack(conflict, sides).change();
    assertThat(back.restoring()).isEqualTo(new Change.Put(served));
  }

  @Test
  void whereTheOneServedWasChosenOfThreeNobodyKnowsWhatIsMeant() {
    a.put("{\"n\":1}");
    b.put("{\"n\":2}");
    c.put("{\"n\":3}");
    meet(a, b, c);
    var conflict = state(a).conflict().orElseThrow();
    var sides = sides(a);
    resolve(a, state(a).body().text(), null);
    var back = history(a).takingBack(conflict, sides);
    assertThat(back.change()).isNull();
    assertThat(back.why()).contains("several");
  }

  @Test
  void aDeletionThatWasLostComesBack() {
    a.put("{\"n\":1}");
    b.record(
        new OperationRequest(OperationKind.DELETE, "orders", "o-1", null, null, Condition.ANY),
        null);
    meet(a, b, c);
    var conflict = state(a).conflict().orElseThrow();
    var sides = sides(a);
    resolve(a, "{\"n\":1}", null);
    undo(a, history(a).takingBack(conflict, sides).change());
    meet(a, b, c);
    assertThat(state(b).deleted()).isTrue();
    assertThat(history(b).isUndone(conflict, sides)).isTrue();
  }

  @Test
  void whatWasWrittenSinceIsNotTakenBack() {
    a.put("{\"n\":1}");
    b.put("{\"n\":2}");
    meet(a, b, c);
    var conflict = state(a).conflict().orElseThrow();
    var sides = sides(a);
    resolve(a, "{\"n\":3}", null);
    a.put("{\"n\":4}");
    assertThat(history(a).takingBack(conflict, sides).why()).contains("written since");
  }

  @Test
  void aConflictThatOpensAgainAndEndsIsNotUndone() {
    a.put("{\"n\":1}");
    b.put("{\"n\":2}");
    c.put("{\"n\":3}");
    meet(a, b);
    var conflict = state(a).conflict().orElseThrow();
    var sides = new ArrayList<>(sides(a));
    resolve(a, "{\"n\":1}", null);
    undo(a, history(a).takingBack(conflict, sides).change());
    assertThat(history(a).isUndone(conflict, sides)).isTrue();
    meet(a, b, c);
    assertThat(state(a).conflict()).contains(conflict);
    var again = sides(a);
    resolve(a, "{\"n\":5}", null);
    assertThat(history(a).isUndone(conflict, again)).isFalse();
    assertThat(history(a).takingBack(conflict, again).change()).isNotNull();
  }
}
