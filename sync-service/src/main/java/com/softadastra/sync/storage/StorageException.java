package com.softadastra.sync.storage;

import org.jspecify.annotations.Nullable;

/** The storage can't be opened, or doesn't work; the message is a sentence for an operator. */
public final class StorageException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public StorageException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
