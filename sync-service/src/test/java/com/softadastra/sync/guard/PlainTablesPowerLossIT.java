package com.softadastra.sync.guard;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.disk.PowerLossCampaign;
import com.softadastra.disk.PowerLossCampaign.Plan;
import com.softadastra.disk.PowerLossCampaign.Result;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * Acknowledged rows of plain H2 tables survive power failures under the guard; without it, or on a
 * disk that lies, the same campaign finds them lost.
 *
 * <p>{@code -Dpowerloss.plain.images=} sets how many images are opened, {@code -Dpowerloss.seed=}
 * replays.
 */
class PlainTablesPowerLossIT {

  private static final int WORKERS = 2;

  private static Result campaign(
      UnaryOperator<String> files, int base, Duration age, int recorded, int images, boolean lying)
      throws Exception {
    long seed = Seeds.seed("PowerLossIT");
    // small journals turn over often
    GuardSettings settings =
        GuardSettings.production()
            .withJournalBytes(1 << 20)
            .withFailStop((file, cause) -> {
              throw new IllegalStateException(file + " stopped", cause);
            });
    GuardFileSystem.register(settings);
    Plan plan = new Plan(base, age, recorded, images, WORKERS, lying, seed);
    Result result = new PowerLossCampaign(new PlainTables(seed), files, plan).run("/db.mv.db");
    System.out.println("PowerLossIT: " + result);
    return result;
  }

  /** H2 writes over freed space when that has been free for its retention time, 45 s. */
  @Test
  void losesNothingUnderTheGuardWhileSpaceIsReused() throws Exception {
    int images = Integer.getInteger("powerloss.plain.images", 300);
    Result result =
        campaign(
            scheme -> "guard:" + scheme + ":/db",
            500,
            Duration.ofSeconds(47),
            5_000,
            images,
            false);

    assertThat(result.rewrites()).as("writes over freed space").isGreaterThan(100);
    assertThat(result.total()).isGreaterThanOrEqualTo(images);
    assertThat(result.samples()).isEmpty();
  }

  @Test
  void findsLossesWithoutTheGuard() throws Exception {
    Result result = campaign(scheme -> scheme + ":/db", 50, Duration.ZERO, 300, 300, false);

    assertThat(result.violated()).isPositive();
  }

  @Test
  void findsLossesOnALyingDisk() throws Exception {
    Result result =
        campaign(scheme -> "guard:" + scheme + ":/db", 50, Duration.ZERO, 300, 200, true);

    assertThat(result.violated()).isPositive();
  }
}
