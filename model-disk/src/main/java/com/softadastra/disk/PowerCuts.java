package com.softadastra.disk;

import com.softadastra.disk.CrashSite.Kind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;

/** What power failures leave, all over what a disk has recorded. */
public final class PowerCuts {

  private PowerCuts() {}

  /** Looks at one of them. */
  @FunctionalInterface
  public interface Check {
    /**
     * @param where what to say of it where it is bad
     */
    void check(DiskImage image, String where) throws Exception;
  }

  /**
   * Goes through moments beside forces and any others; of each nothing unforced is kept, and all,
   * and some.
   *
   * @param moments of both sorts, at most
   * @return how many images there were
   */
  public static int forEach(ModelDisk disk, int moments, Random random, Check check)
      throws Exception {
    CrashSite site = disk.crashSite();
    int images = 0;
    int end = disk.position();
    for (int position : positions(disk, end, moments, random)) {
      site.advanceTo(position);
      Kind[] kinds = Kind.values();
      for (Kind kind : List.of(Kind.DROPPED, Kind.KEPT, kinds[random.nextInt(kinds.length)])) {
        String where = "change " + position + " of " + end + ", " + kind;
        check.check(site.image(kind, random), where);
        images++;
      }
    }
    return images;
  }

  private static TreeSet<Integer> positions(ModelDisk disk, int end, int moments, Random random) {
    List<Integer> forces = new ArrayList<>(disk.forces());
    Collections.shuffle(forces, random);
    TreeSet<Integer> positions = new TreeSet<>(List.of(end));
    for (int force : forces.subList(0, Math.min(forces.size(), moments / 4))) {
      positions.addAll(List.of(force - 1, force));
    }
    for (int i = 0; i < moments / 2; i++) {
      positions.add(random.nextInt(end + 1));
    }
    return positions;
  }
}
