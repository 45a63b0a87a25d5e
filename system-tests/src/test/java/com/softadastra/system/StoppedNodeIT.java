package com.softadastra.system;

import static com.softadastra.system.TestNode.SOON;
import static com.softadastra.system.TestNode.awaitSame;
import static com.softadastra.system.TestNode.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.softadastra.disk.Campaign;
import com.softadastra.node.client.Answer;
import com.softadastra.node.client.NodeUnreachable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future.State;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that the system stops for a while, as a suspended machine is, with its connections
 * open.
 *
 * <p>{@code -Dsoftadastra.stopped=} sets for how long, PT20S if not: longer than the silence after
 * which a peer is taken for dead.
 */
class StoppedNodeIT {
  private static final Duration STOPPED =
      Duration.parse(System.getProperty("softadastra.stopped", "PT20S"));

  private static final int WRITES = 200;

  @Test
  void aStoppedNodeIsTakenForDeadAndCatchesUp(@TempDir Path directory) throws Exception {
    try (var nodes = new Nodes(directory)) {
      var a = nodes.create("a");
      var b = nodes.create("b");
      Nodes.start(a, b);
      a.openSpace();
      b.join(a.invite("writer"));
      a.awaitLinkTo(b.id(), "connected");
      b.awaitLinkTo(a.id(), "connected");
      a.write("before", "seen by both");
      awaitSame(SOON, a, b);
      String idOfA = a.id();

      signal("STOP", a);
      long stopped = System.nanoTime();
      // a client of the stopped node waits with it
      var held = new FutureTask<>(() -> a.put("held", body("asked while it stood still")));
      Thread.ofVirtual().start(held);
      for (int i = 0; i < WRITES; i++) {
        b.write("b-" + i, "while a stands still");
      }
      b.awaitLinkTo(idOfA, "unreachable");
      await("its time")
          .atMost(STOPPED.plusSeconds(10))
          .until(() -> System.nanoTime() - stopped > STOPPED.toNanos());
      // at most the client has lost its patience
      assertThat(held.state()).as("an answer of a stopped process").isNotEqualTo(State.SUCCESS);

      signal("CONT", a);
      a.awaitLinkTo(b.id(), "connected");
      b.awaitLinkTo(idOfA, "connected");
      boolean acknowledged = answered(held);
      var last = b.write("after", "a is back");
      awaitSame(SOON, a, b);
      for (int i = 0; i < WRITES; i++) {
        assertThat(a.text("b-" + i)).isEqualTo("while a stands still");
      }
      if (acknowledged) {
        assertThat(b.text("held")).isEqualTo("asked while it stood still");
      }
      b.awaitReceipt(last.path("intent").asString(), "everywhere");
      Campaign.note(
          "StoppedNodeIT",
          "stopped for %d s, %d writes meanwhile, the one that was held acknowledged: %s"
              .formatted(STOPPED.toSeconds(), WRITES, acknowledged));
    }
  }

  private static boolean answered(FutureTask<Answer> held) throws Exception {
    try {
      return held.get().isSuccess();
    } catch (ExecutionException e) {
      assertThat(e.getCause()).isInstanceOf(NodeUnreachable.class);
      return false;
    }
  }

  private static void signal(String name, TestNode node) throws Exception {
    Machine.run("kill", "-" + name, String.valueOf(((OneProcess) node.process()).pid()));
  }
}
