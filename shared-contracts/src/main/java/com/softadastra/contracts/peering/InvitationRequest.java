package com.softadastra.contracts.peering;

import java.time.Duration;
import java.util.List;

/**
 * Whom to let in.
 *
 * @param uses how many nodes may join with it
 */
public record InvitationRequest(List<SpaceGrant> spaces, Duration expiresIn, int uses) {
  public record SpaceGrant(String space, Role role) {}
}
