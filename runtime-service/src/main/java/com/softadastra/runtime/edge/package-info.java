/** The edge in another process: what it has is read at this one's port too. */
@NullMarked
package com.softadastra.runtime.edge;

import org.jspecify.annotations.NullMarked;
