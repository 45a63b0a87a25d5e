package com.softadastra.simulation.judge;

/**
 * An invariant that did not hold.
 *
 * @param what a sentence
 */
public record Violation(Invariant invariant, String what) {
  @Override
  public String toString() {
    return invariant + ": " + what;
  }
}
