/**
 * The log and the documents on disk: H2 through the guard, one thread that records, reads that show
 * only what is forced.
 */
@NullMarked
package com.softadastra.sync.storage;

import org.jspecify.annotations.NullMarked;
