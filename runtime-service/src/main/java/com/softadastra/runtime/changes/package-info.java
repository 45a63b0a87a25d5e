/** The changes of a space, in pages and live. */
@NullMarked
package com.softadastra.runtime.changes;

import org.jspecify.annotations.NullMarked;
