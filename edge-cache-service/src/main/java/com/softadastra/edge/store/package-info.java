/**
 * Responses on disk, within a budget of bytes. Losing one costs a fetch, so nothing here makes
 * anybody wait for the disk; what must never happen is that half a body, or a damaged one, is
 * served as a whole.
 */
@NullMarked
package com.softadastra.edge.store;

import org.jspecify.annotations.NullMarked;
