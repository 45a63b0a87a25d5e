package com.softadastra.edge.store;

import org.jspecify.annotations.Nullable;

/** The cache can't keep anything where it is told to; the message is the sentence for a person. */
public final class StoreUnusable extends RuntimeException {
  private static final long serialVersionUID = 1;

  public StoreUnusable(String sentence, @Nullable Throwable cause) {
    super(sentence, cause);
  }
}
