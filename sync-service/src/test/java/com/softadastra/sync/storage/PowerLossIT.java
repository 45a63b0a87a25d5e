package com.softadastra.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.disk.PowerLossCampaign;
import com.softadastra.disk.PowerLossCampaign.Plan;
import com.softadastra.disk.PowerLossCampaign.Result;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * Acknowledged intents survive power failures at any point, with what the disk had not been made to
 * keep dropped, reordered or torn; without the guard, or on a disk that lies about forces, the same
 * campaign finds them lost.
 *
 * <p>{@code -Dpowerloss.images=} sets how many images are opened, {@code -Dpowerloss.seed=}
 * replays.
 */
class PowerLossIT {
  private static final int WORKERS = 2;

  private static Result campaign(
      boolean guarded, int base, Duration age, int recorded, int images, boolean lying)
      throws Exception {
    long seed = Long.getLong("powerloss.seed", System.nanoTime());
    System.out.println("PowerLossIT: -Dpowerloss.seed=" + seed);
    var plan = new Plan(base, age, recorded, images, WORKERS, lying, seed);
    var result =
        new PowerLossCampaign(new RecordedIntents(seed, guarded), scheme -> scheme + ":/db", plan)
            .run("/db.mv.db");
    System.out.println("PowerLossIT: " + result);
    return result;
  }

  /** H2 writes over freed space when that has been free for its retention time, 45 s. */
  @Test
  void losesNoAcknowledgedIntentWhileSpaceIsReused() throws Exception {
    int images = Integer.getInteger("powerloss.images", 2_000);

    var result = campaign(true, 300, Duration.ofSeconds(47), 5_000, images, false);

    assertThat(result.rewrites()).as("writes over freed space").isGreaterThan(100);
    assertThat(result.total()).isGreaterThanOrEqualTo(images);
    assertThat(result.samples()).isEmpty();
  }

  @Test
  void findsLossesWithoutTheGuard() throws Exception {
    var result = campaign(false, 50, Duration.ZERO, 300, 300, false);

    assertThat(result.violated()).isPositive();
  }

  @Test
  void findsLossesOnADiskThatLies() throws Exception {
    var result = campaign(true, 50, Duration.ZERO, 300, 100, true);

    assertThat(result.violated()).isPositive();
  }
}
