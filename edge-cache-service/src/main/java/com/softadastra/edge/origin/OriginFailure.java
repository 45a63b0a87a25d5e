package com.softadastra.edge.origin;

/** An origin gave no answer that can be passed on. */
public final class OriginFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** How far it came. */
  public enum Kind {
    /** No connection: the origin has seen nothing of the request. */
    NOT_CONNECTED,
    /** Connected, but no answer: the origin may have acted on the request. */
    NO_ANSWER,
    /** What it answered is not HTTP, or beyond the limits. */
    NOT_HTTP,
    /** All connections to it are taken. */
    BUSY
  }

  private final Kind kind;

  OriginFailure(Kind kind, String origin, Throwable cause) {
    super(origin + ": " + kind, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
