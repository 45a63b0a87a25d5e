package com.softadastra.node.demo;

/** A step of the tour didn't come out as it has to; the message says which and how. */
final class TourFailed extends RuntimeException {
  private static final long serialVersionUID = 1;

  TourFailed(String message) {
    super(message);
  }
}
