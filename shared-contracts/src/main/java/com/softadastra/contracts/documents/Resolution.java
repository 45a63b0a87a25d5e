package com.softadastra.contracts.documents;

import com.softadastra.contracts.json.JsonText;
import org.jspecify.annotations.Nullable;

/**
 * How a conflict ends: with this body, with one of its versions, or with a deletion; exactly one of
 * them.
 */
public record Resolution(
    @Nullable JsonText body, @Nullable String version, boolean delete, @Nullable String actor) {}
