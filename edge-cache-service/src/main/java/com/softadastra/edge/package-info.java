/** The edge: keeps near what is far away. */
@NullMarked
package com.softadastra.edge;

import org.jspecify.annotations.NullMarked;
