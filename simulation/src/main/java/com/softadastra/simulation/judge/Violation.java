package com.softadastra.simulation.judge;

/**
 * An invariant that did not hold.
 *
 * @param invariant its name in the design, or what else is wrong
 * @param what a sentence
 */
public record Violation(String invariant, String what) {
  @Override
  public String toString() {
    return invariant + ": " + what;
  }
}
