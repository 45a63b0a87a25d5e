package com.softadastra.edge.blob;

import com.softadastra.disk.DiskFault;
import com.softadastra.disk.DiskFault.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
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
import org.h2.store.fs.FileBaseDefault;
import org.jspecify.annotations.Nullable;

/**
 * Tells what a loss of power before and after each step would leave. A file surely holds what it
 * held when it was forced last; of the rest all, nothing, or the length with zeros may be there.
 * Names are sure when they were forced; of the changes since any beginning, or the last one alone,
 * may be there. Any call of the disk may fail, of names as one that writes.
 */
final class CrashingDirectory extends BlobDirectory {
  private final Path path;
  private final ImageCheck check;
  private final DiskFault fault;

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

  CrashingDirectory(Path path, ImageCheck check) throws IOException {
    this(path, check, DiskFault.NONE);
  }

  /** What a process before this one has left counts as forced. */
  CrashingDirectory(Path path, ImageCheck check, DiskFault fault) throws IOException {
    super(path);
    this.path = path;
    this.check = check;
    this.fault = fault;
    for (var found : files()) {
      files.put(found.name(), next);
      forced.put(next++, Files.readAllBytes(path.resolve(found.name())));
    }
    forcedNames = new TreeMap<>(files);
  }

  int images() {
    return images;
  }

  private interface Step {
    void run() throws IOException;
  }

  private void step(Kind kind, String file, Step step) throws IOException {
    crash();
    fault.before(kind, file);
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
    fault.before(Kind.WRITE, name);
    var file = super.create(name);
    files.put(name, next++);
    changed();
    crash();
    return new Failing(name, file);
  }

  @Override
  FileChannel write(String name) throws IOException {
    return new Failing(name, super.write(name));
  }

  @Override
  FileChannel read(String name) throws IOException {
    return new Failing(name, super.read(name));
  }

  @Override
  void force(String name, FileChannel file) throws IOException {
    step(
        Kind.FORCE,
        name,
        () -> {
          super.force(name, file);
          forced.put(files.get(name), Files.readAllBytes(path.resolve(name)));
        });
  }

  @Override
  void rename(String from, String to) throws IOException {
    step(
        Kind.WRITE,
        from,
        () -> {
          super.rename(from, to);
          files.put(to, files.remove(from));
          changed();
        });
  }

  @Override
  void delete(String name) throws IOException {
    step(
        Kind.WRITE,
        name,
        () -> {
          super.delete(name);
          if (files.remove(name) != null) {
            changed();
          }
        });
  }

  @Override
  void forceNames() throws IOException {
    step(
        Kind.FORCE,
        "names",
        () -> {
          super.forceNames();
          forcedNames = new TreeMap<>(files);
          changes.clear();
        });
  }

  private final class Failing extends FileBaseDefault {
    private final String name;
    private final FileChannel file;

    Failing(String name, FileChannel file) {
      this.name = name;
      this.file = file;
    }

    @Override
    public int read(ByteBuffer into, long position) throws IOException {
      fault.before(Kind.READ, name);
      return file.read(into, position);
    }

    @Override
    public int write(ByteBuffer from, long position) throws IOException {
      fault.before(Kind.WRITE, name);
      return file.write(from, position);
    }

    @Override
    protected void implTruncate(long size) throws IOException {
      fault.before(Kind.TRUNCATE, name);
      file.truncate(size);
    }

    @Override
    public void force(boolean metaData) throws IOException {
      file.force(metaData);
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    protected void implCloseChannel() throws IOException {
      file.close();
    }
  }
}
