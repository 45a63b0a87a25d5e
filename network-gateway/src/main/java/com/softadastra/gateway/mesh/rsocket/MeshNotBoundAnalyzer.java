package com.softadastra.gateway.mesh.rsocket;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Prints the one sentence in place of a stack trace. */
final class MeshNotBoundAnalyzer extends AbstractFailureAnalyzer<MeshNotBound> {
  @Override
  protected FailureAnalysis analyze(Throwable rootFailure, MeshNotBound cause) {
    return new FailureAnalysis(cause.getMessage(), null, cause);
  }
}
