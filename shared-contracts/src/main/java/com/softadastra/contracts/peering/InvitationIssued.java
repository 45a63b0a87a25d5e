package com.softadastra.contracts.peering;

/** One string to paste or scan. */
public record InvitationIssued(String invitation) {}
