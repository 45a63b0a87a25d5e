/** Faults put into the product on purpose, to see whether the judge catches them. */
@NullMarked
package com.softadastra.simulation.planted;

import org.jspecify.annotations.NullMarked;
