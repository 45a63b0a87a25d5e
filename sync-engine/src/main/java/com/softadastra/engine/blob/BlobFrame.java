package com.softadastra.engine.blob;

import com.softadastra.contracts.Hash;
import com.softadastra.engine.cbor.CborReader;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.cbor.CborWriter;
import java.util.List;

/**
 * A message between a node that lacks a blob and one that may have it: one CBOR array each, its
 * kind first. The first asks once; the other says what it finds, and then sends pieces up to the
 * end. The first piece ends where a chunk of {@value #CHUNK_BYTES} bytes of the blob ends, each
 * other one is a chunk, and the last one may be shorter.
 *
 * <pre>
 * of who asks
 *   ask   = [0, version, blob: h'32', from]
 * of who has it
 *   found = [1, total]
 *   piece = [2, bytes]
 * of who hasn't, or doesn't say
 *   none  = [3]
 * </pre>
 */
public sealed interface BlobFrame {
  int VERSION = 1;

  int CHUNK_BYTES = 256 << 10;

  /** How many items a frame has, by its kind. */
  List<Integer> ITEMS = List.of(4, 2, 2, 1);

  /**
   * Who sends it lacks the blob from there on.
   *
   * @param blob the SHA-256 of all its bytes
   * @param from the first byte that is lacking
   */
  record Ask(Hash blob, long from) implements BlobFrame {}

  /**
   * It is here.
   *
   * @param total its bytes
   */
  record Found(long total) implements BlobFrame {}

  /** What comes next of it. */
  record Piece(byte[] bytes) implements BlobFrame {}

  /** It isn't here for who asks. */
  record None() implements BlobFrame {}

  default byte[] encode() {
    return switch (this) {
      case Ask(var blob, var from) ->
          new CborWriter(64)
              .array(4)
              .unsigned(0)
              .unsigned(VERSION)
              .bytes(blob.bytes())
              .unsigned(from)
              .toByteArray();
      case Found(var total) ->
          new CborWriter(16).array(2).unsigned(1).unsigned(total).toByteArray();
      case Piece(var bytes) ->
          new CborWriter(bytes.length + 8).array(2).unsigned(2).bytes(bytes).toByteArray();
      case None() -> new CborWriter(4).array(1).unsigned(3).toByteArray();
    };
  }

  /**
   * @throws Malformed where the bytes are no such frame, or beyond the bounds
   */
  static BlobFrame decode(byte[] bytes) {
    var in = new CborReader(bytes);
    int items = in.array(1, 4);
    int kind = in.unsigned(ITEMS.size() - 1);
    if (items != ITEMS.get(kind)) {
      throw new Malformed("a frame of blobs of kind " + kind + " with " + items + " items");
    }
    BlobFrame frame =
        switch (kind) {
          case 0 -> {
            if (in.unsigned() != VERSION) {
              throw new Malformed("another version of blobs");
            }
            yield new Ask(Hash.of(in.bytesExactly(Hash.BYTES)), in.unsigned());
          }
          case 1 -> new Found(in.unsigned());
          case 2 -> new Piece(in.bytes(CHUNK_BYTES));
          default -> new None();
        };
    in.end();
    return frame;
  }
}
