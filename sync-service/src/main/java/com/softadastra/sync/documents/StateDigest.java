package com.softadastra.sync.documents;

import com.softadastra.contracts.Base32;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.SpaceDigest;
import com.softadastra.engine.cbor.CborWriter;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.sync.storage.Readers;
import java.sql.SQLException;

/**
 * SHA-256 over all documents of a space, in the order of collection and id, each as {@code
 * [collection, id, [* head], conflict / null]} in CBOR. Bodies needn't be in it: a version is the
 * hash of what made them.
 */
final class StateDigest {
  private StateDigest() {}

  static SpaceDigest of(SpaceId space, long entries, Readers.Reader reader) throws SQLException {
    var digest = Hash.newSha256();
    digest.update(space.hash().bytes());
    long documents = 0;
    long conflicts = 0;
    for (var collection : reader.collections(space)) {
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
            var out =
                new CborWriter(256)
                    .array(4)
                    .text(collection)
                    .text(key.id())
                    .array(state.heads().size());
            state.headVersions().forEach(version -> out.bytes(version.bytes()));
            out.bytesOrNull(conflict == null ? null : conflict.bytes());
            digest.update(out.toByteArray());
            documents += state.deleted() ? 0 : 1;
            conflicts += conflict == null ? 0 : 1;
          }
        }
      }
    }
    return new SpaceDigest(Base32.encode(digest.digest()), entries, documents, conflicts);
  }
}
