package com.softadastra.contracts.documents;

/**
 * The answer to a write.
 *
 * @param replayed the intent was recorded before and this is its receipt
 * @param created the first operation made a document that never existed here
 */
public record Recorded(Receipt receipt, boolean replayed, boolean created) {}
