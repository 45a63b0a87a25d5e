/** Mailboxes: what members send each other by way of relays, as layers see it. */
@NullMarked
package com.softadastra.contracts.mail;

import org.jspecify.annotations.NullMarked;
