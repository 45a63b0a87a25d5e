/** Mailboxes: what a relay keeps for members of spaces until they fetch it, and can't read. */
@NullMarked
package com.softadastra.edge.mailbox;

import org.jspecify.annotations.NullMarked;
