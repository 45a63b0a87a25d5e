package com.softadastra.sync.time;

import java.time.InstantSource;
import java.util.random.RandomGenerator;

/**
 * What a node takes from the machine besides disk and network. Where these are a simulation's,
 * everything that happens follows from its seed.
 *
 * @param clock as people set it; may jump
 * @param random for any thread
 */
public record Machine(Schedule schedule, InstantSource clock, RandomGenerator random) {}
