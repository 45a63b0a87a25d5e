package com.softadastra.sync.envelope;

import com.softadastra.contracts.peering.Bundles;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.envelope.Envelope;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * Envelopes in a file.
 *
 * <pre>
 * offset  bytes
 *      0     21  "softadastra bundle 1\n"
 *      +      4  the length of an envelope, the most significant byte first
 *      +    that an {@link Envelope}
 *      …         more of them
 *      +      4  the end, so that a file that was cut off can be told: {@link Bundles#END} or
 *                {@link Bundles#END_LACKING}
 * </pre>
 */
final class BundleFile {
  static final byte[] BEGIN = "softadastra bundle 1\n".getBytes(StandardCharsets.US_ASCII);

  private BundleFile() {}

  static byte[] end(boolean lacks) {
    return number(lacks ? Bundles.END_LACKING : Bundles.END);
  }

  private static byte[] number(int number) {
    return ByteBuffer.allocate(4).putInt(number).array();
  }

  static byte[] framed(Envelope envelope) {
    byte[] bytes = envelope.encode();
    var out = new ByteArrayOutputStream(bytes.length + 4);
    out.writeBytes(number(bytes.length));
    out.writeBytes(bytes);
    return out.toByteArray();
  }

  /** Reads such a file, one envelope after the other. */
  static final class Reader {
    private final DataInputStream in;
    private boolean lacks;

    /**
     * @throws Malformed where it begins otherwise
     */
    Reader(InputStream in) throws IOException {
      this.in = new DataInputStream(in);
      if (!Arrays.equals(this.in.readNBytes(BEGIN.length), BEGIN)) {
        throw new Malformed("a file that is no bundle");
      }
    }

    /** Whether its maker left out what it couldn't read; known at the end. */
    boolean lacks() {
      return lacks;
    }

    /**
     * The next; empty at the end.
     *
     * @throws Malformed where it is none, or the file is cut off
     */
    Optional<Envelope> next() throws IOException {
      try {
        int length = in.readInt();
        if (length == Bundles.END || length == Bundles.END_LACKING) {
          lacks = length == Bundles.END_LACKING;
          return Optional.empty();
        }
        if (length < 0 || length > Envelope.MOST_BYTES) {
          throw new Malformed("an envelope of impossible length");
        }
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
          throw new EOFException();
        }
        return Optional.of(Envelope.decode(bytes));
      } catch (EOFException _) {
        throw new Malformed("a bundle that was cut off");
      }
    }
  }
}
