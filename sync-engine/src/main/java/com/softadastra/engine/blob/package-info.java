/** What nodes say to one another about blobs. */
@NullMarked
package com.softadastra.engine.blob;

import org.jspecify.annotations.NullMarked;
