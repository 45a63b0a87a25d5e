package com.softadastra.disk;

import java.io.IOException;

/** Decides, before something is done to a file, whether it fails. */
@FunctionalInterface
public interface DiskFault {

  /** Nothing fails. */
  DiskFault NONE = (_, _) -> {};

  /** What is about to be done. */
  enum Kind {
    READ,
    WRITE,
    TRUNCATE,
    FORCE
  }

  /**
   * @throws IOException if it fails, having done nothing; a failed force loses what it should have
   *     brought to the disk, as {@link CrashSite} says
   */
  void before(Kind kind, String file) throws IOException;
}
