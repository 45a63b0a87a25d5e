package com.softadastra.edge.blob;

import com.softadastra.contracts.Hash;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name of a blob: the SHA-256 of all its bytes, written as 64 hexadecimal digits in lower case.
 */
public record BlobId(Hash hash) {
  private static final Pattern FORM = Pattern.compile("[0-9a-f]{64}");

  /** Empty unless it is the name of a blob, to the letter. */
  public static Optional<BlobId> parse(String text) {
    return FORM.matcher(text).matches()
        ? Optional.of(new BlobId(Hash.of(HexFormat.of().parseHex(text))))
        : Optional.empty();
  }

  /** Of these bytes. */
  public static BlobId of(byte[] bytes) {
    return new BlobId(Hash.sha256(bytes));
  }

  @Override
  public String toString() {
    return HexFormat.of().formatHex(hash.bytes());
  }
}
