package com.softadastra.simulation.history;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import tools.jackson.databind.json.JsonMapper;

/**
 * Who changed which document when, on top of what; and what that comes to, found from the file
 * alone.
 *
 * @param edits those that changed something, in an order in which each comes after all that its
 *     author had seen
 * @param heads for each document the places of the edits that nobody wrote on top of
 * @param joins how many lines had two or more parents
 */
record History(List<Edit> edits, Map<String, SortedSet<Integer>> heads, int joins) {
  private static final int GZIP = 0x1f8b;

  /**
   * @param in one change a line, as JSON, plain or gzipped
   * @param most how many lines to take, the first ones
   * @throws IOException where it can't be read, or isn't a history
   */
  static History read(InputStream in, int most) throws IOException {
    var edits = new ArrayList<Edit>();
    var seen = new HashMap<Integer, BitSet>();
    var writers = new HashMap<String, List<Integer>>();
    var heads = new TreeMap<String, SortedSet<Integer>>();
    int joins = 0;
    int lines = 0;
    var reader = new BufferedReader(new InputStreamReader(plain(in), StandardCharsets.UTF_8));
    for (String line; lines < most && (line = reader.readLine()) != null; lines++) {
      var change = JsonMapper.shared().readTree(line);
      // the edits, by place, that the author had seen, himself included
      var had = new BitSet();
      for (var parent : change.required("parents")) {
        var before = seen.get(parent.asInt());
        if (before == null) {
          throw new IOException("line " + (lines + 1) + " comes before one of its parents");
        }
        had.or(before);
      }
      joins += change.required("parents").size() > 1 ? 1 : 0;
      int place = edits.size();
      var writes = new ArrayList<Edit.Write>();
      for (var operation : change.required("ops")) {
        var document = operation.required("doc").asString();
        var known = writers.computeIfAbsent(document, _ -> new ArrayList<>());
        writes.add(
            new Edit.Write(
                document,
                operation.required("op").asString().equals("delete")
                    ? null
                    : operation.required("version").asString(),
                newest(known, had, edits, document)));
        known.add(place);
        var standing = heads.computeIfAbsent(document, _ -> new TreeSet<>());
        standing.removeIf(had::get);
        standing.add(place);
      }
      if (!writes.isEmpty()) {
        edits.add(
            new Edit(
                place,
                change.required("author").asInt(),
                change.required("at").asLong(),
                List.copyOf(writes)));
        had.set(place);
      }
      seen.put(change.required("id").asInt(), had);
    }
    return new History(List.copyOf(edits), heads, joins);
  }

  // of the writes of a document that were seen, those that no other of them was made on top of
  private static SortedSet<Integer> newest(
      List<Integer> writers, BitSet had, List<Edit> edits, String document) {
    var newest = new TreeSet<Integer>();
    var beneath = new BitSet();
    for (int writer : writers.reversed()) {
      if (had.get(writer)) {
        if (!beneath.get(writer)) {
          newest.add(writer);
        }
        beneath.set(writer);
        edits.get(writer).writes().stream()
            .filter(write -> write.document().equals(document))
            .forEach(write -> write.on().forEach(beneath::set));
      }
    }
    return newest;
  }

  private static InputStream plain(InputStream in) throws IOException {
    var buffered = new BufferedInputStream(in);
    buffered.mark(2);
    int first = buffered.read() << 8 | buffered.read();
    buffered.reset();
    return first == GZIP ? new GZIPInputStream(buffered) : buffered;
  }

  long conflicts() {
    return heads.values().stream().filter(standing -> standing.size() > 1).count();
  }

  /** How many edits the longest row of them has of which each was made on top of the one before. */
  int depth() {
    int[] depths = new int[edits.size()];
    int most = 0;
    for (var edit : edits) {
      for (var write : edit.writes()) {
        for (int earlier : write.on()) {
          depths[edit.place()] = Math.max(depths[edit.place()], depths[earlier]);
        }
      }
      most = Math.max(most, ++depths[edit.place()]);
    }
    return most;
  }
}
