package com.softadastra.node.client;

/** A node answered, and the answer was no. */
public final class RequestRefused extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int status;

  RequestRefused(Answer answer) {
    super(answer.problem());
    this.status = answer.status();
  }

  public int status() {
    return status;
  }
}
