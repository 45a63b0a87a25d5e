/** The gateway: proves nodes to each other and carries the sync engine's bytes between them. */
@NullMarked
package com.softadastra.gateway;

import org.jspecify.annotations.NullMarked;
