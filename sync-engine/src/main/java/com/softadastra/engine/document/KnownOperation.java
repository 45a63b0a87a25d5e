package com.softadastra.engine.document;

import com.softadastra.contracts.Hash;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Stamp;
import java.util.List;

/**
 * An operation of a document as the log has it.
 *
 * @param definition the one that the operation names
 * @param labels those of its author, by the grant that its entry names
 * @param computed whether a function of the application's own has made it
 * @param stamp its entry's place in the order between concurrent writes
 * @param effective false where its entry is void: its parents then stand in for it
 * @param suspect whether its stamp is by a clock that somebody has found wrong
 */
public record KnownOperation(
    Operation operation,
    Hash version,
    Definition definition,
    List<String> labels,
    boolean computed,
    Stamp stamp,
    long position,
    boolean effective,
    boolean suspect) {}
