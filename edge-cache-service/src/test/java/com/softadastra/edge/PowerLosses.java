package com.softadastra.edge;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.disk.Campaign;
import com.softadastra.disk.CrashSubject;
import com.softadastra.disk.PowerLossCampaign;
import com.softadastra.disk.PowerLossCampaign.Plan;
import com.softadastra.disk.PowerLossCampaign.Result;
import java.time.Duration;
import java.util.function.LongFunction;

/**
 * Power failures at any point, with what the disk had not been made to keep dropped, reordered or
 * torn.
 *
 * <p>{@code -Dpowerloss.images=} sets how many images are opened; {@code -Dpowerloss.seed=}
 * replays.
 */
public final class PowerLosses {
  private static final int WORKERS = 2;

  private final String test;
  private final LongFunction<CrashSubject> subjects;

  /**
   * @param subjects what is put through them, by the seed
   */
  public PowerLosses(String test, LongFunction<CrashSubject> subjects) {
    this.test = test;
    this.subjects = subjects;
  }

  public void loseNothing() throws Exception {
    int images = Integer.getInteger("powerloss.images", 400);
    var campaign = new Campaign();
    do {
      var result = campaign(100, 400, images, false);

      // a moment at which all is forced has fewer images
      assertThat(result.total()).isGreaterThan(images * 9 / 10);
      assertThat(result.samples()).isEmpty();
    } while (campaign.goesOn());
  }

  /** On a disk that lies about forces the same campaign finds losses. */
  public void loseSomethingOnADiskThatLies() throws Exception {
    assertThat(campaign(50, 200, 100, true).violated()).isPositive();
  }

  private Result campaign(int base, int recorded, int images, boolean lying) throws Exception {
    long seed = Long.getLong("powerloss.seed", System.nanoTime());
    System.out.println(test + ": -Dpowerloss.seed=" + seed);
    var plan = new Plan(base, Duration.ZERO, recorded, images, WORKERS, lying, seed);
    var result =
        new PowerLossCampaign(subjects.apply(seed), scheme -> scheme + ":/db", plan)
            .run("/db.mv.db");
    Campaign.note(
        test,
        "%s, seed %d: %,d images %s, of %d changes, %d forces; violations %s"
            .formatted(
                lying ? "a disk that lies" : "guarded",
                seed,
                result.total(),
                result.images(),
                result.changes(),
                result.forces(),
                result.violations()));
    result.samples().forEach(System.out::println);
    return result;
  }
}
