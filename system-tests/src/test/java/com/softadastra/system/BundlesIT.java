package com.softadastra.system;

import static com.softadastra.system.TestNode.SOON;
import static com.softadastra.system.TestNode.awaitSame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.node.client.RequestRefused;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Two nodes that were paired once and are never up together again: files go from one to the other.
 * One of them is three processes, the other one.
 */
class BundlesIT {
  private static final String BUNDLES = "/api/v1/bundles";

  @TempDir Path directory;

  private Nodes nodes;

  @AfterEach
  void clear() {
    nodes.close();
  }

  private Path export(TestNode from, String to, String name) {
    var file = directory.resolve(name);
    from.layers().gateway().downloadBundle(BUNDLES + "?to=" + to, file);
    return file;
  }

  private static JsonNode take(TestNode at, Path file) {
    return at.layers().gateway().upload(BUNDLES, file).orThrow();
  }

  @Test
  void nodesThatAreNeverUpTogetherBecomeTheSame() throws Exception {
    nodes = new Nodes(directory, Nodes.Shape.THREE_PROCESSES);
    var a = nodes.create("a");
    var b = nodes.createSimple("b");
    Nodes.start(a, b);
    a.openSpace();
    b.join(a.invite("writer"));
    awaitSame(SOON, a, b);
    String idOfA = a.id();
    String idOfB = b.id();
    b.process().stop();

    // more than is read at once
    var text = "by a" + "x".repeat(10_000);
    for (int i = 0; i < 40; i++) {
      a.write("a" + i, text);
    }
    String intent = a.write("both", "by a").path("intent").asString();
    var toB = export(a, idOfB, "to-b");
    var digestOfA = a.digest();
    a.process().stop();
    assertThat(Files.readString(toB, java.nio.charset.StandardCharsets.ISO_8859_1))
        .doesNotContain("by a")
        .doesNotContain("shop");

    Nodes.start(b);
    b.write("both", "by b");
    var taken = take(b, toB);
    assertThat(taken.path("from").asString()).isEqualTo(idOfA);
    assertThat(taken.path("entries").asInt()).isGreaterThanOrEqualTo(41);
    assertThat(taken.has("refused")).isFalse();
    assertThat(b.text("a39")).isEqualTo(text);
    assertThat(b.openConflicts()).hasSize(1);
    assertThat(b.digest()).isNotEqualTo(digestOfA);

    var before = b.digest();
    take(b, toB);
    assertThat(b.digest()).isEqualTo(before);
    var back = taken.path("acknowledgement").asString();
    assertThat(back).isEqualTo(BUNDLES + "?to=" + idOfA);
    var toA = export(b, idOfA, "to-a");
    b.process().stop();

    Nodes.start(a);
    assertThat(a.receipt(intent).path("state").asString()).isEqualTo("recorded");
    take(a, toA);
    assertThat(a.digest()).isEqualTo(before);
    a.awaitReceipt(intent, "everywhere");
    assertThat(a.atRisk()).isZero();
    // what the other is known to have is not sent, unless all is asked for
    assertThat(Files.size(export(a, idOfB + "&all=true", "all")))
        .isGreaterThan(2 * Files.size(export(a, idOfB, "rest")));

    assertThatThrownBy(() -> take(a, toB))
        .isInstanceOf(RequestRefused.class)
        .hasMessageContaining("bundle-invalid")
        .hasMessageContaining(idOfB);
    var cut = directory.resolve("cut");
    byte[] whole = Files.readAllBytes(toA);
    Files.write(cut, java.util.Arrays.copyOf(whole, whole.length - 3), StandardOpenOption.CREATE);
    assertThatThrownBy(() -> take(a, cut)).hasMessageContaining("cut off");
    assertThatThrownBy(() -> export(a, idOfA.replace(idOfA.charAt(5), idOfA.charAt(6)), "nobody"))
        .isInstanceOf(RequestRefused.class)
        .hasMessageContaining("peer-unknown");
    assertThat(directory.resolve("nobody")).doesNotExist();
  }
}
