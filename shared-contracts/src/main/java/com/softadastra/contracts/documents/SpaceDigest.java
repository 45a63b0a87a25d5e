package com.softadastra.contracts.documents;

/**
 * What two nodes compare: equal digests mean the same state, heads and conflicts.
 *
 * @param documents live ones
 * @param conflicts open ones
 */
public record SpaceDigest(String digest, long entries, long documents, long conflicts) {}
