package com.softadastra.sync.guard;

import java.io.IOException;

/**
 * A directory whose entries can be forced.
 *
 * <p>A file system under the guard other than the local disk lets its paths implement this, so that
 * a created file survives a power failure there too.
 */
public interface ForceableDirectory {

  /** Returns when every file created in this directory so far is on the disk. */
  void forceDirectory() throws IOException;
}
