package com.softadastra.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import org.junit.jupiter.api.Test;

class StartFailureReporterTest {
  @Test
  void prefersTheProductsOwnWords() {
    var own = new Refused(ProblemCode.NOT_ALLOWED, "no token is configured");
    var failure = new IllegalStateException("bean of beans", new RuntimeException("inner", own));
    assertThat(StartFailureReporter.sentence(failure)).contains("no token is configured");
  }

  @Test
  void keepsAForeignMessageToItsFirstLine() {
    var failure = new RuntimeException("outer", new IllegalStateException("first\nsecond"));
    assertThat(StartFailureReporter.sentence(failure)).isEqualTo("The node did not start: first.");
  }
}
