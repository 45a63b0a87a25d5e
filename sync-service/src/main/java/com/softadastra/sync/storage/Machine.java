package com.softadastra.sync.storage;

import com.softadastra.guard.FailStop;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * What a recording needs of the machine beside its journal.
 *
 * @param random draws what makes ids unlike; unpredictable where that matters
 * @param freeBytes how much room the disk has
 * @param signing computes signatures while rows are written
 * @param failStop called where a write or force has failed
 */
public record Machine(
    InstantSource clock,
    RandomGenerator random,
    LongSupplier freeBytes,
    Executor signing,
    FailStop failStop) {}
