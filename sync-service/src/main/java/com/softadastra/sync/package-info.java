/** The sync engine as a layer: its wiring, and its process where it has one of its own. */
@NullMarked
package com.softadastra.sync;

import org.jspecify.annotations.NullMarked;
