/** Blobs over HTTP. */
@NullMarked
package com.softadastra.edge.blob.web;

import org.jspecify.annotations.NullMarked;
