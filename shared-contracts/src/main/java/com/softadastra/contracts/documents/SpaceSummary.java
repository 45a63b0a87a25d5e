package com.softadastra.contracts.documents;

import com.softadastra.contracts.SpaceId;

/** A space under its local name. */
public record SpaceSummary(String space, SpaceId id, int members) {}
