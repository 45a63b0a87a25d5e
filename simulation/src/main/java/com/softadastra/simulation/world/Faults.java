package com.softadastra.simulation.world;

import com.softadastra.simulation.plan.Happening;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;

/** Does to nodes and network what a plan says. */
final class Faults {
  private static final long SECOND = 1_000_000_000L;

  private final World world;

  Faults(World world) {
    this.world = world;
  }

  void happen(Happening happening, SimulatedNode node, SplittableRandom random) {
    long nanos = happening.nanos();
    var other = neighbour(node, happening.b());
    switch (happening.kind()) {
      case CRASH -> {
        node.kill(random.nextBoolean());
        restart(node, nanos);
      }
      case CRASH_AT_EFFECT -> node.plan(moment(random, 3), true, () -> restart(node, nanos));
      case DISK_FAILS -> node.plan(moment(random, 2), false, () -> restart(node, nanos));
      case DISK_FULL -> {
        node.full(true);
        world.agenda().after(nanos, () -> node.full(false));
      }
      case DISK_SLOW -> {
        node.diskTakes(SECOND / 20 + random.nextLong(SECOND));
        world.agenda().after(nanos, () -> node.diskTakes(SimulatedNode.DISK_NANOS));
      }
      case STOP -> node.stop(() -> restart(node, nanos));
      case PAUSE -> node.pause(world.agenda().now() + nanos);
      case CLOCK -> node.jump(jump(random));
      case CUT -> world.network().cut(node, other);
      case BLOCK -> world.network().block(node, other, nanos);
      case ISOLATE -> {
        for (var one : world.nodes()) {
          if (world.network().linked(node, one)) {
            world.network().block(node, one, nanos);
            world.network().block(one, node, nanos);
          }
        }
      }
      case SLOW -> world.network().slow(node, other, 2 + random.nextInt(200), nanos);
      case CORRUPT -> world.network().corruptNext(node, other, random.nextInt());
      case REPLAY -> world.network().replay(node, other, random.nextInt(1 << 20));
      case SWITCH -> switched(node, other, nanos);
      default -> {}
    }
  }

  private static SimulatedNode.Moment moment(SplittableRandom random, int of) {
    return SimulatedNode.Moment.values()[random.nextInt(of)];
  }

  private void restart(SimulatedNode node, long nanos) {
    world.agenda().after(1 + nanos, node::start);
  }

  private static long jump(SplittableRandom random) {
    long most =
        switch (random.nextInt(3)) {
          case 0 -> Duration.ofSeconds(20).toMillis();
          case 1 -> Duration.ofDays(2).toMillis();
          default -> Duration.ofDays(3650).toMillis();
        };
    return random.nextLong(-most, most);
  }

  private void switched(SimulatedNode node, SimulatedNode other, long nanos) {
    if (node.runs()) {
      var _ = node.exchanges().switchLink(other.id(), false);
      world.agenda().after(nanos, () -> switchOn(node, other));
    }
  }

  private static void switchOn(SimulatedNode node, SimulatedNode other) {
    if (node.runs()) {
      var _ = node.exchanges().switchLink(other.id(), true);
    }
  }

  private SimulatedNode neighbour(SimulatedNode node, int number) {
    List<SimulatedNode> linked =
        world.nodes().stream().filter(other -> world.network().linked(node, other)).toList();
    return linked.get(number % linked.size());
  }

  /** Whatever is wrong is mended: everyone runs, on a disk that works, with all links on. */
  void end() {
    for (var node : world.nodes()) {
      node.unplan();
      node.full(false);
      node.diskTakes(SimulatedNode.DISK_NANOS);
      node.resume();
      node.start();
    }
    world
        .agenda()
        .after(
            SECOND,
            () -> {
              for (var node : world.nodes()) {
                for (var other : world.nodes()) {
                  if (world.network().linked(node, other)) {
                    switchOn(node, other);
                  }
                }
              }
            });
  }
}
