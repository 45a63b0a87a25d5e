/** What this node owes to others, and what exists here alone. */
@NullMarked
package com.softadastra.sync.outbox;

import org.jspecify.annotations.NullMarked;
