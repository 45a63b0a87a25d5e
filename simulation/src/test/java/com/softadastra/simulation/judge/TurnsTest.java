package com.softadastra.simulation.judge;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.session.Frame;
import com.softadastra.engine.space.BatchCheck.Offered;
import java.util.List;
import org.junit.jupiter.api.Test;

class TurnsTest {
  private static final SpaceId SPACE = new SpaceId(Hash.sha256(new byte[] {1}));
  private static final int CREDIT = 32;

  private final Turns turns = new Turns();
  private final Shadow shadow = new Shadow();

  @Test
  void noMoreBatchesAreUnderWayThanThePeerHasTakenAndLetsCome() {
    for (int i = 0; i < CREDIT; i++) {
      assertThat(sendsBeyondCredit(i)).isFalse();
    }
    turns.received(new Frame.Taken(SPACE, 1), _ -> true);

    assertThat(sendsBeyondCredit(CREDIT)).isFalse();
    assertThat(sendsBeyondCredit(CREDIT + 1)).isTrue();
  }

  private boolean sendsBeyondCredit(int number) {
    var batch = List.of(new Offered(new byte[] {(byte) number}, null));
    turns.sent(new Frame.Entries(SPACE, batch), shadow);
    return turns.isBeyondCredit(SPACE);
  }
}
