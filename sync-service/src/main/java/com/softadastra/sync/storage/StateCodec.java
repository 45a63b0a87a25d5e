package com.softadastra.sync.storage;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.cbor.CborReader;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.cbor.CborWriter;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.document.Head;
import com.softadastra.engine.log.DocumentKey;
import java.util.ArrayList;
import java.util.List;

/**
 * A document's state as one column.
 *
 * <pre>
 * state = [1, last position, base: h'32' / null, [* head]]
 * head  = [version: h'32', generation, body: bytes / null, position, saw others: 0 / 1, covers: [* h'32']]
 * </pre>
 */
final class StateCodec {
  private static final int MANY = 1 << 20;
  private static final int BODY_BYTES = 64 << 20;

  private StateCodec() {}

  static byte[] encode(DocumentState state) {
    var out = new CborWriter(512).array(4).unsigned(1).unsigned(state.lastPosition());
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
    return out.toByteArray();
  }

  static DocumentState decode(DocumentKey key, byte[] bytes) {
    var in = new CborReader(bytes);
    in.array(4, 4);
    if (in.unsigned() != 1) {
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
    in.end();
    return new DocumentState(key, heads, base, lastPosition);
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
