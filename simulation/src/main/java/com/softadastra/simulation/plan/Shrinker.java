package com.softadastra.simulation.plan;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Leaves out of a plan what a failure doesn't need: halves, then quarters, and so on, as long as it
 * still fails the same way ("Simplifying and Isolating Failure-Inducing Input", Zeller and
 * Hildebrandt, 2002).
 */
public final class Shrinker {
  private final Predicate<Plan> fails;
  private final long deadlineNanos;

  /**
   * @param fails whether a plan fails the same way
   */
  public Shrinker(Predicate<Plan> fails, Duration patience) {
    this.fails = fails;
    this.deadlineNanos = System.nanoTime() + patience.toNanos();
  }

  public Plan shrink(Plan plan) {
    var happenings = plan.happenings();
    int pieces = 2;
    while (happenings.size() > 1 && System.nanoTime() < deadlineNanos) {
      var less = without(plan, happenings, pieces);
      if (less != null) {
        happenings = less;
        pieces = Math.max(2, pieces - 1);
      } else if (pieces >= happenings.size()) {
        break;
      } else {
        pieces = Math.min(happenings.size(), pieces * 2);
      }
    }
    return plan.with(happenings);
  }

  private @Nullable List<Happening> without(Plan plan, List<Happening> happenings, int pieces) {
    int size = happenings.size();
    for (int piece = 0; piece < pieces && System.nanoTime() < deadlineNanos; piece++) {
      int from = (int) ((long) size * piece / pieces);
      int to = (int) ((long) size * (piece + 1) / pieces);
      var less = new ArrayList<>(happenings.subList(0, from));
      less.addAll(happenings.subList(to, size));
      if (less.size() < size && fails.test(plan.with(less))) {
        return less;
      }
    }
    return null;
  }
}
