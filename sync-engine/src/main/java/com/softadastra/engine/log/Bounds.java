package com.softadastra.engine.log;

/** Hard bounds: what exceeds one of an entry is none, on any node, whatever its settings. */
public final class Bounds {
  /** Bytes of one entry; leaves room for the frame around it below RSocket's 16 MiB. */
  public static final int ENTRY_BYTES = 15 << 20;

  public static final int OPERATIONS = 1000;
  public static final int PARENTS = 1024;
  public static final int CAUSES = 4096;

  /** Chains that one statement names: with as many it is within what a frame and a row take. */
  public static final int STATED_CHAINS = 16_384;

  /**
   * Characters of all bodies that one document has side by side. A write that would make it more is
   * refused where it is made, and held where it is received until the document has become smaller.
   */
  public static final int STATE_CHARACTERS = 16 << 20;

  /** Bytes of UTF-8. */
  public static final int DOCUMENT_ID_BYTES = 512;

  public static final int NAME_BYTES = 63;
  public static final int INTENT_ID_BYTES = 1024;
  public static final int ACTOR_BYTES = 1024;

  private Bounds() {}
}
