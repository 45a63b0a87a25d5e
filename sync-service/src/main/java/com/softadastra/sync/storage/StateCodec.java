package com.softadastra.sync.storage;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.cbor.CborReader;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.cbor.CborWriter;
import com.softadastra.engine.document.Decided;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.document.Head;
import com.softadastra.engine.log.DocumentKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A document's state as one column.
 *
 * <pre>
 * state    = [1, last position, base: h'32' / null, [* head]]
 *          / [2, last position, base: h'32' / null, [* head], merged: [body: bytes / null] / null, [* decided]]
 * head     = [version: h'32', generation, body: bytes / null, position, saw others: 0 / 1, covers: [* h'32']]
 * decided  = [loser: h'32', winner: h'32', [* field: text], standing]
 * </pre>
 *
 * The second is of documents for which a policy has decided something.
 */
final class StateCodec {
  private static final int MANY = 1 << 20;
  private static final int BODY_BYTES = 64 << 20;
  private static final int FIELD_BYTES = 16 << 20;

  private StateCodec() {}

  static byte[] encode(DocumentState state) {
    boolean kept = state.merged() == null && state.decided().isEmpty();
    var out = new CborWriter(512).array(kept ? 4 : 6).unsigned(kept ? 1 : 2);
    out.unsigned(state.lastPosition());
    var base = state.base();
    out.bytesOrNull(base == null ? null : base.bytes()).array(state.heads().size());
    for (var head : state.heads()) {
      var body = head.body();
      out.array(6).bytes(head.version().bytes()).unsigned(head.generation());
      out.bytesOrNull(body == null ? null : body.utf8())
          .unsigned(head.position())
          .unsigned(head.sawOthers() ? 1 : 0);
      hashes(head.covers(), out);
    }
    if (!kept) {
      merged(state.merged(), out);
      decided(state.decided(), out);
    }
    return out.toByteArray();
  }

  private static void merged(DocumentState.@Nullable Merged merged, CborWriter out) {
    if (merged == null) {
      out.nil();
    } else {
      var body = merged.body();
      out.array(1).bytesOrNull(body == null ? null : body.utf8());
    }
  }

  private static void decided(List<Decided> decided, CborWriter out) {
    out.array(decided.size());
    for (var conflict : decided) {
      out.array(4).bytes(conflict.loser().bytes()).bytes(conflict.winner().bytes());
      out.array(conflict.fields().size());
      conflict.fields().forEach(out::text);
      out.unsigned(conflict.standing().ordinal());
    }
  }

  static DocumentState decode(DocumentKey key, byte[] bytes) {
    var in = new CborReader(bytes);
    int items = in.array(4, 6);
    if (in.unsigned() != (items == 4 ? 1 : 2) || items == 5) {
      throw new Malformed("another format of a document's state");
    }
    long lastPosition = in.unsigned();
    Hash base = in.skipNull() ? null : Hash.of(in.bytesExactly(Hash.BYTES));
    int count = in.array(0, MANY);
    var heads = new ArrayList<Head>();
    for (int i = 0; i < count; i++) {
      in.array(6, 6);
      var version = Hash.of(in.bytesExactly(Hash.BYTES));
      int generation = in.unsigned(Integer.MAX_VALUE);
      byte[] body = in.bytesOrNull(BODY_BYTES);
      long position = in.unsigned();
      boolean sawOthers = in.unsigned(1) == 1;
      heads.add(
          new Head(
              version,
              generation,
              body == null ? null : JsonText.ofUtf8(body),
              position,
              sawOthers,
              hashes(in)));
    }
    var merged = items == 4 || in.skipNull() ? null : merged(in);
    var decided = items == 4 ? List.<Decided>of() : decided(in);
    in.end();
    return new DocumentState(key, heads, base, lastPosition, merged, decided);
  }

  private static DocumentState.Merged merged(CborReader in) {
    in.array(1, 1);
    byte[] body = in.bytesOrNull(BODY_BYTES);
    return new DocumentState.Merged(body == null ? null : JsonText.ofUtf8(body));
  }

  private static List<Decided> decided(CborReader in) {
    int count = in.array(0, MANY);
    var decided = new ArrayList<Decided>();
    for (int i = 0; i < count; i++) {
      in.array(4, 4);
      var loser = Hash.of(in.bytesExactly(Hash.BYTES));
      var winner = Hash.of(in.bytesExactly(Hash.BYTES));
      int fields = in.array(0, MANY);
      var names = new ArrayList<String>();
      for (int field = 0; field < fields; field++) {
        names.add(in.text(FIELD_BYTES));
      }
      var standing = Decided.Standing.values()[in.unsigned(Decided.Standing.values().length - 1)];
      decided.add(new Decided(loser, winner, names, standing));
    }
    return decided;
  }

  static void hashes(List<Hash> hashes, CborWriter out) {
    out.array(hashes.size());
    hashes.forEach(hash -> out.bytes(hash.bytes()));
  }

  static List<Hash> hashes(CborReader in) {
    int count = in.array(0, MANY);
    var hashes = new ArrayList<Hash>();
    for (int i = 0; i < count; i++) {
      hashes.add(Hash.of(in.bytesExactly(Hash.BYTES)));
    }
    return hashes;
  }
}
