package com.softadastra.system;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A network of its own, with loopback and one end of a cable. Needs the right to make one. Goes
 * away when it is closed, with the cable.
 */
final class NetworkNamespace implements AutoCloseable {
  private static final String TEST = "NetworkNamespacesIT";

  private final String name;
  private final String address;
  private final List<AutoCloseable> doors = new ArrayList<>();

  private NetworkNamespace(String name, String address) {
    this.name = name;
    this.address = address;
  }

  /**
   * Two networks with a cable between them, or the test is skipped.
   *
   * @param names at most eight letters each, on this machine of their own
   */
  static List<NetworkNamespace> pair(String one, String other)
      throws IOException, InterruptedException {
    var first = new NetworkNamespace(one, "10.213.76.1");
    var second = new NetworkNamespace(other, "10.213.76.2");
    Machine.runOrSkip(TEST, "a network namespace", "ip", "netns", "add", one);
    try {
      Machine.runOrSkip(TEST, "a second one", "ip", "netns", "add", other);
      Machine.runOrSkip(
          TEST, "a cable", "ip", "link", "add", one, "netns", one, "type", "veth", "peer", "name",
          other, "netns", other);
      for (var each : List.of(first, second)) {
        each.run("ip", "address", "add", each.address + "/24", "dev", each.name);
        each.run("ip", "link", "set", "lo", "up");
        each.plug("up");
      }
    } catch (IOException | InterruptedException | RuntimeException e) {
      second.close();
      first.close();
      throw e;
    }
    return List.of(first, second);
  }

  /** What makes a command run in here, as the same process. */
  List<String> within() {
    return List.of("ip", "netns", "exec", name);
  }

  /** Where the other end of the cable finds this one. */
  String address() {
    return address;
  }

  void run(String... command) throws IOException, InterruptedException {
    Machine.run(inside(command));
  }

  /**
   * @param state up or down
   */
  void plug(String state) throws IOException, InterruptedException {
    run("ip", "link", "set", name, state);
  }

  /** Lets this end of the cable treat packets as netem is told, or the test is skipped. */
  void disturb(String... netem) throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of("tc", "qdisc", "replace", "dev", name, "root", "netem"));
    command.addAll(List.of(netem));
    Machine.runOrSkip(
        TEST, "netem, which disturbs packets,", inside(command.toArray(String[]::new)));
  }

  /** Ends what {@link #disturb} began. */
  void calm() throws IOException, InterruptedException {
    run("tc", "qdisc", "delete", "dev", name, "root");
  }

  private String[] inside(String... command) {
    var all = new ArrayList<>(within());
    all.addAll(List.of(command));
    return all.toArray(String[]::new);
  }

  /** Makes a port on the loopback in here one on the loopback out there, too. */
  void open(int port, Path socket) throws IOException {
    var command = new ArrayList<>(within());
    command.addAll(Application.quickJavaWithTests());
    command.addAll(List.of(Relay.class.getName(), socket.toString(), String.valueOf(port)));
    var inside =
        new ProcessBuilder(command).inheritIO().redirectInput(ProcessBuilder.Redirect.PIPE).start();
    doors.add(inside::destroy);
    await("the way in").atMost(TestNode.SOON).until(() -> Files.exists(socket));
    doors.add(Relay.into(socket, port));
  }

  @Override
  public void close() {
    for (var door : doors) {
      try {
        door.close();
      } catch (Exception e) {
        System.err.println(name + ": " + e);
      }
    }
    try {
      Machine.run("ip", "netns", "delete", name);
    } catch (IOException e) {
      System.err.println(name + " is left behind: " + e.getMessage());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
