package com.softadastra.edge.mailbox.h2;

import com.softadastra.disk.DiskImage;
import com.softadastra.disk.ModelDisk;
import com.softadastra.edge.database.EdgeDatabase;
import com.softadastra.edge.mailbox.MailboxStore;
import com.softadastra.edge.mailbox.MailboxStoreContract;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardFileSystem;
import com.softadastra.guard.GuardSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;

/** The store in H2 over the guard, on a disk in memory whose power fails. */
class H2MailboxStoreTest extends MailboxStoreContract {
  private static final FailStop THROWING =
      (file, cause) -> {
        throw new IllegalStateException(file, cause);
      };

  private ModelDisk disk = ModelDisk.register("mailboxes0");
  private int lives;
  private final List<AutoCloseable> earlier = new ArrayList<>();

  @Override
  protected MailboxStore open() {
    var guard =
        GuardFileSystem.register(
            EdgeDatabase.GUARD, GuardSettings.production().withFailStop(THROWING));
    return H2MailboxStore.open(
        "mailboxes" + lives + ":/db", guard, QUOTAS, () -> Long.MAX_VALUE, THROWING);
  }

  @Override
  protected void crash() {
    DiskImage left = disk.image();
    earlier.add(store);
    earlier.add(disk);
    disk = ModelDisk.register("mailboxes" + ++lives, left.copy());
  }

  @Override
  protected <T> T await(CompletableFuture<T> forced) {
    return forced.orTimeout(30, TimeUnit.SECONDS).join();
  }

  @AfterEach
  @Override
  protected void end() throws Exception {
    super.end();
    disk.close();
    for (var each : earlier) {
      each.close();
    }
  }
}
