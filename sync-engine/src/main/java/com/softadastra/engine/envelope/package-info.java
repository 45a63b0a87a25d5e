/** Envelopes: what a member sends to another by way of those who may read nothing of it. */
@NullMarked
package com.softadastra.engine.envelope;

import org.jspecify.annotations.NullMarked;
