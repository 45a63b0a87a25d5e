package com.softadastra.engine.space;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.Signatures;
import com.softadastra.engine.log.Signatures.Purpose;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Tells which entries of a batch are genuine, without looking at the storage: each replica's part
 * must be a chain, and end at an entry that its author signed, which vouches for all before it.
 * What is not genuine is refused from that entry on, for that replica; the rest of the batch
 * stands.
 */
public final class BatchCheck {
  private BatchCheck() {}

  /** An entry as it comes off the wire. */
  public record Offered(byte[] bytes, byte @Nullable [] signature) {}

  /**
   * What a batch holds.
   *
   * @param genuine in the order of the batch
   * @param refused the reason by replica
   */
  public record Checked(List<ReceivedEntry> genuine, Map<Replica, String> refused) {}

  /**
   * @param keys the raw public key of a member, null for anyone else
   * @throws Malformed where the batch holds something that is no entry of this space, so that its
   *     author can't be told
   */
  public static Checked check(
      SpaceId space, List<Offered> batch, Function<NodeId, byte @Nullable []> keys) {
    var decoded = new ArrayList<ReceivedEntry>(batch.size());
    var last = new HashMap<Replica, ReceivedEntry>();
    var signedUpTo = new HashMap<Replica, Long>();
    var refused = new HashMap<Replica, String>();
    for (var offered : batch) {
      var entry = EntryCodec.decode(offered.bytes());
      if (!entry.space().equals(space)) {
        throw new Malformed("an entry of another space");
      }
      var author = entry.author();
      if (refused.containsKey(author)) {
        continue;
      }
      var received =
          new ReceivedEntry(
              entry, offered.bytes(), Hash.sha256(offered.bytes()), offered.signature());
      var before = last.get(author);
      if (before != null
          && (before.entry().sequence() + 1 != entry.sequence()
              || !before.hash().equals(entry.previous()))) {
        refused.put(author, "chain broken at " + entry.sequence());
        continue;
      }
      if (received.signature() != null) {
        byte[] key = keys.apply(author.node());
        if (key == null) {
          refused.put(author, "its author is no member");
          continue;
        }
        if (!Signatures.verify(Purpose.ENTRY, received.hash(), received.signature(), key)) {
          refused.put(author, "wrong signature at " + entry.sequence());
          continue;
        }
        signedUpTo.put(author, entry.sequence());
      }
      last.put(author, received);
      decoded.add(received);
    }
    last.forEach((author, entry) -> {
      if (signedUpTo.getOrDefault(author, 0L) < entry.entry().sequence()) {
        refused.putIfAbsent(author, "not signed by its author at " + entry.entry().sequence());
      }
    });
    var genuine =
        decoded.stream()
            .filter(r -> r.entry().sequence() <= signedUpTo.getOrDefault(r.entry().author(), 0L))
            .toList();
    return new Checked(genuine, Map.copyOf(refused));
  }
}
