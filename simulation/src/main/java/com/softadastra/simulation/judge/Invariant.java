package com.softadastra.simulation.judge;

/** What nodes promise, as the design numbers it, and what else the judge asks of them. */
public enum Invariant {
  DURABLE("I1"),
  ATOMIC("I2"),
  ONCE("I3"),
  CAUSAL("I4"),
  CONVERGENT("I5"),
  NOTHING_LOST("I6"),
  OBLIGED("I7"),
  GENUINE("I8"),
  FORKS_SEEN("I9"),
  BOUNDED("I10"),
  LIVE("I11"),
  REBUILDABLE("I12"),
  SEEN_IS_DURABLE("I13"),
  /** What is said of how far a write has come is so. */
  LEDGER("ledger"),
  /** Functions decide where, and on what, they should. */
  FUNCTION("function"),
  /** What is urgent goes first. */
  PRIORITY("priority"),
  /** Nobody spends what he doesn't hold, and no number is used twice. */
  DIVIDED("divided"),
  /** Carried envelopes bring what is in them to whom they are for, and nothing else. */
  ENVELOPES("envelopes"),
  /** Relays have what they sign for. */
  CUSTODY("custody"),
  /** Dead letters are settled once, alike everywhere, and it is told by whom and how. */
  SETTLED("settled"),
  /** Refused is only what may be. */
  REFUSAL("refusal"),
  /** Only frames are sent, and of those what the peer's version has. */
  PROTOCOL("protocol"),
  /** Nothing unexpected is logged. */
  LOG("log"),
  /** The simulation itself comes to its end. */
  CRASH("crash");

  private final String name;

  Invariant(String name) {
    this.name = name;
  }

  /** The one of which this is the name. */
  public static Invariant of(String name) {
    for (var invariant : values()) {
      if (invariant.name.equals(name)) {
        return invariant;
      }
    }
    throw new IllegalArgumentException("no invariant " + name);
  }

  @Override
  public String toString() {
    return name;
  }
}
