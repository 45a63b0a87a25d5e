package com.softadastra.engine.space;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.Signatures;
import com.softadastra.engine.log.Signatures.Purpose;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Tells which entries of a batch are genuine, without looking at the storage: each must be signed
 * by its author, or be followed in the batch by one that is, which vouches for all before it. So a
 * batch may hold several runs of one author, which need not join. What is not genuine is refused
 * from that entry on; the rest of the batch stands.
 */
public final class BatchCheck {
  private BatchCheck() {}

  /** An entry as it comes off the wire. */
  public record Offered(byte[] bytes, byte @Nullable [] signature) {}

  /**
   * What a batch holds.
   *
   * @param genuine in the order of the batch
   * @param refused the reason by author
   */
  public record Checked(List<ReceivedEntry> genuine, Map<Replica, String> refused) {}

  /**
   * @param keys the raw public key of a member, null for anyone else
   * @param stored whether an entry is known to be genuine, and all before it: that needs no proof
   * @throws Malformed where the batch holds something that is no entry of this space, so that its
   *     author can't be told
   */
  public static Checked check(
      SpaceId space,
      List<Offered> batch,
      Function<NodeId, byte @Nullable []> keys,
      Predicate<ReceivedEntry> stored) {
    var decoded = new LinkedHashMap<Hash, ReceivedEntry>();
    var bad = new HashSet<Hash>();
    var refused = new LinkedHashMap<Replica, String>();
    for (var offered : batch) {
      var entry = EntryCodec.decode(offered.bytes());
      if (!entry.space().equals(space)) {
        throw new Malformed("an entry of another space");
      }
      var received =
          new ReceivedEntry(
              entry, offered.bytes(), Hash.sha256(offered.bytes()), offered.signature());
      var wrong = wrong(received, decoded.get(entry.previous()), keys, stored);
      if (wrong != null) {
        refused.putIfAbsent(entry.author(), wrong);
      }
      if (wrong != null || bad.contains(entry.previous())) {
        bad.add(received.hash());
      } else {
        decoded.put(received.hash(), received);
      }
    }
    var vouched = new HashSet<Hash>();
    for (var received : List.copyOf(decoded.values()).reversed()) {
      if (received.signature() != null || vouched.contains(received.hash())) {
        vouched.add(received.hash());
        vouched.add(received.entry().previous());
      } else {
        refused.putIfAbsent(
            received.entry().author(),
            "not signed by its author at " + received.entry().sequence());
      }
    }
    var genuine = decoded.values().stream().filter(r -> vouched.contains(r.hash())).toList();
    return new Checked(genuine, Map.copyOf(refused));
  }

  private static @Nullable String wrong(
      ReceivedEntry received,
      @Nullable ReceivedEntry before,
      Function<NodeId, byte @Nullable []> keys,
      Predicate<ReceivedEntry> stored) {
    var entry = received.entry();
    if (before != null
        && (!before.entry().author().equals(entry.author())
            || before.entry().sequence() + 1 != entry.sequence())) {
      return "chain broken at " + entry.sequence();
    }
    if (received.signature() == null || stored.test(received)) {
      return null;
    }
    byte[] key = keys.apply(entry.author().node());
    if (key == null) {
      return "its author is no member";
    }
    return Signatures.verify(Purpose.ENTRY, received.hash(), received.signature(), key)
        ? null
        : "wrong signature at " + entry.sequence();
  }
}
