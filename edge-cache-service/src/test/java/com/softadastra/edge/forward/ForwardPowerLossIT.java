package com.softadastra.edge.forward;

import com.softadastra.edge.PowerLosses;
import org.junit.jupiter.api.Test;

/** What a 202 could have been given for, and what became of it, survives power failures. */
class ForwardPowerLossIT {
  private final PowerLosses powerLosses =
      new PowerLosses("ForwardPowerLossIT", seed -> new StoredForwards(seed, 1 << 18));

  @Test
  void losesNothingThatWasAccepted() throws Exception {
    powerLosses.loseNothing();
  }

  @Test
  void findsLossesOnADiskThatLies() throws Exception {
    powerLosses.loseSomethingOnADiskThatLies();
  }
}
