package com.softadastra.engine.envelope;

import com.softadastra.engine.cbor.CborReader;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.cbor.CborWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * What is in an envelope: what its sender would say in a session, one side of it.
 *
 * <pre>
 * contents = [1* frame: bytes]
 * </pre>
 *
 * Each envelope can be understood alone. Its first frames are a hello that names one space, the
 * membership of that space and a summary.
 */
public final class Contents {
  /** Frames of one envelope: those it begins with, and some for each that brings something. */
  public static final int FRAMES = 4096;

  private Contents() {}

  public static byte[] encode(List<byte[]> frames) {
    int bytes = frames.stream().mapToInt(frame -> frame.length + 5).sum();
    var out = new CborWriter(bytes + 5).array(frames.size());
    frames.forEach(out::bytes);
    return out.toByteArray();
  }

  /**
   * @throws Malformed where the bytes are no such list
   */
  public static List<byte[]> decode(byte[] bytes) {
    var in = new CborReader(bytes);
    int count = in.array(1, FRAMES);
    var frames = new ArrayList<byte[]>(Math.min(count, 64));
    for (int i = 0; i < count; i++) {
      frames.add(in.bytes(Envelope.BYTES));
    }
    in.end();
    return frames;
  }
}
