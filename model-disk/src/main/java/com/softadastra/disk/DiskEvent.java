package com.softadastra.disk;

/** One entry of a disk's log; names are without the scheme. */
sealed interface DiskEvent {

  String file();

  /**
   * @param spilled where the bytes lie in the log's own file
   */
  record Written(String file, long position, int length, long spilled) implements DiskEvent {}

  record Truncated(String file, long size) implements DiskEvent {}

  /** Everything done to this file before is on the disk. */
  record Forced(String file) implements DiskEvent {}

  /** Of what was done to this file since its last force nothing is on the disk, nor will be. */
  record ForceFailed(String file) implements DiskEvent {}

  /** A bit of what is on the disk, counted from the file's start, is the other one. */
  record Turned(String file, long bit) implements DiskEvent {}

  record Created(String file) implements DiskEvent {}

  record Deleted(String file) implements DiskEvent {}

  /** Everything created or deleted before is on the disk. */
  record DirectoryForced(String file) implements DiskEvent {}
}
