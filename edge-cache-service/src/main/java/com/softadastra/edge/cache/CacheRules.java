package com.softadastra.edge.cache;

import com.softadastra.edge.policy.Freshness;
import java.time.Duration;

/**
 * What an operator decides.
 *
 * @param guess how long what doesn't say so is fresh
 * @param cutOff for how long beyond that a response is served while its origin gives no answer
 * @param largest bytes of a body that is kept
 * @param longest time that a fetch may take whose answer is kept
 * @param alone for how long requests for what couldn't be kept don't wait for one another
 * @param stalled for how long what is stale is served at once after an origin kept us waiting in
 *     vain
 */
public record CacheRules(
    Freshness.Guess guess,
    Duration cutOff,
    long largest,
    Duration longest,
    Duration alone,
    Duration stalled) {}
