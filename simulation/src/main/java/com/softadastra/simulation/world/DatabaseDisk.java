package com.softadastra.simulation.world;

/** A storage in H2, through the guard, on a model disk. */
final class DatabaseDisk {
  private DatabaseDisk() {}

  static Disk create(String machine, String storage) {
    throw new UnsupportedOperationException("not yet");
  }
}
