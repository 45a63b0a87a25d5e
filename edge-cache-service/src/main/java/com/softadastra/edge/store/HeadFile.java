package com.softadastra.edge.store;

import com.softadastra.edge.policy.Headers;
import com.softadastra.edge.policy.ResponseHead;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The bytes of a head file, big-endian:
 *
 * <table>
 *   <tr><th>offset</th><th>bytes</th><th>what</th></tr>
 *   <tr><td>0</td><td>4</td><td>SAH1</td></tr>
 *   <tr><td>4</td><td>4</td><td>CRC-32C of all that follows</td></tr>
 *   <tr><td>8</td><td>8, 4</td><td>length and CRC-32C of the body</td></tr>
 *   <tr><td>20</td><td>8, 4, 8, 4</td><td>when requested and received: seconds since 1970 and ns</td></tr>
 *   <tr><td>44</td><td>4</td><td>status</td></tr>
 *   <tr><td>48</td><td>n</td><td>key</td></tr>
 *   <tr><td></td><td>4, n</td><td>number of header fields; names and values in turn</td></tr>
 *   <tr><td></td><td>4, n</td><td>number of selecting fields; names and values in turn</td></tr>
 * </table>
 *
 * A text is its length in 4 bytes and that many bytes of UTF-8.
 */
final class HeadFile {
  private static final int MAGIC = 0x53414831;
  private static final int CHECKED_FROM = 8;

  private HeadFile() {}

  static byte[] encode(Stored stored) {
    var bytes = new ByteArrayOutputStream(1024);
    var out = new DataOutputStream(bytes);
    var head = stored.head();
    try {
      out.writeInt(MAGIC);
      out.writeInt(0);
      out.writeLong(stored.bytes());
      out.writeInt(stored.checksum());
      write(out, head.requestedAt());
      write(out, head.receivedAt());
      out.writeInt(head.status());
      write(out, stored.key());
      out.writeInt(head.headers().fields().size());
      for (var field : head.headers().fields()) {
        write(out, field.name());
        write(out, field.value());
      }
      out.writeInt(head.selecting().size());
      for (var field : head.selecting().entrySet()) {
        write(out, field.getKey());
        write(out, field.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    byte[] file = bytes.toByteArray();
    ByteBuffer.wrap(file).putInt(4, checksum(file));
    return file;
  }

  /** Empty where it is damaged or of another version. */
  static Optional<Stored> decode(String id, byte[] file) {
    var in = ByteBuffer.wrap(file);
    try {
      if (in.getInt() != MAGIC || in.getInt() != checksum(file)) {
        return Optional.empty();
      }
      long bytes = in.getLong();
      int checksum = in.getInt();
      var requestedAt = instant(in);
      var receivedAt = instant(in);
      int status = in.getInt();
      String key = text(in);
      var fields = new ArrayList<Headers.Field>();
      for (int left = in.getInt(); left > 0; left--) {
        fields.add(new Headers.Field(text(in), text(in)));
      }
      Map<String, String> selecting = new HashMap<>();
      for (int left = in.getInt(); left > 0; left--) {
        selecting.put(text(in), text(in));
      }
      var head = ResponseHead.of(status, new Headers(fields), requestedAt, receivedAt, selecting);
      return Optional.of(new Stored(id, key, head, bytes, checksum));
    } catch (BufferUnderflowException
        | IndexOutOfBoundsException
        | DateTimeException
        | ArithmeticException _) {
      return Optional.empty();
    }
  }

  private static int checksum(byte[] file) {
    var crc = new CRC32C();
    crc.update(file, CHECKED_FROM, file.length - CHECKED_FROM);
    return (int) crc.getValue();
  }

  private static void write(DataOutputStream out, Instant instant) throws IOException {
    out.writeLong(instant.getEpochSecond());
    out.writeInt(instant.getNano());
  }

  private static Instant instant(ByteBuffer in) {
    return Instant.ofEpochSecond(in.getLong(), in.getInt());
  }

  private static void write(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static String text(ByteBuffer in) {
    int length = in.getInt();
    if (length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    String text = new String(in.array(), in.position(), length, StandardCharsets.UTF_8);
    in.position(in.position() + length);
    return text;
  }
}
