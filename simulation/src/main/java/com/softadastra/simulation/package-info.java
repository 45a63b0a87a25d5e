/** Many nodes in one thread: campaigns of seeds, and the command line. */
@NullMarked
package com.softadastra.simulation;

import org.jspecify.annotations.NullMarked;
