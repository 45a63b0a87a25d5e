/** Deterministic CBOR: one value, one sequence of bytes. */
@NullMarked
package com.softadastra.engine.cbor;

import org.jspecify.annotations.NullMarked;
