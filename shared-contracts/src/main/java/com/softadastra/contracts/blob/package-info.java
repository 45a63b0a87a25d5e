/** Blobs between nodes, as layers see them. */
@NullMarked
package com.softadastra.contracts.blob;

import org.jspecify.annotations.NullMarked;
