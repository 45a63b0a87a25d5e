package com.softadastra.edge.mailbox.h2;

import com.softadastra.edge.PowerLosses;
import org.junit.jupiter.api.Test;

/** What a custody receipt could have been given for survives power failures. */
class MailboxPowerLossIT {
  private final PowerLosses powerLosses =
      new PowerLosses("MailboxPowerLossIT", seed -> new StoredEnvelopes(seed, 1 << 18));

  @Test
  void losesNothingThatIsInCustody() throws Exception {
    powerLosses.loseNothing();
  }

  @Test
  void findsLossesOnADiskThatLies() throws Exception {
    powerLosses.loseSomethingOnADiskThatLies();
  }
}
