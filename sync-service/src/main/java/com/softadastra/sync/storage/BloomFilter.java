package com.softadastra.sync.storage;

/**
 * Keys of which it is known that they were added, or that they were not, but for some: with 100,000
 * keys one in some 35,000 others counts as added, with a million one in 50. Its 1 MiB is never
 * enlarged.
 *
 * @see <a href="https://doi.org/10.1145/362686.362692">Bloom, Space/time trade-offs in hash coding
 *     with allowable errors</a>
 */
final class BloomFilter {
  private static final int BITS = 1 << 23;
  private static final int PROBES = 4;

  private final long[] words = new long[BITS / Long.SIZE];

  void add(Object key) {
    long mixed = mix(key.hashCode());
    for (int i = 0; i < PROBES; i++) {
      int bit = bit(mixed, i);
      words[bit >>> 6] |= 1L << bit;
    }
  }

  /** False only where a key equal to this one was never added. */
  boolean mayHave(Object key) {
    long mixed = mix(key.hashCode());
    for (int i = 0; i < PROBES; i++) {
      int bit = bit(mixed, i);
      if ((words[bit >>> 6] & 1L << bit) == 0) {
        return false;
      }
    }
    return true;
  }

  private static int bit(long mixed, int probe) {
    return (int) (mixed >>> 32) + probe * ((int) mixed | 1) & BITS - 1;
  }

  /** Each bit of the hash changes half of the bits, as MurmurHash3 ends. */
  private static long mix(int hash) {
    long mixed = hash * 0x9E3779B97F4A7C15L;
    mixed = (mixed ^ mixed >>> 33) * 0xFF51AFD7ED558CCDL;
    mixed = (mixed ^ mixed >>> 33) * 0xC4CEB9FE1A85EC53L;
    return mixed ^ mixed >>> 33;
  }
}
