package com.softadastra.contracts.time;

import java.time.InstantSource;
import java.util.random.RandomGenerator;

/**
 * What surrounds a node besides disk and network. Where these are a simulation's, everything that
 * happens follows from its seed.
 *
 * @param clock as people set it; may jump
 * @param random for any thread
 */
public record Surroundings(Schedule schedule, InstantSource clock, RandomGenerator random) {}
