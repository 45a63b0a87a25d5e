package com.softadastra.system;

import java.io.IOException;
import java.util.Arrays;

/**
 * Runs the main class that its first argument names, until standard input ends: when the process
 * that started it is gone, however it went.
 */
final class StopWithInput {
  private StopWithInput() {}

  public static void main(String[] arguments) throws ReflectiveOperationException {
    Thread.ofPlatform().daemon().name("stop-with-input").start(StopWithInput::exitAtEndOfInput);
    Class.forName(arguments[0])
        .getMethod("main", String[].class)
        .invoke(null, (Object) Arrays.copyOfRange(arguments, 1, arguments.length));
  }

  private static void exitAtEndOfInput() {
    try {
      while (System.in.read() >= 0) {
        // What is typed doesn't matter.
      }
    } catch (IOException _) {
      // Input that can't be read has ended.
    }
    System.exit(0);
  }
}
