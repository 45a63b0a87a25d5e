/**
 * A document's state as a function of the operations known of it: heads, winner, conflict, patches.
 */
@NullMarked
package com.softadastra.engine.document;

import org.jspecify.annotations.NullMarked;
