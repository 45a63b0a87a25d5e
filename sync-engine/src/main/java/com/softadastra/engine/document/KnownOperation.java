package com.softadastra.engine.document;

import com.softadastra.contracts.Hash;
import com.softadastra.engine.log.Operation;

/**
 * An operation of a document as the log has it.
 *
 * @param effective false where its entry is void: its parents then stand in for it
 */
public record KnownOperation(Operation operation, Hash version, long position, boolean effective) {}
