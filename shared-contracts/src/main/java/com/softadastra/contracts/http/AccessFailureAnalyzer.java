package com.softadastra.contracts.http;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Prints the one sentence in place of a stack trace. */
final class AccessFailureAnalyzer extends AbstractFailureAnalyzer<AccessNotConfigured> {
  @Override
  protected FailureAnalysis analyze(Throwable rootFailure, AccessNotConfigured cause) {
    return new FailureAnalysis(cause.getMessage(), null, cause);
  }
}
