package com.softadastra.contracts.documents;

import org.jspecify.annotations.Nullable;

/**
 * That a conflict has come up, or has come to stand otherwise.
 *
 * @param change its number at this node; only a conflict's last change is told
 * @param replacedBy the conflict that took its place; null where none did
 * @param conflict as it stands now; null where it was replaced, or is none any more
 */
public record ConflictChange(
    long change, String id, @Nullable String replacedBy, @Nullable ConflictView conflict) {}
