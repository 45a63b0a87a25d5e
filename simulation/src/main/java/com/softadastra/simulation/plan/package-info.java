/** What a seed stands for: a world, what clients want in it, and what goes wrong. */
@NullMarked
package com.softadastra.simulation.plan;

import org.jspecify.annotations.NullMarked;
