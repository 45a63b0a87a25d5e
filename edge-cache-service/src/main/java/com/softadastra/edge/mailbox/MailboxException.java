package com.softadastra.edge.mailbox;

import org.jspecify.annotations.Nullable;

/** The mailboxes can't be opened, or don't work; the message is a sentence for an operator. */
public final class MailboxException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public MailboxException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
