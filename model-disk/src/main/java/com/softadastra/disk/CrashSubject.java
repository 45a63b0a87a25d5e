package com.softadastra.disk;

import java.util.Optional;

/**
 * A store that is put through power failures.
 *
 * <p>What commit number n writes depends on n alone, so the content after any number of commits is
 * known without having seen them. Checks of different images run at the same time.
 */
public interface CrashSubject {

  /**
   * Creates the store on an empty disk.
   *
   * @param files file system and name, as in a JDBC URL of H2: {@code guard:model:/db}
   */
  Session start(String files) throws Exception;

  /** A running store, used by one thread. */
  interface Session extends AutoCloseable {

    /**
     * Returns when the commit is acknowledged.
     *
     * @param number from 1, each one more than the last
     */
    void commit(int number) throws Exception;
  }

  /**
   * Opens what a crash has left and compares all of it.
   *
   * @param acknowledged number of commits that must be there, whole
   * @return what is wrong; empty if the store holds exactly the acknowledged commits, or these and
   *     the one after
   */
  Optional<String> violation(String files, int acknowledged);
}
