package com.softadastra.edge.origin;

/** An origin gave no answer that can be passed on. */
public final class OriginFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** How far it came. */
  public enum Kind {
    /** No connection, or none with TLS: the origin has seen nothing of the request. */
    NOT_CONNECTED,
    /** Connected, but no whole head came: the origin may have acted on the request. */
    NO_ANSWER,
    /** What it answered is not HTTP, or beyond the limits: it has acted on the request. */
    NOT_HTTP,
    /** All connections to it are taken. */
    BUSY
  }

  private final Kind kind;
  private final String why;

  OriginFailure(Kind kind, String why, String origin, Throwable cause) {
    super(origin + ": " + kind + ", " + why, cause);
    this.kind = kind;
    this.why = why;
  }

  public Kind kind() {
    return kind;
  }

  /** Words for whoever has to mend it, without a name or an address. */
  public String why() {
    return why;
  }
}
