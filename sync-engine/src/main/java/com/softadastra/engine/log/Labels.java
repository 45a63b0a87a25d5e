package com.softadastra.engine.log;

import com.softadastra.engine.cbor.CborReader;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.cbor.CborWriter;
import java.util.ArrayList;
import java.util.List;

/** The bytes of a member's labels: an array of text, sorted, each once, not empty. */
public final class Labels {
  /** More than this many no member has. */
  public static final int MOST = 16;

  private static final int BYTES = 63;

  private Labels() {}

  public static void encode(List<String> labels, CborWriter out) {
    out.array(labels.size());
    labels.forEach(out::text);
  }

  /**
   * @throws Malformed where they are not in that form
   */
  public static List<String> decode(CborReader in) {
    int count = in.array(1, MOST);
    var labels = new ArrayList<String>(count);
    for (int i = 0; i < count; i++) {
      var label = in.text(BYTES);
      if (label.isEmpty() || (i > 0 && labels.getLast().compareTo(label) >= 0)) {
        throw new Malformed("labels out of order");
      }
      labels.add(label);
    }
    return labels;
  }
}
