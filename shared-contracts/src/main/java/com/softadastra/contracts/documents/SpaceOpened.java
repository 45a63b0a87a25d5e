package com.softadastra.contracts.documents;

/** A space as it is after {@link Documents#openSpace}. */
public record SpaceOpened(SpaceSummary space, boolean created) {}
