package com.softadastra.gateway.mesh.rsocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;

/**
 * Prints how much one channel carries between two gateways in this process. Not part of the build:
 * {@code mvn verify -pl network-gateway -am -Dit.test=MeshThroughput
 * -Dfailsafe.failIfNoSpecifiedTests=false}.
 */
class MeshThroughput {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @ParameterizedTest
  @CsvSource({
    "512, 20000",
    "512, 300000",
    "512, 300000",
    "262144, 400",
    "262144, 4000",
    "262144, 4000"
  })
  void measure(int frameBytes, int frames) {
    try (var caller = new MeshNode();
        var callee = new MeshNode()) {
      callee.peering.onSession =
          (_, arriving) -> arriving.count().map(count -> Long.toString(count).getBytes()).flux();
      var frame = new byte[frameBytes];
      long started = System.nanoTime();

      var counted =
          caller
              .links
              .connect(
                  callee.id(), List.of(callee.address()), Flux.range(0, frames).map(_ -> frame))
              .blockLast(PATIENCE);

      double seconds = (System.nanoTime() - started) / 1e9;
      assertThat(new String(counted)).isEqualTo(Integer.toString(frames));
      System.out.printf(
          "%d frames of %d B: %.2f s, %.0f frames/s, %.1f MB/s, connecting included%n",
          frames,
          frameBytes,
          seconds,
          frames / seconds,
          frames * (double) frameBytes / seconds / 1e6);
    }
  }
}
