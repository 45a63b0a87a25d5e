package com.softadastra.simulation.plan;

import java.util.EnumSet;
import java.util.Set;

/**
 * What there is in some worlds and not in others. Each is drawn for itself, so that any two meet,
 * where one doesn't need the other.
 */
public enum Feature {
  /** Nodes have their storage in H2, behind the guard, on a model disk. */
  DATABASE(70),
  /** Collections are declared, and members have labels. */
  DECLARED(180),
  /** The function that decides conflicts says something else at each node. */
  FICKLE(550, DECLARED),
  /** Amounts and numbers are divided among the nodes. */
  DIVIDED(180),
  /** People carry envelopes between the nodes. */
  CARRIED(180),
  /** A relay carries for the members, and about half of the links between members are severed. */
  RELAY(80),
  /** There are two relays, of which each member reaches one, and which pass mail to each other. */
  TWO_RELAYS(400, RELAY),
  /** A relay is dismissed now and then, and members with it. */
  DISMISSED(400, RELAY),
  /** Members that are away are retired. */
  RETIRED(130),
  /** The second node may only read the spaces that it didn't create. */
  READER(225),
  /** Some nodes speak an older version of the session, until their software is raised. */
  OLDER(110),
  /** Intents are made twice more often, and dead letters are looked after. */
  SETTLED(200),
  /** What policies have decided is taken back now and then. */
  UNDONE(600, DECLARED),
  /** Relays have their mailboxes in H2, behind the guard, on a model disk. */
  MAILBOXES(500, RELAY);

  private final int perMille;
  private final Set<Feature> needed;

  /**
   * @param perMille of the worlds that have what it needs
   */
  Feature(int perMille, Feature... needed) {
    this.perMille = perMille;
    this.needed = Set.of(needed);
  }

  /**
   * @throws IllegalArgumentException where one needs another, which isn't there
   */
  static void requireWhatTheyNeed(Set<Feature> features) {
    for (var feature : features) {
      if (!features.containsAll(feature.needed)) {
        throw new IllegalArgumentException(feature + " needs " + feature.needed);
      }
    }
  }

  /** The features of a seed's world. */
  public static Set<Feature> of(long seed) {
    var random = Plan.random(seed, "features");
    var drawn = EnumSet.noneOf(Feature.class);
    for (var feature : values()) {
      if (random.nextInt(1000) < feature.perMille && drawn.containsAll(feature.needed)) {
        drawn.add(feature);
      }
    }
    return drawn;
  }
}
