package com.softadastra.disk;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A point in the log of a model disk at which the power fails.
 *
 * <p>A file surely holds what was done to it before its last force. Of what was done since, each
 * block of 4 KiB that a write touched, and each truncation, may have reached the disk or not.
 * Blocks are independent of one another, so the order in which they got there doesn't show; of two
 * writes to one block the later one stays. When a force of a file fails, what it should have
 * brought to the disk is gone for good, though the running system still sees it, and the next force
 * succeeds: so Linux does it.
 *
 * <p>Moves forward only. Not safe for threads; the images it makes are independent of it.
 */
public final class CrashSite {

  private static final int SECTOR = 512;

  private final ModelDisk disk;

  /** What each file surely holds, created or not. */
  private final Map<String, BlockFile> forced;

  /** Files whose directory entry is surely on the disk. */
  private final Set<String> entries;

  /** Since the last force of its file, in order. */
  private final List<Piece> unforced = new ArrayList<>();

  /** Created and deleted since the last force of the directory, in order. */
  private final List<DiskEvent> unforcedEntries = new ArrayList<>();

  private int position;

  /** A truncation, or the part of a write that lies in one block. */
  sealed interface Piece {
    String file();

    record Cut(String file, long size) implements Piece {}

    record Block(String file, long position, byte[] bytes, int from, int length) implements Piece {}
  }

  /**
   * A block of which a part reached the disk.
   *
   * @param bytes how long the part is that did, a multiple of 512
   * @param prefix whether it is the block's first part, or its last
   */
  public record Tear(int bytes, boolean prefix, Rest rest) {

    /** What the other part of a torn block holds. */
    public enum Rest {
      /** What was there before. */
      BEFORE,
      ZEROS,
      JUNK
    }

    /** Every tear of a block. */
    public static List<Tear> all() {
      List<Tear> all = new ArrayList<>();
      for (int bytes = 0; bytes < BlockFile.BLOCK; bytes += SECTOR) {
        for (Rest rest : Rest.values()) {
          all.add(new Tear(bytes, true, rest));
          if (bytes > 0) {
            all.add(new Tear(bytes, false, rest));
          }
        }
      }
      return all;
    }
  }

  /** What of the unforced reaches the disk. */
  public enum Kind {
    /** Nothing. */
    DROPPED,
    /** Any part; and a file may have grown without its bytes. */
    SUBSET,
    /** All but one piece. */
    HOLE,
    /**
     * All or any part, but of one block only some sectors; the others as before, zeros, or junk.
     */
    TORN,
    /** All writes, no truncation. */
    UNCUT,
    /** All, as when the process alone crashes. */
    KEPT
  }

  CrashSite(ModelDisk disk, Map<String, BlockFile> start) {
    this.disk = disk;
    this.forced = start;
    this.entries = new HashSet<>(start.keySet());
  }

  /** Moves to the moment when this many changes had been recorded. */
  public void advanceTo(int newPosition) {
    if (newPosition < position) {
      throw new IllegalArgumentException(newPosition + " lies before " + position);
    }
    while (position < newPosition) {
      take(disk.event(position));
      position++;
    }
  }

  public int position() {
    return position;
  }

  /** Number of pieces that may be missing. */
  public int unforced() {
    return unforced.size();
  }

  private void take(DiskEvent event) {
    switch (event) {
      case DiskEvent.Written written -> {
        byte[] bytes = disk.bytes(written);
        int done = 0;
        while (done < bytes.length) {
          long at = written.position() + done;
          int count = (int) Math.min(BlockFile.BLOCK - at % BlockFile.BLOCK, bytes.length - done);
          unforced.add(new Piece.Block(written.file(), at, bytes, done, count));
          done += count;
        }
      }
      case DiskEvent.Truncated(var file, var size) -> unforced.add(new Piece.Cut(file, size));
      case DiskEvent.Forced(var file) ->
          unforced.removeIf(piece -> {
            boolean isForced = piece.file().equals(file);
            if (isForced) {
              apply(piece, content(forced, file));
            }
            return isForced;
          });
      case DiskEvent.ForceFailed(var file) -> unforced.removeIf(piece -> piece.file().equals(file));
      // whatever is written over it, and gets there, has it right
      case DiskEvent.Turned(var file, var bit) -> content(forced, file).turn(bit);
      case DiskEvent.Created created -> {
        unforcedEntries.add(created);
        forced.put(created.file(), new BlockFile());
      }
      case DiskEvent.Deleted deleted -> {
        unforcedEntries.add(deleted);
        unforced.removeIf(piece -> piece.file().equals(deleted.file()));
      }
      case DiskEvent.DirectoryForced _ -> {
        unforcedEntries.forEach(entry -> take(entry, entries));
        unforcedEntries.clear();
      }
    }
  }

  private static void take(DiskEvent event, Set<String> names) {
    if (event instanceof DiskEvent.Created) {
      names.add(event.file());
    } else {
      names.remove(event.file());
    }
  }

  private static BlockFile content(Map<String, BlockFile> files, String file) {
    return files.computeIfAbsent(file, _ -> new BlockFile());
  }

  private static void apply(Piece piece, BlockFile content) {
    switch (piece) {
      case Piece.Cut(_, var size) -> content.truncate(size);
      case Piece.Block(_, var at, var bytes, var from, var length) ->
          content.write(at, bytes, from, length);
    }
  }

  /** The image that lacks exactly one piece. */
  public DiskImage without(int missing) {
    return named(allBut(missing, (_, _) -> {}), Kind.HOLE, null);
  }

  /**
   * The image that has everything, but of one piece only a part; a truncation is missing.
   *
   * @param random what junk is made of
   */
  public DiskImage torn(int piece, Tear tear, RandomGenerator random) {
    return named(
        allBut(
            piece,
            (torn, content) -> {
              if (torn instanceof Piece.Block block) {
                tear(block, content, tear, random);
              }
            }),
        Kind.HOLE,
        null);
  }

  private Map<String, BlockFile> allBut(int one, BiConsumer<Piece, BlockFile> instead) {
    Map<String, BlockFile> files = start();
    for (int i = 0; i < unforced.size(); i++) {
      Piece piece = unforced.get(i);
      BlockFile content = content(files, piece.file());
      if (i == one) {
        instead.accept(piece, content);
      } else {
        apply(piece, content);
      }
    }
    return files;
  }

  /** One image of a kind, drawn at random. */
  public DiskImage image(Kind kind, RandomGenerator random) {
    Map<String, BlockFile> files = start();
    int chosen = unforced.isEmpty() ? -1 : random.nextInt(unforced.size());
    boolean keepAll = random.nextBoolean();
    for (int i = 0; i < unforced.size(); i++) {
      Piece piece = unforced.get(i);
      BlockFile content = content(files, piece.file());
      boolean kept =
          switch (kind) {
            case DROPPED -> false;
            case SUBSET -> random.nextBoolean();
            case HOLE -> i != chosen;
            case TORN -> keepAll || random.nextBoolean();
            case UNCUT -> piece instanceof Piece.Block;
            case KEPT -> true;
          };
      if (kind == Kind.TORN && i == chosen && piece instanceof Piece.Block block) {
        tear(block, content, random);
      } else if (kept) {
        apply(piece, content);
      } else if (kind == Kind.SUBSET
          && piece instanceof Piece.Block block
          && random.nextInt(8) == 0) {
        content.extend(block.position() + block.length());
      }
    }
    return named(files, kind, random);
  }

  private static void tear(Piece.Block block, BlockFile content, RandomGenerator random) {
    int sectors = (block.length() + SECTOR - 1) / SECTOR;
    tear(
        block,
        content,
        new Tear(
            SECTOR * (sectors < 2 ? 0 : random.nextInt(1, sectors)),
            random.nextBoolean(),
            Tear.Rest.values()[random.nextInt(Tear.Rest.values().length)]),
        random);
  }

  private static void tear(
      Piece.Block block, BlockFile content, Tear tear, RandomGenerator random) {
    int kept = Math.min(tear.bytes(), block.length());
    byte[] rest = new byte[block.length()];
    switch (tear.rest()) {
      case BEFORE -> {}
      case ZEROS -> content.write(block.position(), rest, 0, rest.length);
      case JUNK -> {
        random.nextBytes(rest);
        content.write(block.position(), rest, 0, rest.length);
      }
    }
    int from = tear.prefix() ? 0 : block.length() - kept;
    content.write(block.position() + from, block.bytes(), block.from() + from, kept);
  }

  private Map<String, BlockFile> start() {
    Map<String, BlockFile> files = new HashMap<>();
    forced.forEach((name, content) -> files.put(name, content.copy()));
    return files;
  }

  /** Leaves the files that have a directory entry. */
  private DiskImage named(
      Map<String, BlockFile> files, Kind kind, @Nullable RandomGenerator random) {
    Set<String> names = new HashSet<>(entries);
    for (DiskEvent entry : unforcedEntries) {
      boolean kept =
          switch (kind) {
            case DROPPED -> false;
            case SUBSET, TORN -> random != null && random.nextBoolean();
            case HOLE, UNCUT, KEPT -> true;
          };
      if (kept) {
        take(entry, names);
      }
    }
    files.keySet().retainAll(names);
    names.forEach(name -> content(files, name));
    return new DiskImage(files);
  }
}
