package com.softadastra.contracts.documents;

import com.softadastra.contracts.NodeId;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * A part of this node's share that another node is to have.
 *
 * @param to goes to its present incarnation, as far as that is known here
 * @param intent makes a retry harmless; null lets the engine name the intent
 */
public record ShareMove(
    String field, NodeId to, BigDecimal amount, @Nullable String intent, @Nullable String actor) {}
