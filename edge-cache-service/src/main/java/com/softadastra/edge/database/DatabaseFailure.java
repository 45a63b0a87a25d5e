package com.softadastra.edge.database;

import org.jspecify.annotations.Nullable;

/** The edge's database can't be opened, read or changed; the message is a sentence. */
public final class DatabaseFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  public DatabaseFailure(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
