/**
 * Envelopes and files of them: what a member lacks goes to it without a connection, sealed to its
 * key.
 */
@NullMarked
package com.softadastra.sync.envelope;

import org.jspecify.annotations.NullMarked;
