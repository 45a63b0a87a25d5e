package com.softadastra.simulation.planted;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.simulation.Main;
import com.softadastra.simulation.judge.Invariant;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import net.bytebuddy.asm.Advice;
import org.junit.jupiter.api.Test;

/** What the command line says, and exits with, where a seed breaks something or nothing. */
class FailingSeedTest {
  private static final PlantedFault CAUGHT =
      PlantedFaults.ALL.stream()
          .filter(fault -> fault.name().equals("answers without a force"))
          .findFirst()
          .orElseThrow();
  private static final PlantedFault DEATH =
      PlantedFault.of(
          "the run dies",
          Invariant.LIVE,
          Place.in("simulation.world.World", "run", 1).with(Dies.class));

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  /** An error that is none of the product's. */
  static final class Dies {
    @Advice.OnMethodEnter
    static void enter() {
      throw new AssertionError("out of order");
    }
  }

  private int simulate(PlantedFault fault, String... arguments) throws Exception {
    return (int)
        new PlantedProduct(fault)
            .loadClass(Main.class.getName())
            .getMethod("run", List.class, PrintStream.class)
            .invoke(null, List.of(arguments), out);
  }

  private String said() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aFailureIsToldWithTheLineThatRepeatsIt() throws Exception {
    int exit = simulate(CAUGHT, "--first-seed", "1", "--seeds", "1", "--minutes", "1");

    assertThat(exit).isEqualTo(1);
    assertThat(said())
        .contains("seed 1: I1")
        .containsPattern("of \\d+ happenings among \\d nodes, with \\[.*], these \\d+ do")
        .containsPattern(" s  n\\d: [A-Z]+ ")
        .contains("1 seeds, ")
        .contains(", 1 violations")
        .doesNotContain("time ran out");
    var line = Pattern.compile("again: ./softadastra simulate (.*)").matcher(said());
    assertThat(line.find()).isTrue();
    bytes.reset();
    assertThat(simulate(CAUGHT, line.group(1).split(" "))).isEqualTo(1);
    assertThat(said()).contains("seed 1: I1");
  }

  @Test
  void whereNothingBreaksItExitsWithZero() throws Exception {
    assertThat(simulate(PlantedFaults.NOTHING, "--seeds", "2", "--minutes", "1")).isZero();
    assertThat(said()).contains("2 seeds, ").contains(", 0 violations").doesNotContain("again:");
  }

  @Test
  void whereNoTimeIsLeftThatIsSaid() throws Exception {
    assertThat(simulate(PlantedFaults.NOTHING, "--seeds", "2", "--minutes", "0")).isEqualTo(1);
    assertThat(said()).contains("time ran out before all seeds were run");
  }

  @Test
  void anErrorEndsItAndIsNotCalledTime() throws Exception {
    assertThat(simulate(DEATH, "--first-seed", "7", "--seeds", "1", "--minutes", "1")).isEqualTo(1);
    assertThat(said())
        .contains("the run of seed 7 ended with an error")
        .contains("out of order")
        .doesNotContain("time ran out");
  }

  @Test
  void anUnknownOptionIsRefused() throws Exception {
    assertThat(simulate(PlantedFaults.NOTHING, "--seed", "2")).isEqualTo(2);
    assertThat(said()).contains("unknown option");
  }

  @Test
  void eachPlantedFaultHasToBeCaught() {
    // it takes no room, which nobody asks for in that seed
    var harmless =
        PlantedFault.of(
            "harmless",
            Invariant.LIVE,
            Place.in("sync.storage.Recording", "measureRoom").doesNothing());

    assertThat(PlantedFaults.allCaught(List.of(CAUGHT), 1, out)).isTrue();
    assertThat(said()).contains("| answers without a force | 1 | I1 |").contains("no violation");
    bytes.reset();
    assertThat(PlantedFaults.allCaught(List.of(CAUGHT, harmless), 1, out)).isFalse();
    assertThat(said())
        .contains("| harmless | none of 1 | **not caught** |")
        .contains("2 planted faults, 1 caught");
  }
}
