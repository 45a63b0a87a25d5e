package com.softadastra.guard;

import java.io.IOException;

/** The guarded file met an I/O error, this one or an earlier one, and takes no further calls. */
public final class GuardFailedException extends IOException {

  private static final long serialVersionUID = 1L;

  GuardFailedException(String file, Throwable cause) {
    super("guarded file " + file + " failed", cause);
  }
}
