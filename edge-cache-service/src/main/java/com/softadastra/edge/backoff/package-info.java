/** How long to wait before something is tried again. */
@NullMarked
package com.softadastra.edge.backoff;

import org.jspecify.annotations.NullMarked;
