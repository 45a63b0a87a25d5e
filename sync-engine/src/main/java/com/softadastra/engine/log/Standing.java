package com.softadastra.engine.log;

/**
 * Whether an entry has effect; its ordinal is what storage keeps. A genuine entry is never refused,
 * whatever this is.
 */
public enum Standing {
  EFFECTIVE("it has effect"),
  /** Void: another entry with the same intent id comes first. */
  DUPLICATE("another entry with this intent id comes first"),
  /** Void: its author was no writer of the space. */
  NOT_ALLOWED("its author may not write in this space"),
  /** Held: its kind is newer than this software, or its document has too much side by side. */
  HELD("this node can't judge it yet"),
  /** Void: its author's chain forks before it. */
  FORKED("its author's storage was restored or copied, and wrote something else in its place"),
  /** Void: it spends or gives away more than its author's share. */
  OVERSPENT("it takes of a divided amount what its author did not hold"),
  /** Void: it uses or gives away numbers that its author's ranges don't have. */
  MISNUMBERED("it takes numbers of a sequence that its author did not hold");

  private final String reason;

  Standing(String reason) {
    this.reason = reason;
  }

  public String reason() {
    return reason;
  }

  public boolean effective() {
    return this == EFFECTIVE;
  }

  /** Void: its author took what it did not hold. */
  public boolean uncovered() {
    return this == OVERSPENT || this == MISNUMBERED;
  }
}
