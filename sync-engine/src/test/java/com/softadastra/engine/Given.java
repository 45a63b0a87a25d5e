package com.softadastra.engine;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.PatchBody.Notation;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.log.Authority;
import com.softadastra.engine.log.Cause;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.Intent;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.log.Signatures.Purpose;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.engine.space.SignedRecord;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The same keys, replicas and entries for every test, each known by a small number. */
public final class Given {
  public static final long CLOCK = 1_750_000_000_000L;

  private static final Map<Integer, NodeKey> KEYS = new ConcurrentHashMap<>();

  private Given() {}

  public static byte[] filled(int length, int value) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  public static Hash hash(String text) {
    return Hash.sha256(text.getBytes(StandardCharsets.UTF_8));
  }

  public static NodeKey key(int n) {
    return KEYS.computeIfAbsent(n, seed -> new NodeKey(filled(NodeKey.SEED_BYTES, seed)));
  }

  public static Replica replica(int n) {
    return new Replica(key(n).nodeId(), Incarnation.of(filled(Incarnation.BYTES, n)));
  }

  public static MembershipRecord.Create creation(int creator) {
    return new MembershipRecord.Create(
        key(creator).publicKey(),
        "node " + creator,
        "market",
        CLOCK,
        filled(MembershipRecord.NONCE_BYTES, 7));
  }

  public static SignedRecord signed(MembershipRecord record, NodeKey by) {
    byte[] bytes = record.encode();
    return new SignedRecord(bytes, by.sign(Purpose.MEMBERSHIP, Hash.sha256(bytes)));
  }

  public static SpaceId space(int creator) {
    return new SpaceId(Hash.sha256(creation(creator).encode()));
  }

  public static Change put(String body) {
    return new Change.Put(JsonText.parse(body));
  }

  public static Change patch(Notation notation, String text) {
    return new Change.Patch(notation, JsonText.parse(text));
  }

  public static Operation operation(String id, Change change, Hash... parents) {
    return new Operation("orders", id, List.of(parents), List.of(), change);
  }

  public static Intent intent(String id, Operation... operations) {
    return new Intent(id, null, Priority.NORMAL, null, List.of(operations));
  }

  public static Entry entry(
      SpaceId space,
      Replica author,
      long sequence,
      Hash previous,
      List<Cause> causes,
      Authority authority,
      Intent intent) {
    return new Entry(
        Entry.DATA,
        space,
        author,
        sequence,
        CLOCK + sequence,
        previous,
        causes,
        authority,
        EntryCodec.encode(intent),
        intent);
  }
}
