package com.softadastra.sync.storage;

import com.softadastra.contracts.Incarnation;

/**
 * What a storage says of itself.
 *
 * @param opened how often it was opened, or was before it is opened now
 * @param lastPosition the last position of its log
 */
public record Found(Incarnation incarnation, long opened, long lastPosition) {}
