package com.softadastra.simulation.world;

import com.softadastra.contracts.time.Schedule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * One process of a node, from its start to its end; what it still has on the agenda ends with it.
 */
final class Life implements Schedule {
  // a step that is to run soon does so within this time, in an order that the seed decides
  private static final long SOON_NANOS = 200_000;

  private final Agenda agenda;
  private final RandomGenerator random;
  private boolean alive = true;
  private long pausedUntil;
  private final List<Runnable> waiting = new ArrayList<>();

  Life(Agenda agenda, RandomGenerator random) {
    this.agenda = agenda;
    this.random = random;
  }

  boolean alive() {
    return alive;
  }

  void end() {
    alive = false;
  }

  /** As SIGSTOP does it: nothing runs until then, and nothing is lost. */
  void pause(long until) {
    pausedUntil = Math.max(pausedUntil, until);
    agenda.at(pausedUntil, this::goOn);
  }

  private void goOn() {
    if (agenda.now() >= pausedUntil) {
      for (var step : List.copyOf(waiting)) {
        agenda.at(agenda.now(), () -> run(step));
      }
      waiting.clear();
    }
  }

  void resume() {
    pausedUntil = 0;
    goOn();
  }

  @Override
  public void execute(Runnable step) {
    after(random.nextLong(SOON_NANOS), step);
  }

  @Override
  public Due after(Duration time, Runnable step) {
    return after(time.toNanos(), step)::cancel;
  }

  @Override
  public long nanoTime() {
    return agenda.now();
  }

  Agenda.Item after(long nanos, Runnable step) {
    return agenda.after(nanos, () -> run(step));
  }

  private void run(Runnable step) {
    if (!alive) {
      return;
    }
    if (agenda.now() < pausedUntil) {
      waiting.add(step);
      return;
    }
    try {
      step.run();
    } catch (Halted _) {
      // there is nobody to tell
    }
  }
}
