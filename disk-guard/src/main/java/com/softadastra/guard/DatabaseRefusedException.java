package com.softadastra.guard;

import org.jspecify.annotations.Nullable;

/** A database can't be opened, or not be closed; the message is a sentence for an operator. */
public final class DatabaseRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  DatabaseRefusedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
