package com.softadastra.edge.forward.web;

import com.softadastra.edge.forward.Forwards;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.time.InstantSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** Endpoints and metrics of kept requests. */
@Configuration(proxyBeanMethods = false)
@Import(ForwardController.class)
public class ForwardWebConfiguration {
  @Bean
  MeterBinder forwardMetrics(Forwards forwards, ObjectProvider<InstantSource> clocks) {
    var clock = clocks.getIfAvailable(InstantSource::system);
    return registry -> {
      Gauge.builder("softadastra.forward.waiting", forwards, f -> f.totals().waiting())
          .description("Requests that wait for their origin")
          .register(registry);
      Gauge.builder("softadastra.forward.parked", forwards, f -> f.totals().parked())
          .description("Requests that somebody has to look at")
          .register(registry);
      Gauge.builder("softadastra.forward.size", forwards, f -> f.totals().bytes())
          .baseUnit("bytes")
          .description("Bytes of the requests that wait or are parked")
          .register(registry);
      Gauge.builder(
              "softadastra.forward.age",
              forwards,
              f ->
                  f.oldest()
                      .map(oldest -> Duration.between(oldest, clock.instant()).toMillis() / 1e3)
                      .orElse(0.0))
          .baseUnit("seconds")
          .description("For how long the first of those that wait has waited")
          .register(registry);
      FunctionCounter.builder("softadastra.forward.attempts", forwards, f -> f.totals().attempts())
          .description("Attempts to deliver a kept request")
          .register(registry);
    };
  }
}
