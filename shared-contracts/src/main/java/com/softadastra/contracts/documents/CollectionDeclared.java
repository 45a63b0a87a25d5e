package com.softadastra.contracts.documents;

/** A collection as it is after {@link Documents#declareCollection}. */
public record CollectionDeclared(CollectionSummary collection, boolean created) {}
