package com.softadastra.system.benchmark;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;

/** The ceiling: one thread appends 1 KiB for each writer that waits, then forces once for all. */
final class GroupedFileSubject implements Subject {
  private final FileChannel file;
  private final BlockingQueue<CompletableFuture<Void>> waiting =
      new ArrayBlockingQueue<>(Load.MOST);
  private final ByteBuffer records =
      ByteBuffer.allocateDirect(Load.MOST * FileSubject.RECORD_BYTES);
  private final Thread thread = Thread.ofPlatform().name("grouped file").unstarted(this::run);
  private volatile long bytes;

  GroupedFileSubject(Path path) throws IOException {
    file = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    thread.start();
  }

  private void run() {
    var group = new ArrayList<CompletableFuture<Void>>();
    try {
      while (true) {
        group.clear();
        group.add(waiting.take());
        waiting.drainTo(group, Load.MOST - 1);
        file.write(records.clear().limit(group.size() * FileSubject.RECORD_BYTES), bytes);
        file.force(false);
        bytes += (long) group.size() * FileSubject.RECORD_BYTES;
        group.forEach(each -> each.complete(null));
      }
    } catch (IOException e) {
      group.forEach(each -> each.completeExceptionally(e));
    } catch (InterruptedException _) {
      // closed; nobody writes any more
    }
  }

  private void write(long number) throws Exception {
    var done = new CompletableFuture<Void>();
    waiting.put(done);
    done.get();
  }

  @Override
  public String name() {
    return "a file, a force each group";
  }

  @Override
  public List<Client> clients() {
    return Collections.nCopies(Load.MOST, this::write);
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public void close() throws Exception {
    thread.interrupt();
    thread.join();
    file.close();
  }
}
