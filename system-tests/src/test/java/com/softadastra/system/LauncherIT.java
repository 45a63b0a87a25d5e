package com.softadastra.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The script {@code softadastra} in a checkout whose build and whose JVM do nothing but tell what
 * they were asked for.
 */
class LauncherIT {
  private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();

  private static final String BUILD =
      """
      #!/usr/bin/env bash
      echo build >>builds
      until [ -e go ]; do sleep 0.1; done
      case " $* " in
        *' simulation '*) jar=simulation/target/app/simulation.jar ;;
        *) jar=node/target/app/softadastra-node.jar ;;
      esac
      mkdir -p "$(dirname "$jar")/lib"
      echo jar >"$jar"
      """;

  /**
   * Prints its arguments, stays for as long as the file that HOLD names isn't there, and exits with
   * what EXIT says.
   */
  private static final String JVM =
      """
      #!/usr/bin/env bash
      for each in "$@"; do
        case $each in
          -XX:AOTCacheOutput=*) [ -n "${UNTRAINABLE:-}" ] || echo cache >"${each#*=}" ;;
        esac
      done
      printf '%s\\n' "$@"
      [ -z "${HOLD:-}" ] || until [ -e "$HOLD" ]; do sleep 0.1; done
      exit "${EXIT:-0}"
      """;

  @TempDir Path root;
  private Path source;

  @BeforeEach
  void checkOut() throws IOException {
    Files.createDirectories(root.resolve(".mvn"));
    for (var script : List.of("softadastra", ".mvn/find-jdk.sh")) {
      Files.copy(
          REPOSITORY.resolve(script), root.resolve(script), StandardCopyOption.COPY_ATTRIBUTES);
    }
    source = Files.createDirectories(root.resolve("node/src/main")).resolve("Source.java");
    for (var file : List.of(source, root.resolve("pom.xml"), root.resolve("node/jvm.options"))) {
      Files.createFile(file);
    }
    Files.createFile(root.resolve("go"));
    script("mvnw", BUILD);
    Files.createDirectories(root.resolve("jdk/bin"));
    script("jdk/bin/java", JVM);
    script("jdk/bin/javac", JVM);
    Files.writeString(root.resolve("jdk/release"), "JAVA_VERSION=\"25.0.1\"\n");
  }

  private void script(String name, String text) throws IOException {
    var file = Files.writeString(root.resolve(name), text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private ProcessBuilder launcher(Map<String, String> environment, String... arguments) {
    var command = new ProcessBuilder(root.resolve("softadastra").toString());
    command.command().addAll(List.of(arguments));
    command.environment().keySet().removeIf(name -> name.startsWith("SOFTADASTRA_"));
    command.environment().put("JAVA_HOME", root.resolve("jdk").toString());
    command.environment().put("SOFTADASTRA_AOT", "0");
    command.environment().putAll(environment);
    return command;
  }

  private Outcome start(Map<String, String> environment, String... arguments) throws Exception {
    return Outcome.of(launcher(environment, arguments));
  }

  private Outcome start() throws Exception {
    var outcome = start(Map.of(), "up");
    assertThat(outcome.code()).as(outcome.toString()).isZero();
    return outcome;
  }

  private Path lastBuild() {
    return root.resolve(".softadastra-app/sources");
  }

  private static void setLater(Path file, Path than) throws IOException {
    var later = Files.getLastModifiedTime(than).toInstant().plusSeconds(60);
    Files.setLastModifiedTime(file, FileTime.from(later));
  }

  /** Starts after a change, and lets the build be later than that. */
  private Outcome startChanged() throws Exception {
    setLater(source, lastBuild());
    var outcome = start();
    setLater(lastBuild(), source);
    return outcome;
  }

  private int builds() throws IOException {
    return Files.readAllLines(root.resolve("builds")).size();
  }

  /** The folder that the JVM was to run from. */
  private static Path copyOf(List<String> said) {
    String classPath = said.get(said.indexOf("-cp") + 1);
    return Path.of(classPath.substring(0, classPath.indexOf(':'))).getParent();
  }

  @Test
  void argumentsAndTheHeapReachTheJvmAsTheyWereGiven() throws Exception {
    var outcome = start(Map.of("SOFTADASTRA_HEAP", "99m"), "up", "--name", "a b", "");
    assertThat(outcome.out()).contains("-Xmx99m", "com.softadastra.node.Main");
    assertThat(outcome.out().subList(outcome.out().size() - 4, outcome.out().size()))
        .containsExactly("up", "--name", "a b", "");
    assertThat(start().out()).contains("-Xmx512m");
  }

  @Test
  void buildsOnlyWhatHasChanged() throws Exception {
    start();
    start();
    assertThat(builds()).isEqualTo(1);
    startChanged();
    assertThat(builds()).isEqualTo(2);
    start();
    assertThat(builds()).isEqualTo(2);
  }

  @Test
  void startsAtOnceShareABuild() throws Exception {
    Files.delete(root.resolve("go"));
    var errors = List.of(root.resolve("first.err"), root.resolve("second.err"));
    var first = launcher(Map.of(), "up").redirectError(errors.getFirst().toFile()).start();
    var second = launcher(Map.of(), "up").redirectError(errors.getLast().toFile()).start();
    await("one builds, one waits")
        .atMost(Duration.ofSeconds(30))
        .until(() ->
            Files.readString(errors.getFirst()).contains("waiting")
                != Files.readString(errors.getLast()).contains("waiting"));
    Files.createFile(root.resolve("go"));
    var copies =
        List.of(
            copyOf(first.inputReader().lines().toList()),
            copyOf(second.inputReader().lines().toList()));
    for (var process : List.of(first, second)) {
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
    }
    assertThat(builds()).isEqualTo(1);
    assertThat(copies.getFirst()).isEqualTo(copies.getLast());
  }

  @Test
  void forbiddenBuildRunsWhatThereIsOrSaysThatThereIsNothing() throws Exception {
    var forbidden = Map.of("SOFTADASTRA_SKIP_BUILD", "1");
    var nothing = start(forbidden, "up");
    assertThat(nothing.code()).isEqualTo(1);
    assertThat(nothing.out()).isEmpty();
    assertThat(nothing.err()).singleElement().asString().contains("nothing is built yet");
    start();
    setLater(source, lastBuild());
    assertThat(start(forbidden, "up").code()).isZero();
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void failedBuildEndsTheStartAndTheNextOneBuildsAgain() throws Exception {
    script("mvnw", "#!/usr/bin/env bash\necho a reason; exit 1\n");
    var failed = start(Map.of(), "up");
    assertThat(failed.code()).isEqualTo(1);
    assertThat(failed.out()).isEmpty();
    assertThat(failed.err()).contains("a reason");
    assertThat(failed.err().getLast()).contains("the build failed");
    script("mvnw", BUILD);
    start();
  }

  @Test
  void copiesStayForAsLongAsSomebodyRunsThem() throws Exception {
    var hold = root.resolve("hold");
    var running = launcher(Map.of("HOLD", hold.toString()), "up").start();
    var said = running.inputReader();
    var current = root.resolve(".softadastra-app/current");
    await("it runs").atMost(Duration.ofSeconds(30)).until(() -> said.readLine().equals("up"));
    var first = current.resolveSibling(Files.readString(current).strip());
    var second = copyOf(startChanged().out());
    startChanged();
    assertThat(first).isNotEqualTo(second).isDirectory();

    Files.createFile(hold);
    assertThat(running.waitFor(30, TimeUnit.SECONDS)).isTrue();
    startChanged();
    assertThat(first).doesNotExist();
    assertThat(second).doesNotExist();
  }

  @Test
  void trainsACacheOnceForEachBuild() throws Exception {
    var training = Map.of("SOFTADASTRA_AOT", "1");
    for (int i = 0; i < 2; i++) {
      var said = start(training, "up").out();
      assertThat(said).contains("-XX:AOTCache=" + copyOf(said) + "/app.aot");
    }
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void goesOnWithoutACacheThatWasNotMade() throws Exception {
    var outcome = start(Map.of("SOFTADASTRA_AOT", "1", "UNTRAINABLE", "1"), "up");
    assertThat(outcome.code()).as(outcome.toString()).isZero();
    assertThat(outcome.err().getLast()).contains("go on without it");
    assertThat(outcome.out()).noneMatch(each -> each.startsWith("-XX:AOTCache"));
  }

  @Test
  void aSimulationGetsItsArgumentsAndItsExitCodeIsTheScripts() throws Exception {
    for (int code = 0; code <= 2; code++) {
      var outcome =
          start(
              Map.of("EXIT", "" + code),
              "simulate",
              "--seeds",
              "5",
              "--minutes",
              "1",
              "--first-seed",
              "a b");
      assertThat(outcome.code()).as(outcome.toString()).isEqualTo(code);
      var main = outcome.out().indexOf("com.softadastra.simulation.Main");
      assertThat(outcome.out().subList(main + 1, outcome.out().size()))
          .containsExactly("--seeds", "5", "--minutes", "1", "--first-seed", "a b");
      assertThat(copyOf(outcome.out()))
          .isEqualTo(root.toRealPath().resolve("simulation/target/app"));
      assertThat(outcome.out()).contains("-Xmx1g");
    }
    assertThat(start(Map.of("SOFTADASTRA_HEAP", "99m"), "simulate").out()).contains("-Xmx99m");
  }

  @Test
  void aSimulationIsBuiltWhereASourceIsNewer() throws Exception {
    start(Map.of(), "simulate");
    start(Map.of(), "simulate");
    assertThat(builds()).isEqualTo(1);
    assertThat(root.resolve("node/target")).doesNotExist();
    setLater(source, root.resolve(".softadastra-app/simulation.sources"));
    start(Map.of("SOFTADASTRA_SKIP_BUILD", "1"), "simulate");
    assertThat(builds()).isEqualTo(1);
    start(Map.of(), "simulate");
    assertThat(builds()).isEqualTo(2);
  }

  @Test
  void aSimulationThatCannotBeBuiltIsNotRun() throws Exception {
    script("mvnw", "#!/usr/bin/env bash\necho a reason; exit 3\n");
    var failed = start(Map.of(), "simulate", "--seeds", "1");
    assertThat(failed.code()).isEqualTo(1);
    assertThat(failed.out()).isEmpty();
    assertThat(failed.err()).contains("a reason");
    assertThat(failed.err().getLast()).contains("the build failed");
  }
}
