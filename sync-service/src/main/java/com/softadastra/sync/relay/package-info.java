/** Relays: lanes to them, what they keep, and what this node does for others as one. */
@NullMarked
package com.softadastra.sync.relay;

import org.jspecify.annotations.NullMarked;
