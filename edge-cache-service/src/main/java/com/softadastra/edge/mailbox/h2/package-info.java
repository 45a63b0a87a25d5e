/** Mailboxes in a database of their own, forced before anything is said of it. */
@NullMarked
package com.softadastra.edge.mailbox.h2;

import org.jspecify.annotations.NullMarked;
