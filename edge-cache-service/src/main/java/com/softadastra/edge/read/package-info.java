/** What is read of the edge, by a client of its own or over the link. */
@NullMarked
package com.softadastra.edge.read;

import org.jspecify.annotations.NullMarked;
