/** Identifiers, refusals and problems: the words that every layer uses alike. */
@NullMarked
package com.softadastra.contracts;

import org.jspecify.annotations.NullMarked;
