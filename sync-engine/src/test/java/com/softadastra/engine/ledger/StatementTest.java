package com.softadastra.engine.ledger;

import static com.softadastra.engine.Given.hash;
import static com.softadastra.engine.Given.key;
import static com.softadastra.engine.Given.replica;
import static com.softadastra.engine.Given.space;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.Replica;
import com.softadastra.engine.log.Bounds;
import com.softadastra.engine.space.ChainHead;
import java.nio.ByteBuffer;
import java.util.HashMap;
import org.junit.jupiter.api.Test;

class StatementTest {
  /** What the table of statements takes. */
  private static final int ROW_BYTES = 1 << 20;

  @Test
  void whoHasBegunManyChainsKeepsNobodyOutButItsOwnOldest() {
    var chains = new HashMap<Replica, ChainHead>();
    for (int life = 1; life <= Bounds.STATED_CHAINS + 10; life++) {
      var name = life(life);
      chains.put(name, new ChainHead(name, null, 0, Long.MAX_VALUE, hash("last"), life));
    }
    for (int n = 1; n <= 3; n++) {
      chains.put(replica(n), new ChainHead(replica(n), null, 0, n, hash("last"), 0));
    }
    var vector = Statement.vector(chains);
    assertThat(vector)
        .hasSize(Bounds.STATED_CHAINS)
        .containsKeys(replica(1), replica(2), replica(3), life(Bounds.STATED_CHAINS + 10), life(14))
        .doesNotContainKeys(life(1), life(13));
    var signed = new Statement(space(1), replica(1), 1L << 52, 1L << 52, vector).sign(key(1));
    assertThat(signed.bytes()).hasSizeLessThan(ROW_BYTES);
    assertThat(Statement.decode(signed.bytes()).vector()).isEqualTo(vector);
  }

  private static Replica life(int n) {
    var incarnation = ByteBuffer.allocate(Incarnation.BYTES).putInt(n).array();
    return new Replica(key(9).nodeId(), Incarnation.of(incarnation));
  }
}
