package com.softadastra.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandLineTest {
  private static UpSettings up(Map<String, String> environment, String... arguments)
      throws UsageMistake {
    return UpSettings.of(CommandLine.parse(UpSettings.FORM, List.of(arguments)), environment);
  }

  @Test
  void takesValuesAfterABlankOrAnEqualsSign() throws UsageMistake {
    var settings =
        up(Map.of(), "--name", "north", "--port=9000", "--softadastra.mesh.advertise=a:1");
    assertThat(settings.name()).isEqualTo("north");
    assertThat(settings.port()).isEqualTo(9000);
    assertThat(settings.data()).isEqualTo(Path.of(".softadastra/north").toAbsolutePath());
    assertThat(settings.arguments())
        .contains("--softadastra.mesh.advertise=a:1", "--softadastra.mesh.bind=127.0.0.1");
  }

  @Test
  void ranksOptionThenSettingThenEnvironment() throws UsageMistake {
    var environment =
        Map.of("SERVER_PORT", "1", "SOFTADASTRA_NAME", "env", "SERVER_ADDRESS", "::1");
    var settings = up(environment, "--softadastra.name=setting", "--port", "2");
    assertThat(settings.name()).isEqualTo("setting");
    assertThat(settings.port()).isEqualTo(2);
    assertThat(settings.bind()).isEqualTo("::1");
    assertThat(settings.meshBind()).isEqualTo("::1");
  }

  @Test
  void refusesWhatItDoesNotKnow() {
    assertThatThrownBy(() -> up(Map.of(), "--colour", "red"))
        .isInstanceOf(UsageMistake.class)
        .hasMessageContaining("--colour");
    assertThatThrownBy(() -> up(Map.of(), "there")).hasMessageContaining("there");
    assertThatThrownBy(() -> up(Map.of(), "--port")).hasMessageContaining("needs a value");
    assertThatThrownBy(() -> up(Map.of(), "--port", "70000")).hasMessageContaining("65535");
  }

  @Test
  void namesCanBeDirectories() throws UsageMistake {
    for (String name : List.of("local", "Till-2", "shop_north.1", "n".repeat(63))) {
      assertThat(up(Map.of(), "--name", name).name()).isEqualTo(name);
    }
    for (String name : List.of("", "Not this", "../up", ".hidden", "a/b", "n".repeat(64))) {
      assertThatThrownBy(() -> up(Map.of(), "--name", name))
          .isInstanceOf(UsageMistake.class)
          .hasMessageContaining("\"" + name + "\"");
    }
  }

  @Test
  void refusesDirectoriesThatTheDatabaseOrTheSettingsWouldMisread() throws UsageMistake {
    assertThat(up(Map.of(), "--data", "/a b/é").data()).isEqualTo(Path.of("/a b/é"));
    for (String data : List.of("/a;b", "/${a}", "${a}/b")) {
      assertThatThrownBy(() -> up(Map.of(), "--data", data))
          .isInstanceOf(UsageMistake.class)
          .hasMessageContaining(data);
    }
  }

  @Test
  void saysWhatIsInTheWay(@TempDir Path directory) throws Exception {
    var file = Files.createFile(directory.resolve("file"));
    assertThat(up(Map.of(), "--port=0", "--mesh-port=0", "--data", file + "/in").obstacle())
        .hasValueSatisfying(sentence -> assertThat(sentence).contains("can't be written"));
    assertThat(up(Map.of(), "--port=0", "--mesh-port=0", "--data", directory.toString()).obstacle())
        .isEmpty();
    assertThat(up(Map.of(), "--port=4", "--mesh-port=4").obstacle())
        .hasValueSatisfying(sentence -> assertThat(sentence).contains("share port 4"));
  }
}
