package com.softadastra.sync.identity;

import com.softadastra.sync.storage.Found;

/** Which incarnation a node is of; kept where no copy of its storage takes it along. */
public interface Incarnations {
  /** Writes down what the storage now is; it was opened and is forced. */
  void note(Found inside);
}
