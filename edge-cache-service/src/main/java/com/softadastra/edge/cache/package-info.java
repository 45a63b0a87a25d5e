/** The cache at work: looks up, fetches once for many, serves stale, passes on. */
@NullMarked
package com.softadastra.edge.cache;

import org.jspecify.annotations.NullMarked;
