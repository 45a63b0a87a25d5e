package com.softadastra.contracts.http;

/** Starting would let strangers in; the message is the sentence for the operator. */
final class AccessNotConfigured extends RuntimeException {
  private static final long serialVersionUID = 1;

  AccessNotConfigured(String sentence) {
    super(sentence);
  }
}
