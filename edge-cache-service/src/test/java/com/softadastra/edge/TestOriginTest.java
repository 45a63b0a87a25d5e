package com.softadastra.edge;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.http.RawHttp;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class TestOriginTest {
  /** Closing a listener doesn't end an accept at once, which may still bring a connection. */
  @Test
  @Timeout(60)
  void onceItIsStoppedNobodyIsAnswered() throws IOException {
    try (var origin = new TestOrigin()) {
      for (int i = 0; i < 200; i++) {
        origin.stop();
        assertThat(isAnswered(origin.port)).as("after stop %s", i).isFalse();
        origin.startAgain();
      }
      assertThat(isAnswered(origin.port)).isTrue();
    }
  }

  private static boolean isAnswered(int port) {
    try {
      return RawHttp.send(port, EdgeServer.request("GET", "/", "")).status() == 200;
    } catch (IOException _) {
      return false;
    }
  }
}
