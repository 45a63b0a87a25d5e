/**
 * Who this node is: its key and certificates, its directory, and which life of its storage this is.
 */
@NullMarked
package com.softadastra.sync.identity;

import org.jspecify.annotations.NullMarked;
