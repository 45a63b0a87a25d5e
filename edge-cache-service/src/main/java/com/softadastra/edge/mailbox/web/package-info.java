/** Mailboxes as operators see them. */
@NullMarked
package com.softadastra.edge.mailbox.web;

import org.jspecify.annotations.NullMarked;
