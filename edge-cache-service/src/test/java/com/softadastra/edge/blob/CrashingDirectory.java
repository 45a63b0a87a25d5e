package com.softadastra.edge.blob;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Tells what a loss of power before and after each step would leave. A file surely holds what it
 * held when it was forced last; of the rest all, nothing, or the length with zeros may be there.
 * Names are sure when they were forced; of the changes since any beginning, or the last one alone,
 * may be there.
 */
final class CrashingDirectory extends BlobDirectory {
  private final Path path;
  private final ImageCheck check;

  /** What files held when they were forced, by a number that a file keeps over renames. */
  private final Map<Integer, byte[]> forced = new HashMap<>();

  private final Map<String, Integer> files = new TreeMap<>();
  private Map<String, Integer> forcedNames = new TreeMap<>();

  /** After each change since the names were forced. */
  private final List<Map<String, Integer>> changes = new ArrayList<>();

  private int next;
  private int images;

  /** Looks at what a crash left. */
  interface ImageCheck {
    void check(Map<String, byte[]> image) throws IOException;
  }

  CrashingDirectory(Path path, ImageCheck check) {
    super(path);
    this.path = path;
    this.check = check;
  }

  int images() {
    return images;
  }

  private interface Step {
    void run() throws IOException;
  }

  private void step(Step step) throws IOException {
    crash();
    step.run();
    crash();
  }

  /** Something was acknowledged. */
  void crash() throws IOException {
    var names = new HashSet<Map<String, Integer>>(changes);
    names.add(forcedNames);
    if (!changes.isEmpty()) {
      names.add(lastAlone());
    }
    for (var named : names) {
      for (var content : Content.values()) {
        Map<String, byte[]> image = new TreeMap<>();
        for (var file : named.entrySet()) {
          image.put(file.getKey(), content(file.getValue(), content));
        }
        images++;
        check.check(image);
      }
    }
  }

  private enum Content {
    FORCED,
    ALL,
    ZEROS
  }

  private Map<String, Integer> lastAlone() {
    var before = changes.size() > 1 ? changes.get(changes.size() - 2) : forcedNames;
    var after = changes.getLast();
    var image = new TreeMap<>(forcedNames);
    Set<String> gone = new HashSet<>(before.keySet());
    gone.removeAll(after.keySet());
    image.keySet().removeAll(gone);
    after.forEach((name, number) -> {
      if (!number.equals(before.get(name))) {
        image.values().remove(number);
        image.put(name, number);
      }
    });
    return image;
  }

  private byte[] content(int number, Content kind) throws IOException {
    byte[] sure = forced.getOrDefault(number, new byte[0]);
    byte[] all = current(number);
    if (all == null || kind == Content.FORCED) {
      return sure;
    }
    return kind == Content.ALL ? all : Arrays.copyOf(sure, Math.max(sure.length, all.length));
  }

  private byte @Nullable [] current(int number) throws IOException {
    for (var file : files.entrySet()) {
      if (file.getValue() == number) {
        return Files.readAllBytes(path.resolve(file.getKey()));
      }
    }
    return null;
  }

  private void changed() {
    changes.add(new TreeMap<>(files));
  }

  @Override
  FileChannel create(String name) throws IOException {
    crash();
    var file = super.create(name);
    files.put(name, next++);
    changed();
    crash();
    return file;
  }

  @Override
  void force(String name, FileChannel file) throws IOException {
    step(() -> {
      super.force(name, file);
      forced.put(files.get(name), Files.readAllBytes(path.resolve(name)));
    });
  }

  @Override
  void rename(String from, String to) throws IOException {
    step(() -> {
      super.rename(from, to);
      files.put(to, files.remove(from));
      changed();
    });
  }

  @Override
  void delete(String name) throws IOException {
    step(() -> {
      super.delete(name);
      if (files.remove(name) != null) {
        changed();
      }
    });
  }

  @Override
  void forceNames() throws IOException {
    step(() -> {
      super.forceNames();
      forcedNames = new TreeMap<>(files);
      changes.clear();
    });
  }
}
