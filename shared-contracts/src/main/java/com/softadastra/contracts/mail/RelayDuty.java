package com.softadastra.contracts.mail;

import com.softadastra.contracts.Hash;

/**
 * A space for whose members this node is a relay.
 *
 * @param pseudonym by which envelopes name the space
 * @param passageKey by which its members are told, an Ed25519 public key, 32 bytes
 */
public record RelayDuty(Hash pseudonym, byte[] passageKey) {}
