package com.softadastra.guard;

import java.io.IOException;

/** The files on the disk don't belong together, so opening them would damage what they hold. */
public final class GuardRefusedException extends IOException {

  private static final long serialVersionUID = 1L;

  GuardRefusedException(String file, String reason) {
    super("refused to open " + file + ": " + reason);
  }
}
