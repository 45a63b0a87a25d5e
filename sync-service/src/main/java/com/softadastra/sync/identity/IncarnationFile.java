package com.softadastra.sync.identity;

import java.util.Optional;

/**
 * The file that says which life of the storage this is, and where that storage lies. It is in no
 * backup of the data, and of no use anywhere else.
 */
public interface IncarnationFile {
  /** What was written last; empty where there is no such file. */
  Optional<Content> read();

  /** Replaces it; forced when this returns. */
  void write(Content content);

  /** What tells this machine from others. */
  String machine();

  /** What tells the database's file from its copies. */
  String storage();

  /**
   * What the file says.
   *
   * @param incarnation as text, which may be damaged
   * @param opened how often the database had been opened
   * @param position how far its log had come
   */
  record Content(String incarnation, String machine, String storage, long opened, long position) {}
}
