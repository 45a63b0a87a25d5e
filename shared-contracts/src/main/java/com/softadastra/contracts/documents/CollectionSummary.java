package com.softadastra.contracts.documents;

/** A collection of a space. */
public record CollectionSummary(String collection, String policy, boolean declared) {}
