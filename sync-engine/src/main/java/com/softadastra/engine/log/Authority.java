package com.softadastra.engine.log;

import com.softadastra.contracts.Hash;
import org.jspecify.annotations.Nullable;

/**
 * By what right an author writes: the membership epoch that it knew, and its own grant.
 *
 * @param term raised when a new steward takes over
 * @param number of the steward's records in that term, from 1
 * @param grant the record that made the author a member; null for the space's creator
 */
public record Authority(long term, long number, @Nullable Hash grant) {}
