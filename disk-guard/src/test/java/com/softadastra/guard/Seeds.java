package com.softadastra.guard;

/** Seeds of random tests, printed so that a failure can be replayed. */
final class Seeds {

  private Seeds() {}

  /** The seed given as {@code -Dpowerloss.seed=}, or a new one. */
  static long seed(String test) {
    long seed = Long.getLong("powerloss.seed", System.nanoTime());
    System.out.println(test + ": replay with -Dpowerloss.seed=" + seed);
    return seed;
  }
}
