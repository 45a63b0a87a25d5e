package com.softadastra.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.disk.Campaign;
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
 * <p>{@code -Dpowerloss.recorded=} sets how many commits are recorded, {@code -Dpowerloss.images=}
 * how many images of them are opened, {@code -Dpowerloss.last=} how many last commits are gone
 * through, with {@code -Dpowerloss.tears=} tears a block; {@code -Dpowerloss.seed=} replays.
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
        new PowerLossCampaign(
                new RecordedIntents(seed, guarded, 1 << 20, recorded / 2),
                scheme -> scheme + ":/db",
                plan)
            .run("/db.mv.db");
    note(
        (guarded ? lying ? "a disk that lies" : "guarded" : "no guard") + ", seed " + seed, result);
    return result;
  }

  private static void note(String what, Result result) {
    Campaign.note(
        "PowerLossIT",
        "%s: %,d images %s, of %d changes, %d forces, %d writes over freed space; violations %s"
            .formatted(
                what,
                result.total(),
                result.images(),
                result.changes(),
                result.forces(),
                result.rewrites(),
                result.violations()));
    result.samples().forEach(System.out::println);
  }

  /** H2 writes over freed space when that has been free for its retention time, 45 s. */
  @Test
  void losesNoAcknowledgedIntentWhileSpaceIsReused() throws Exception {
    int recorded = Integer.getInteger("powerloss.recorded", 2_000);
    int images = Integer.getInteger("powerloss.images", 800);
    var campaign = new Campaign();
    do {
      var result = campaign(true, 900, Duration.ofSeconds(47), recorded, images, false);

      assertThat(result.rewrites()).as("writes over freed space").isGreaterThan(20);
      assertThat(result.total()).isGreaterThanOrEqualTo(images);
      assertThat(result.samples()).isEmpty();
    } while (campaign.goesOn());
  }

  /**
   * Each moment of the last commits, and there each block that may be missing and each that may be
   * torn; the journals are small, so that they turn over meanwhile.
   */
  @Test
  void losesNothingWhicheverBlockOfTheLastCommitsIsMissingOrTorn() throws Exception {
    int last = Integer.getInteger("powerloss.last", 10);
    int tears = Integer.getInteger("powerloss.tears", 3);
    var campaign = new Campaign();
    do {
      long seed = Long.getLong("powerloss.seed", System.nanoTime());
      System.out.println("PowerLossIT: -Dpowerloss.seed=" + seed);
      var plan = new Plan(40, Duration.ZERO, last, 0, WORKERS, false, seed);
      var result =
          new PowerLossCampaign(
                  new RecordedIntents(seed, true, 1 << 16, last), scheme -> scheme + ":/db", plan)
              .runThrough("/db.mv.db", tears);
      note("each block of the last " + last + " commits, seed " + seed, result);

      assertThat(result.total()).isGreaterThan(200);
      assertThat(result.samples()).isEmpty();
    } while (campaign.goesOn());
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
