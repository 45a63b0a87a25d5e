package com.softadastra.contracts.documents;

/**
 * The answer to a write.
 *
 * @param replayed the intent was recorded before and this is its receipt
 * @param created the first operation put a document that was not there, or was deleted
 */
public record Recorded(Receipt receipt, boolean replayed, boolean created) {}
