package com.softadastra.contracts.documents;

/**
 * Asks for the next number of a sequence in a field of the document that an operation writes.
 *
 * @param field a member's name, or a JSON Pointer (RFC 6901) where it starts with {@code /}
 */
public record NumberRequest(String field, String sequence) {}
