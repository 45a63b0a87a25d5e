package com.softadastra.node;

/** The command line asks for something that doesn't exist; the message says what, in a sentence. */
final class UsageMistake extends Exception {
  private static final long serialVersionUID = 1;

  UsageMistake(String message) {
    super(message, null, false, false);
  }
}
