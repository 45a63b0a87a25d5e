package com.softadastra.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.node.process.Ports;
import com.softadastra.system.FaultProxy.Fault;
import com.softadastra.system.FaultProxy.Plan;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the proxy does to a connection, seen by who listens behind it. */
class FaultProxyTest {
  private static final int SENT = 100_000;
  private static final int AT = 10_001;

  @Test
  void cutsAtAnyByte() throws Exception {
    assertThat(arrived(Fault.CUT)).isEqualTo(Arrays.copyOf(sent(), AT));
  }

  @Test
  void turnsAByteIntoAnother() throws Exception {
    var expected = sent();
    expected[AT] ^= 0x20;
    assertThat(arrived(Fault.CORRUPT)).isEqualTo(expected);
  }

  @Test
  void dropsBytesAndGoesOn() throws Exception {
    var arrived = arrived(Fault.DROP);
    assertThat(arrived.length).isBetween(AT, SENT - 1);
    assertThat(Arrays.copyOf(arrived, AT)).isEqualTo(Arrays.copyOf(sent(), AT));
    assertThat(last(arrived, arrived.length - AT)).isEqualTo(last(sent(), arrived.length - AT));
  }

  @Test
  void repeatsBytesAndGoesOn() throws Exception {
    var arrived = arrived(Fault.DUPLICATE);
    int more = arrived.length - SENT;
    assertThat(more).isPositive();
    int end = AT;
    while (arrived[end] == sent()[end]) {
      end++;
    }
    assertThat(Arrays.copyOfRange(arrived, end, end + more))
        .isEqualTo(Arrays.copyOfRange(arrived, end - more, end));
    assertThat(last(arrived, SENT - end)).isEqualTo(last(sent(), SENT - end));
  }

  @ParameterizedTest
  @EnumSource(names = {"NONE", "DELAY", "STALL"})
  void onlySlowsDown(Fault fault) throws Exception {
    assertThat(arrived(fault)).isEqualTo(sent());
  }

  /** Sends through a proxy with one fault, and returns what arrived. */
  private static byte[] arrived(Fault fault) throws Exception {
    int port = Ports.free();
    try (var target = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var proxy = new FaultProxy(port, target.getLocalPort(), once(new Plan(fault, AT, 1)))) {
      var received = new FutureTask<>(() -> received(target));
      Thread.ofVirtual().start(received);
      try (var source = new Socket(InetAddress.getLoopbackAddress(), port)) {
        source.getOutputStream().write(sent());
        source.shutdownOutput();
        var arrived = received.get();
        assertThat(proxy.done().get(fault)).hasValue(1);
        return arrived;
      } catch (IOException _) {
        // The proxy has cut it while it was written to.
        return received.get();
      }
    }
  }

  /** For both directions, of which one carries nothing. */
  private static Supplier<Plan> once(Plan plan) {
    var drawn = new AtomicInteger();
    return () -> drawn.incrementAndGet() <= 2 ? plan : new Plan(Fault.NONE, Long.MAX_VALUE, 0);
  }

  private static byte[] received(ServerSocket target) throws IOException {
    try (var socket = target.accept()) {
      return socket.getInputStream().readAllBytes();
    }
  }

  private static byte[] last(byte[] bytes, int count) {
    return Arrays.copyOfRange(bytes, bytes.length - count, bytes.length);
  }

  private static byte[] sent() {
    var bytes = new byte[SENT];
    for (int i = 0; i < SENT; i++) {
      bytes[i] = (byte) (i / 256 * 31 ^ i);
    }
    return bytes;
  }
}
