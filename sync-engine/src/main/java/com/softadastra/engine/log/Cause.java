package com.softadastra.engine.log;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Hash;

/**
 * An entry of another replica that the author had newly seen, named with its hash so that a fork
 * can't hide.
 */
public record Cause(Dot dot, Hash hash) {}
