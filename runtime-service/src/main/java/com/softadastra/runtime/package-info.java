/** The runtime layer: what applications speak to. */
@NullMarked
package com.softadastra.runtime;

import org.jspecify.annotations.NullMarked;
