package com.softadastra.runtime.resolvers;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * When functions are called that decide conflicts.
 *
 * @param every how often this node looks for conflicts that are new
 * @param delay how long others with the label {@code resolver} wait, or a side's author where no
 *     member has it: at random from once to twice as long; also before what could not be recorded
 *     is tried again
 * @param patience how much longer it waits where another member has the label
 * @param within a function that takes longer has failed
 */
@ConfigurationProperties("softadastra.resolvers")
record ResolverProperties(
    @DefaultValue("1s") Duration every,
    @DefaultValue("10s") Duration delay,
    @DefaultValue("5m") Duration patience,
    @DefaultValue("10s") Duration within) {
  ResolverProperties {
    if (!every.isPositive()
        || !delay.isPositive()
        || !patience.isPositive()
        || !within.isPositive()) {
      throw new IllegalArgumentException(
          "softadastra.resolvers: every, delay, patience and within must be longer than nothing");
    }
  }
}
