/** Real work, that of people who edited documents together, done again on simulated nodes. */
@NullMarked
package com.softadastra.simulation.history;

import org.jspecify.annotations.NullMarked;
