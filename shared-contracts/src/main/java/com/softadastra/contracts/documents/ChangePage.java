package com.softadastra.contracts.documents;

import java.util.List;

/**
 * A page of changes.
 *
 * @param next what to ask for as {@code since} next
 */
public record ChangePage(List<Change> changes, long next) {}
