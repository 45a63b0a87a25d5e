package com.softadastra.contracts.documents;

import com.softadastra.contracts.json.JsonText;
import org.jspecify.annotations.Nullable;

/**
 * A document as it stands.
 *
 * @param body null where it is deleted
 * @param conflicts how many conflicts of it are open
 */
public record DocumentView(
    String id, String version, @Nullable JsonText body, boolean deleted, int conflicts) {}
