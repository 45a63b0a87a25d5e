/** Says when an invariant doesn't hold, by a model that is not the engine's. */
@NullMarked
package com.softadastra.simulation.judge;

import org.jspecify.annotations.NullMarked;
