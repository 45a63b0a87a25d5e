package com.softadastra.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.edge.EdgeProperties.MailboxSettings;
import com.softadastra.edge.mailbox.Quotas;
import com.softadastra.engine.envelope.Envelope;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class MailboxSettingsTest {
  private static MailboxSettings bound(Map<String, String> settings) {
    return new Binder(new MapConfigurationPropertySource(settings))
        .bindOrCreate("softadastra.edge.mailbox", MailboxSettings.class);
  }

  @Test
  void hasDefaultsForAll() {
    var settings = bound(Map.of());
    assertThat(settings.rules().retention()).isEqualTo(Duration.ofDays(30));
    assertThat(settings.rules().largestBytes()).isEqualTo(Envelope.MOST_BYTES);
    assertThat(settings.quotas()).isEqualTo(new Quotas(1L << 30, 1L << 30, 4L << 30, 64 << 20));
  }

  @Test
  void refusesWhatFitsNowhere() {
    for (var setting :
        Map.of(
                "sender-quota", "1MB",
                "destination-quota", "1MB",
                "total-quota", "512MB",
                "largest-envelope", "0",
                "retention", "0s")
            .entrySet()) {
      assertThatThrownBy(() ->
              bound(Map.of("softadastra.edge.mailbox." + setting.getKey(), setting.getValue())))
          .as(setting.getKey())
          .hasRootCauseInstanceOf(IllegalArgumentException.class);
    }
  }
}
