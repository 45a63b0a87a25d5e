/**
 * A document's state as a function of the operations known of it: heads, what they come to under
 * the collection's definition, conflicts, patches.
 */
@NullMarked
package com.softadastra.engine.document;

import org.jspecify.annotations.NullMarked;
