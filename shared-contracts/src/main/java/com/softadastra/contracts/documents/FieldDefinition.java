package com.softadastra.contracts.documents;

/** What a field of a collection's documents is declared to be. */
public record FieldDefinition(FieldType type) {}
