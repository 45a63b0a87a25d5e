package com.softadastra.simulation.world;

/** The process is gone: whatever its code was about to do does not happen. */
final class Halted extends Error {
  private static final long serialVersionUID = 1;

  Halted() {
    super("halted", null, false, false);
  }
}
