package com.softadastra.engine.space;

import static com.softadastra.engine.Given.creation;
import static com.softadastra.engine.Given.key;
import static com.softadastra.engine.Given.signed;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.documents.ConflictView.Turn;
import com.softadastra.contracts.peering.Role;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ResolverTurnTest {
  private static final Membership THREE =
      DefinitionsTest.with(
          DefinitionsTest.with(
              new Membership(List.of(signed(creation(1), key(1)))), 1, 2, Role.WRITER),
          1,
          3,
          Role.WRITER);

  private static NodeId node(int number) {
    return key(number).nodeId();
  }

  private static Turn turn(int node, Membership members, int... authors) {
    return ResolverTurn.of(
        node(node), members, IntStream.of(authors).mapToObj(ResolverTurnTest::node).toList());
  }

  @Test
  void withoutTheLabelAuthorsDecideAfterAWhile() {
    assertThat(turn(1, THREE, 1, 2)).isEqualTo(Turn.NEXT);
    assertThat(turn(2, THREE, 1, 2)).isEqualTo(Turn.NEXT);
    assertThat(turn(3, THREE, 1, 2)).isEqualTo(Turn.OTHERS);
    assertThat(turn(4, THREE, 4)).isEqualTo(Turn.OTHERS);
  }

  @Test
  void whoHasTheLabelDecidesAtOnceAndAuthorsAsALastResort() {
    var labelled = DefinitionsTest.with(THREE, 1, 3, Role.WRITER, "resolver");
    assertThat(turn(3, labelled, 1, 2)).isEqualTo(Turn.FIRST);
    assertThat(turn(1, labelled, 1, 2)).isEqualTo(Turn.LAST);
    assertThat(turn(2, labelled, 1)).isEqualTo(Turn.OTHERS);
  }

  @Test
  void ofSeveralWithTheLabelOneIsFirst() {
    var labelled =
        DefinitionsTest.with(
            DefinitionsTest.with(THREE, 1, 3, Role.WRITER, "resolver"),
            1,
            2,
            Role.WRITER,
            "hq",
            "resolver");
    int first = node(2).compareTo(node(3)) < 0 ? 2 : 3;
    assertThat(turn(first, labelled, 1)).isEqualTo(Turn.FIRST);
    assertThat(turn(5 - first, labelled, 1)).isEqualTo(Turn.NEXT);
    assertThat(turn(1, labelled, 1)).isEqualTo(Turn.LAST);
  }

  @Test
  void nobodyWaitsForOneThatIsRetired() {
    var labelled = DefinitionsTest.with(THREE, 1, 3, Role.WRITER, "resolver");
    var end = labelled.retirement(node(1), node(3), 0);
    var retired = labelled.with(List.of(signed(end, key(1))));
    assertThat(turn(1, retired, 1, 2)).isEqualTo(Turn.NEXT);
    assertThat(turn(3, retired, 1, 2)).isEqualTo(Turn.NEXT);
  }

  @Test
  void whoMayOnlyReadDecidesNothing() {
    var labelled = DefinitionsTest.with(THREE, 1, 4, Role.READER, "resolver");
    assertThat(turn(4, labelled, 1, 4)).isEqualTo(Turn.OTHERS);
    assertThat(turn(1, labelled, 1, 4)).isEqualTo(Turn.NEXT);
  }
}
