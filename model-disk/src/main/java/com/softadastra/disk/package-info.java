/** A disk in memory that records what is done to it and shows what a power failure could leave. */
@NullMarked
package com.softadastra.disk;

import org.jspecify.annotations.NullMarked;
