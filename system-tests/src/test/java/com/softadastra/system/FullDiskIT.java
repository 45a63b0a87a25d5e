package com.softadastra.system;

import static com.softadastra.system.TestNode.SOON;
import static com.softadastra.system.TestNode.awaitSame;
import static com.softadastra.system.TestNode.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.softadastra.disk.Campaign;
import com.softadastra.guard.FailStop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * A node on a small disk of its own, which runs full. Needs the right to mount, and is skipped
 * where it hasn't.
 */
class FullDiskIT {
  private static final long MIB = 1 << 20;

  @TempDir Path directory;
  private Path disk;
  private boolean mounted;

  @BeforeEach
  void mount() throws Exception {
    disk = Files.createDirectory(directory.resolve("disk"));
    Machine.runOrSkip(
        "FullDiskIT",
        "a disk of its own",
        "mount",
        "-t",
        "tmpfs",
        "-o",
        "size=128m",
        "tmpfs",
        disk.toString());
    mounted = true;
  }

  @AfterEach
  void unmount() throws Exception {
    if (mounted) {
      Machine.run("umount", disk.toString());
    }
  }

  @Test
  void aFullDiskRefusesEarlyAndLosesNothing() throws Exception {
    try (var nodes = new Nodes(directory)) {
      var a = nodes.createIn(disk.resolve("a"), "a", "--softadastra.storage.reserve=32MB");
      var b = nodes.create("b");
      Nodes.start(a, b);
      a.openSpace();
      b.join(a.invite("writer"));
      a.awaitLinkTo(b.id(), "connected");
      var acknowledged = new HashMap<String, JsonNode>();
      write(a, "early", acknowledged);
      awaitSame(SOON, a, b);

      fillUpTo(24 * MIB);
      await("refused").atMost(SOON).until(() -> a.put("refused", body("no room")).status() == 507);
      assertThat(a.put("refused", body("no room")).body().path("code").asString())
          .isEqualTo("storage-full");
      assertThat(a.text("early")).isEqualTo("early");
      for (int i = 0; i < 20; i++) {
        write(b, "delivered-" + i, acknowledged);
      }
      awaitSame(SOON, a, b);
      assertThat(a.put("refused", body("still no room")).status()).isEqualTo(507);

      free();
      await("takes writes again")
          .atMost(SOON)
          .until(() -> a.put("again", body("again")).isSuccess());
      acknowledged.put("again", body("again"));
      awaitSame(SOON, a, b);
      assertThat(a.documents()).isEqualTo(acknowledged);
      assertThat(b.documents()).isEqualTo(acknowledged);

      // to the last byte: what is delivered can't be stored, and the process ends rather than guess
      fillUpTo(0);
      for (int i = 0; isAlive(a) && i < 2_000; i++) {
        write(b, "too-much-" + i, acknowledged);
      }
      await("the process ends").atMost(SOON).until(() -> !isAlive(a));
      assertThat(((OneProcess) a.process()).exitStatus()).isEqualTo(FailStop.EXIT_STATUS);

      free();
      Nodes.start(a);
      awaitSame(SOON, a, b);
      assertThat(a.documents()).isEqualTo(acknowledged);
      Campaign.note("FullDiskIT", acknowledged.size() + " acknowledged documents, all there");
    }
  }

  private static boolean isAlive(TestNode node) {
    return ((OneProcess) node.process()).isAlive();
  }

  private static void write(TestNode node, String id, Map<String, JsonNode> acknowledged) {
    var text = id.startsWith("too-much") ? id + "x".repeat(20_000) : id;
    node.write(id, text);
    acknowledged.put(id, body(text));
  }

  private Path filling() {
    return disk.resolve("filling");
  }

  /** Writes another file until so much is left. */
  private void fillUpTo(long left) throws IOException {
    var piece = ByteBuffer.allocate(64 << 10);
    try (var channel =
        FileChannel.open(filling(), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      while (disk.toFile().getUsableSpace() > left) {
        channel.write(piece.clear());
      }
    } catch (IOException e) {
      if (left > 0) {
        throw e;
      }
    }
  }

  private void free() throws IOException {
    Files.delete(filling());
  }
}
