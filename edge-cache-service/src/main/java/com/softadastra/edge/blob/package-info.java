/**
 * Blobs: bytes that are named by their SHA-256 alone. They lie on disk within a budget, are
 * verified when they come in and each time they are read, and are fetched from peers where they are
 * missing.
 */
@NullMarked
package com.softadastra.edge.blob;

import org.jspecify.annotations.NullMarked;
