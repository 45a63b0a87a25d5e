/** The edge's own database: changed by one thread, forced before anything is said of it. */
@NullMarked
package com.softadastra.edge.database;

import org.jspecify.annotations.NullMarked;
