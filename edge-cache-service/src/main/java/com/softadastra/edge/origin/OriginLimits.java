package com.softadastra.edge.origin;

import java.time.Duration;

/**
 * What an origin may take.
 *
 * @param connections at once
 * @param place how long to wait for one of them
 * @param connect how long TCP and TLS may take, each
 * @param silence how long it may say nothing
 * @param headBytes of its answers
 */
public record OriginLimits(
    int connections, Duration place, Duration connect, Duration silence, int headBytes) {}
