/** The node's identity: its key and the certificates that this key signs. */
@NullMarked
package com.softadastra.sync.identity;

import org.jspecify.annotations.NullMarked;
