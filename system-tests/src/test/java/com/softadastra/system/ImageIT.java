package com.softadastra.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;

/**
 * The image of all services, built from the sources. That takes minutes beside other classes;
 * {@link CompositionIT}, which has the machine for itself, finds what was built here.
 */
class ImageIT {
  @Test
  void isBuiltFromTheSourcesAndSaysWhichLayersItKnows() throws Exception {
    var found = ComposeProject.onThisMachine();
    assumeTrue(found.isPresent(), "needs a Docker engine and Compose");
    try (var project = found.get()) {
      project.build("sync");

      var unknown = project.runAlone("sync", "frobnicate");
      assertThat(unknown.code()).as(unknown.toString()).isEqualTo(2);
      assertThat(String.join("\n", unknown.err())).contains("unknown layer 'frobnicate'");
    }
  }
}
