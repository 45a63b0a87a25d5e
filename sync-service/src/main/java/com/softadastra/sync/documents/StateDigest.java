package com.softadastra.sync.documents;

import com.softadastra.contracts.Base32;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.SpaceDigest;
import com.softadastra.engine.cbor.CborWriter;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.space.Definitions;
import com.softadastra.sync.storage.Readers;
import java.sql.SQLException;

/**
 * SHA-256 over all documents of a space, definitions and sequences included, in the order of
 * collection and id, each in CBOR as
 *
 * <pre>
 * [collection, id, [* head], conflict / null]
 * </pre>
 *
 * and in a collection that was declared as
 *
 * <pre>
 * [collection, id, [* head], conflict / null, hash of the body / null, [* [loser, state]]]
 * </pre>
 *
 * Elsewhere bodies needn't be in it: a version is the hash of what made them.
 */
final class StateDigest {
  private StateDigest() {}

  static SpaceDigest of(SpaceId space, long entries, Readers.Reader reader) throws SQLException {
    var digest = Hash.newSha256();
    digest.update(space.hash().bytes());
    long documents = 0;
    long conflicts = 0;
    for (var collection : reader.collections(space)) {
      boolean own = Operation.isReserved(collection);
      boolean defined = Definitions.current(space, collection, reader).name() != null;
      try (var select =
          reader
              .connection()
              .prepareStatement(
                  "select id, live, state, crc from document where collection_no = ? order by id")) {
        select.setInt(1, reader.collectionNo(space, collection).orElseThrow());
        select.setFetchSize(1000);
        try (var row = select.executeQuery()) {
          while (row.next()) {
            var key = new DocumentKey(space, collection, row.getString(1));
            var state = reader.state(key, row.getBoolean(2), row.getBytes(3), row.getInt(4));
            if (!state.exists()) {
              continue;
            }
            var conflict = state.conflict().orElse(null);
            boolean declared = own || defined;
            var out =
                new CborWriter(256)
                    .array(declared ? 6 : 4)
                    .text(collection)
                    .text(key.id())
                    .array(state.heads().size());
            state.headVersions().forEach(version -> out.bytes(version.bytes()));
            out.bytesOrNull(conflict == null ? null : conflict.bytes());
            if (declared) {
              decided(state, out);
            }
            digest.update(out.toByteArray());
            documents += own || state.deleted() ? 0 : 1;
            conflicts += own || !state.disputed() ? 0 : 1;
          }
        }
      }
    }
    return new SpaceDigest(Base32.encode(digest.digest()), entries, documents, conflicts);
  }

  private static void decided(DocumentState state, CborWriter out) {
    var body = state.body();
    out.bytesOrNull(body == null ? null : Hash.sha256(body.utf8()).bytes());
    out.array(state.decided().size());
    for (var conflict : state.decided()) {
      out.array(2).bytes(conflict.loser().bytes()).unsigned(conflict.state().ordinal());
    }
  }
}
