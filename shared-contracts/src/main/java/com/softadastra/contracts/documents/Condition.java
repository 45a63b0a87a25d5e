package com.softadastra.contracts.documents;

import java.util.List;

/**
 * On which version a write is made, or only made.
 *
 * @param versions the versions named; empty for {@code ANY}, {@code ABSENT}, {@code EXISTS} and a
 *     base of nothing
 */
public record Condition(Kind kind, List<String> versions) {
  /** What the versions mean. */
  public enum Kind {
    /** On what is there. */
    ANY,
    /**
     * Only where the document is at this version, else {@code version-mismatch}; of versions side
     * by side on the one that is named.
     */
    MATCH,
    /**
     * On all that the document has side by side, only where that is these and no other, else {@code
     * version-mismatch}.
     */
    HEADS,
    /** Only where the document exists. */
    EXISTS,
    /** Only where the document doesn't exist. */
    ABSENT,
    /** On these versions, whatever others there are. */
    BASE
  }

  public static final Condition ANY = new Condition(Kind.ANY, List.of());

  public Condition {
    versions = List.copyOf(versions);
  }
}
