package com.softadastra.system.benchmark;

import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.guard.FailStop;
import com.softadastra.sync.guard.GuardSettings;
import com.softadastra.sync.storage.Birth;
import com.softadastra.sync.storage.RecordingSettings;
import com.softadastra.sync.storage.Storage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Collections;
import java.util.List;

/** The recording of a node without the node around it, in a space that has a second member. */
final class EngineSubject implements Subject {
  private final SecureRandom random = new SecureRandom();
  private final Storage storage;
  private final SpaceId space;

  EngineSubject(Path directory) throws Exception {
    Files.createDirectories(directory);
    var key = new NodeKey(draw(NodeKey.SEED_BYTES));
    storage =
        Storage.open(
            directory.resolve("storage").toString(),
            key,
            _ -> new Birth(Incarnation.of(draw(Incarnation.BYTES)), 0),
            RecordingSettings.DEFAULT,
            GuardSettings.production(),
            Clock.systemUTC(),
            directory.toFile()::getUsableSpace,
            FailStop.halting());
    var membership = membership(key, new NodeKey(draw(NodeKey.SEED_BYTES)));
    space = membership.space();
    var recording = storage.recording();
    recording
        .administer(() -> {
          recording.createSpace("shop", membership);
          return true;
        })
        .get();
  }

  private Membership membership(NodeKey creator, NodeKey other) {
    long now = Clock.systemUTC().millis();
    var create =
        new MembershipRecord.Create(
            creator.publicKey(), "a", "shop", now, draw(MembershipRecord.NONCE_BYTES));
    var alone = new Membership(List.of(SpaceNames.sign(create, creator)));
    var grant = alone.grant(creator.nodeId(), other.publicKey(), "b", Role.WRITER, now);
    return alone.with(List.of(SpaceNames.sign(grant, creator)));
  }

  private byte[] draw(int bytes) {
    var drawn = new byte[bytes];
    random.nextBytes(drawn);
    return drawn;
  }

  private void write(long number) throws Exception {
    var id = Order.id(number);
    var put =
        new OperationRequest(OperationKind.PUT, "orders", id, Order.body(id), null, Condition.ANY);
    var intent = new IntentRequest("shop", null, null, Priority.NORMAL, List.of(put));
    storage.recording().submit(space, intent).get();
  }

  @Override
  public String name() {
    return "Softadastra, below HTTP";
  }

  @Override
  public List<Client> clients() {
    return Collections.nCopies(Load.MOST, this::write);
  }

  @Override
  public long bytes() {
    var counters = storage.database().guard().counters();
    return storage.redoBytes() + counters.journalBytes() + counters.dataBytes();
  }

  /** What the other member has not got yet. */
  long backlog() {
    return storage
        .readers()
        .answer(reader -> {
          try (var select = reader.connection().createStatement();
              var row = select.executeQuery("select count(*) from outbox")) {
            row.next();
            return row.getLong(1);
          }
        });
  }

  @Override
  public void close() {
    storage.close();
  }
}
