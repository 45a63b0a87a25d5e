package com.softadastra.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UpSettingsTest {
  private static UpSettings of(String... arguments) throws UsageMistake {
    return UpSettings.of(CommandLine.parse(UpSettings.FORM, List.of(arguments)), Map.of());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "softadastra.feeds.most",
        "softadastra.lane.backoff-cap",
        "softadastra.lane.backoffCap",
        "softadastra.mesh.advertise[0]",
        "softadastra.storage.reserve",
        "softadastra.access.token",
        "softadastra.limits.document",
        "softadastra.edge.origins.shop.url",
        "softadastra.edge.cache.cut-off"
      })
  void passesOnWhatALayerHas(String setting) throws UsageMistake {
    assertThat(of("--" + setting + "=7").others()).containsEntry(setting, "7");
  }

  @Test
  void takesTheNamesOfItsOptionsToo() throws UsageMistake {
    assertThat(of("--softadastra.mesh.port=7").meshPort()).isEqualTo(7);
    assertThat(of("--softadastra.name=ship").name()).isEqualTo("ship");
  }

  @Test
  void refusesWhatNoLayerHas() {
    assertThatThrownBy(() -> of("--softadastra.feeds.mots=7"))
        .isInstanceOf(UsageMistake.class)
        .hasMessage(
            "There is no setting --softadastra.feeds.mots; is it --softadastra.feeds.most?");
    assertThatThrownBy(() -> of("--softadastra.nothing-like-it=7"))
        .isInstanceOf(UsageMistake.class)
        .hasMessage("There is no setting --softadastra.nothing-like-it.");
  }
}
