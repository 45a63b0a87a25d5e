/** The simulated machinery around nodes of the product: time, network, disks, processes. */
@NullMarked
package com.softadastra.simulation.world;

import org.jspecify.annotations.NullMarked;
