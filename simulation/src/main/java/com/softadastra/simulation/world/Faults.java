package com.softadastra.simulation.world;

import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.session.Frame;
import com.softadastra.simulation.plan.Happening;
import com.softadastra.simulation.plan.Happening.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/** Does to nodes and network what a plan says. */
final class Faults {
  private static final long SECOND = 1_000_000_000L;

  private final World world;
  private final Mischief mischief;
  private final Map<SimulatedNode, Disk> backups = new HashMap<>();
  private final List<SimulatedNode> clones = new ArrayList<>();
  private final Map<Kind, Long> cameAbout = new EnumMap<>(Kind.class);
  private int copies;
  private boolean over;

  Faults(World world) {
    this.world = world;
    this.mischief = new Mischief(world);
  }

  /** How often each came about. */
  Map<Kind, Long> cameAbout() {
    return Map.copyOf(cameAbout);
  }

  void cameAbout(Kind kind) {
    cameAbout.merge(kind, 1L, Long::sum);
  }

  /** Whether there is something for it to happen to, as far as that is known now. */
  private boolean finds(Kind kind, SimulatedNode node, SimulatedNode other, Station end) {
    return switch (kind) {
      case CRASH, STOP, PAUSE, SWITCH, BACKUP -> node.runs();
      case RAISE -> !node.isCopy() && node.runs();
      case CUT -> world.network().isConnected(node, end);
      case FLAP -> world.network().isConnected(node, other);
      case REPLAY ->
          world.network().hasSent(node, other) && world.network().isConnected(node, other);
      case ATTACK -> node.runs() && other.runs() && world.network().isConnected(node, other);
      case RESTORE -> backups.containsKey(node) && !node.isCopy();
      case CLONE -> node.runs() && !node.isCopy() && clones.isEmpty();
      case FLIP -> !node.isCopy();
      // told where they do
      case CRASH_AT_EFFECT, DISK_FAILS, CORRUPT, RELAY_DISK_FAILS -> false;
      default -> true;
    };
  }

  void happen(Happening happening, SimulatedNode node, SplittableRandom random) {
    over = false;
    long nanos = happening.nanos();
    var other = neighbour(node, happening.b());
    var end = end(node, happening.b());
    if (finds(happening.kind(), node, other, end)) {
      cameAbout(happening.kind());
    }
    switch (happening.kind()) {
      case CRASH -> {
        node.kill(random.nextBoolean());
        restart(node, nanos);
      }
      case CRASH_AT_EFFECT -> crashAtEffect(node, nanos, random);
      case DISK_FAILS ->
          node.plan(
              moment(random, 2),
              false,
              () -> {
                cameAbout(Kind.DISK_FAILS);
                restart(node, nanos);
              });
      case DISK_FULL -> {
        node.full(true);
        world.agenda().after(nanos, () -> node.full(false));
        if (random.nextBoolean()) {
          // room goes faster than was looked for
          node.plan(SimulatedNode.Moment.BEFORE_WRITE, false, () -> restart(node, nanos));
        }
      }
      case DISK_SLOW -> {
        node.diskTakes(SECOND / 20 + random.nextLong(SECOND));
        world.agenda().after(nanos, () -> node.diskTakes(SimulatedNode.DISK_NANOS));
      }
      case STOP -> node.stop(() -> restart(node, nanos));
      case PAUSE -> node.pause(world.agenda().now() + nanos);
      case CLOCK -> node.jump(jump(random));
      case CUT -> world.network().cut(node, end);
      case FLAP -> flap(node, other, world.agenda().now() + Math.min(nanos, 60 * SECOND), random);
      case BLOCK -> world.network().block(node, end, nanos);
      case ISOLATE -> {
        for (var one : world.nodes()) {
          if (world.network().linked(node, one)) {
            world.network().block(node, one, nanos);
            world.network().block(one, node, nanos);
          }
        }
        away(node, nanos);
      }
      case SLOW -> world.network().slow(node, end, 2 + random.nextInt(200), nanos);
      case CORRUPT -> world.network().corruptNext(node, end, random.nextInt());
      case REPLAY -> world.network().replay(node, other, random.nextInt(1 << 20));
      case SWITCH -> switched(node, other, nanos);
      case ATTACK -> mischief.speak(other, node, world.space(random), random);
      case NEWER_KIND -> mischief.newerKind(node, world.space(random), random);
      case BACKUP -> {
        if (node.runs()) {
          backups.put(node, node.disk().backup(node.disk().machine(), node.disk().storage()));
        }
      }
      case RAISE -> {
        if (!node.isCopy()) {
          node.speaks(Frame.VERSION);
          node.stop(() -> restart(node, nanos));
        }
      }
      case FLIP -> flip(node, other, nanos, random);
      case READ_FAILS -> node.disk().failReads(1 + random.nextInt(4));
      case RESTORE -> restore(node, nanos, random);
      case CLONE -> copy(node, nanos, random);
      case APART -> {
        if (chooses(random)) {
          apart(nanos);
        }
        world.network().block(node, other, nanos);
        world.network().block(other, node, nanos);
      }
      case RELAY_AWAY -> {
        if (chooses(random)) {
          world.network().cut(world.relays().getFirst(), world.relays().getLast());
        }
        away(node, nanos);
      }
      case RELAY_CRASH -> relayCrashes(random, nanos);
      case RELAY_FULL -> {
        var relay = chosen(random);
        relay.full(true);
        world.agenda().after(nanos, () -> relay.full(false));
      }
      case RELAY_DISK_FAILS -> {
        var relay = chosen(random);
        relay.failAt(
            random.nextBoolean() ? Disk.Point.WRITE : Disk.Point.FORCE,
            random.nextBoolean(),
            () -> {
              cameAbout(Kind.RELAY_DISK_FAILS);
              restart(relay, nanos);
            });
      }
      case RELAY_LOST -> relayEnds(random, nanos, SimulatedRelay::loseMailboxes);
      case RELAY_DROPS -> relayEnds(random, nanos, it -> it.loseEnvelope(random));
      case STRANGER -> mischief.bring(node, world.space(random), random);
      case WRITE,
          RETRY,
          RESOLVE,
          JOIN,
          DECLARE,
          RELABEL,
          RETIRE,
          REINSTATE,
          SETTLE,
          UNDO,
          DISMISS,
          DIVIDE,
          OVERSPEND,
          CARRY ->
          throw new IllegalArgumentException("no fault");
    }
  }

  /** A node's software writes with labels that nobody gave it. */
  void claimLabels(SimulatedNode node, SimulatedNode to, SpaceId space, SplittableRandom random) {
    mischief.claimLabels(node, to, space, random);
  }

  /** A bit turns; sooner or later somebody reads it, and a peer may answer with something else. */
  private void flip(SimulatedNode node, SimulatedNode other, long nanos, SplittableRandom random) {
    if (node.isCopy()) {
      return;
    }
    node.disk().turnBit(logged -> isElsewhere(logged, node), random);
    if (random.nextBoolean()) {
      world.agenda().after(nanos, node::scrub);
    }
    if (random.nextBoolean()) {
      world.agenda().after(nanos + SECOND / 1000, () -> mischief.sendOthersAgain(other, node));
    }
  }

  /** Whether two others could mend an entry: one may be away for long. */
  private boolean isElsewhere(LoggedEntry logged, SimulatedNode node) {
    return world.originals().stream()
            .filter(other -> other != node && other.runs())
            .filter(other -> {
              var space = logged.entry().space();
              return other
                  .journal()
                  .find(space, logged.chain(), logged.entry().sequence())
                  .filter(held -> held.hash().equals(logged.hash()))
                  .isPresent();
            })
            .count()
        > 1;
  }

  /**
   * A start was refused because of what is damaged: the operator joins the node anew, on an empty
   * disk beside the same incarnation file.
   */
  void joinAnew(SimulatedNode node) {
    var before = node.disk();
    var after = before.empty();
    before.read().ifPresent(after::write);
    before.close();
    node.putDisk(after);
    world.judge().otherDisk(node.place(), true);
    restart(node, SECOND);
  }

  /** A member and the relays don't reach each other. */
  private void away(SimulatedNode node, long nanos) {
    for (var relay : world.relays()) {
      if (world.network().linked(node, relay)) {
        world.network().block(node, relay, nanos);
        world.network().block(relay, node, nanos);
      }
    }
  }

  /** Two relays don't reach each other. */
  private void apart(long nanos) {
    var relays = world.relays();
    world.network().block(relays.getFirst(), relays.getLast(), nanos);
    world.network().block(relays.getLast(), relays.getFirst(), nanos);
  }

  private boolean chooses(SplittableRandom random) {
    return world.relays().size() > 1 && random.nextBoolean();
  }

  private SimulatedRelay chosen(SplittableRandom random) {
    return chooses(random) ? world.relays().getLast() : world.relays().getFirst();
  }

  private void relayEnds(SplittableRandom random, long nanos, Consumer<SimulatedRelay> then) {
    boolean told = random.nextBoolean();
    var relay = chosen(random);
    relay.kill(told);
    then.accept(relay);
    restart(relay, nanos);
  }

  private void restart(SimulatedRelay relay, long nanos) {
    world.agenda().after(1 + (over ? 0 : nanos), relay::start);
  }

  /** At once, or within what it does next, when it has said a part of it. */
  private void relayCrashes(SplittableRandom random, long nanos) {
    boolean told = random.nextBoolean();
    var relay = chosen(random);
    if (random.nextInt(3) > 0) {
      relay.kill(told);
      restart(relay, nanos);
    } else {
      relay.endAfter(1 + random.nextInt(4), told, () -> restart(relay, nanos));
    }
  }

  private void crashAtEffect(SimulatedNode node, long nanos, SplittableRandom random) {
    var moment = moment(random, 3);
    if (random.nextInt(3) == 0) {
      moment =
          random.nextBoolean()
              ? SimulatedNode.Moment.BETWEEN_ANSWERS
              : SimulatedNode.Moment.AT_INCARNATION;
    }
    if (moment == SimulatedNode.Moment.AT_INCARNATION) {
      // which is when it starts
      node.kill(random.nextBoolean());
      restart(node, nanos);
    }
    node.plan(
        moment,
        true,
        () -> {
          cameAbout(Kind.CRASH_AT_EFFECT);
          restart(node, nanos);
        });
  }

  private static SimulatedNode.Moment moment(SplittableRandom random, int of) {
    return SimulatedNode.Moment.values()[random.nextInt(of)];
  }

  private void restart(SimulatedNode node, long nanos) {
    // whatever took longer than the plan is waited for no more
    world.agenda().after(1 + (over ? 0 : nanos), node::start);
  }

  private void flap(SimulatedNode node, SimulatedNode other, long until, SplittableRandom random) {
    world.network().cut(node, other);
    long next = world.agenda().now() + SECOND / 2 + random.nextLong(4 * SECOND);
    if (next < until && !over) {
      world.agenda().at(next, () -> flap(node, other, until, random));
    }
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

  /** A backup is put back: with the incarnation file as it is, without it, or as it was then. */
  private void restore(SimulatedNode node, long nanos, SplittableRandom random) {
    var backup = backups.remove(node);
    if (backup == null || node.isCopy()) {
      return;
    }
    node.kill(random.nextBoolean());
    var before = node.disk();
    Disk after;
    int how = random.nextInt(3);
    switch (how) {
      case 0 -> {
        after = backup.backup(before.machine(), before.storage() + "'");
        before.read().ifPresent(after::write);
      }
      case 1 -> after = backup.backup(before.machine(), before.storage() + "'");
      default -> {
        after = backup;
        backup.incarnationThen().ifPresent(after::write);
      }
    }
    before.close();
    node.putDisk(after);
    world.judge().otherDisk(node.place(), how < 2);
    restart(node, nanos);
  }

  /** A copy of the machine is started, on which the node may or may not be able to tell. */
  private void copy(SimulatedNode node, long nanos, SplittableRandom random) {
    if (!node.runs() || node.isCopy() || !clones.isEmpty()) {
      return;
    }
    boolean tells = random.nextInt(3) == 0;
    var disk =
        node.disk().backup(tells ? "machine-copy" : node.disk().machine(), node.disk().storage());
    disk.incarnationThen().ifPresent(disk::write);
    var clone = world.copy(node, disk, ++copies);
    clones.add(clone);
    if (tells) {
      world.judge().tells(clone.place());
    }
    clone.start();
    world.agenda().after(nanos, () -> end(clone));
  }

  // somebody has noticed that the machine runs twice, and does away with the copy and its disk
  private void end(SimulatedNode clone) {
    if (clones.remove(clone)) {
      clone.endForEver();
      world.judge().isGone(clone.place());
    }
  }

  private SimulatedNode neighbour(SimulatedNode node, int number) {
    List<SimulatedNode> linked =
        world.nodes().stream().filter(other -> world.network().linked(node, other)).toList();
    return linked.get(number % linked.size());
  }

  /** The other end of a way from a node, where the world has a relay sometimes that. */
  private Station end(SimulatedNode node, int number) {
    var relays = world.relays();
    return relays.isEmpty() || number % 3 != 0
        ? neighbour(node, number)
        : relays.get(number % 2 == 0 ? 0 : relays.size() - 1);
  }

  /** Whatever is wrong is mended: everyone runs, on a disk that works, with all links on. */
  void end() {
    over = true;
    List.copyOf(clones).forEach(this::end);
    for (var relay : world.relays()) {
      relay.unplan();
      relay.full(false);
      relay.start();
    }
    for (var node : world.nodes()) {
      if (node.isCopy()) {
        continue;
      }
      node.unplan();
      node.full(false);
      node.diskTakes(SimulatedNode.DISK_NANOS);
      node.resume();
      node.disk().failReads(0);
      if (world.plan().readsFail() && node.spoken() < Frame.VERSION) {
        // to who speaks an older one nobody gives what is damaged again
        node.speaks(Frame.VERSION);
        node.kill(true);
      }
      node.start();
      world.agenda().after(SECOND, node::scrub);
    }
    world
        .agenda()
        .after(
            SECOND,
            () -> {
              for (var node : world.originals()) {
                for (var other : world.nodes()) {
                  if (world.network().linked(node, other)) {
                    switchOn(node, other);
                  }
                }
              }
            });
  }
}
