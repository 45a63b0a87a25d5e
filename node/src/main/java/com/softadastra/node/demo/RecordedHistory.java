package com.softadastra.node.demo;

import com.softadastra.node.demo.RecordedChange.RecordedOperation;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Who changed which document when, on top of what.
 *
 * @param changes in an order in which parents come first
 */
record RecordedHistory(List<RecordedChange> changes) {
  private static final String SLICE = "real-edits-slice.jsonl.gz";
  private static final int GZIP_MAGIC = 0x1f8b;

  /** The longest line; a packed file may hold any. */
  static final int LINE_CHARACTERS = 1 << 20;

  /** The file can't be read, or isn't a history; the message says where. */
  static final class UnreadableHistory extends Exception {
    private static final long serialVersionUID = 1;

    UnreadableHistory(String message) {
      super(message, null, false, false);
    }
  }

  /** The slice that comes with the program. */
  static RecordedHistory slice(int most) throws UnreadableHistory {
    try (var in = RecordedHistory.class.getResourceAsStream(SLICE)) {
      return read(Objects.requireNonNull(in, SLICE), most);
    } catch (IOException e) {
      throw new UnreadableHistory(SLICE + ": " + e.getMessage());
    }
  }

  /**
   * @param file one change a line, plain or gzipped
   * @param most how many changes to take, the first ones
   */
  static RecordedHistory of(Path file, int most) throws UnreadableHistory {
    try (var in = Files.newInputStream(file)) {
      return read(in, most);
    } catch (NoSuchFileException _) {
      throw new UnreadableHistory("There is no file " + file + ".");
    } catch (IOException e) {
      throw new UnreadableHistory("The file " + file + " can't be read: " + e.getMessage() + ".");
    }
  }

  private static RecordedHistory read(InputStream in, int most)
      throws IOException, UnreadableHistory {
    var json = JsonMapper.shared();
    var changes = new ArrayList<RecordedChange>();
    var positions = new HashMap<Integer, Integer>();
    var lines = new BufferedReader(new InputStreamReader(plain(in), StandardCharsets.UTF_8));
    for (String line; changes.size() < most && (line = line(lines)) != null; ) {
      int position = changes.size();
      try {
        var change = change(position, json.readTree(line), positions);
        positions.put(change.id(), position);
        changes.add(change);
      } catch (JacksonException e) {
        throw new UnreadableHistory("Line " + (position + 1) + " of the input is no change.");
      }
    }
    if (changes.isEmpty()) {
      throw new UnreadableHistory("The input has no changes.");
    }
    return new RecordedHistory(List.copyOf(changes));
  }

  private static @Nullable String line(BufferedReader lines) throws IOException, UnreadableHistory {
    var line = new StringBuilder();
    for (int c = lines.read(); c != '\n'; c = lines.read()) {
      if (c < 0) {
        return line.isEmpty() ? null : line.toString();
      }
      if (line.length() == LINE_CHARACTERS) {
        throw new UnreadableHistory("A line of the input is too long.");
      }
      line.append((char) c);
    }
    return line.toString();
  }

  private static InputStream plain(InputStream in) throws IOException {
    var buffered = new BufferedInputStream(in);
    buffered.mark(2);
    int magic = buffered.read() << 8 | buffered.read();
    buffered.reset();
    return magic == GZIP_MAGIC ? new GZIPInputStream(buffered) : buffered;
  }

  private static RecordedChange change(int position, JsonNode line, Map<Integer, Integer> positions)
      throws UnreadableHistory {
    int id = line.required("id").asInt();
    var parents = new ArrayList<Integer>();
    for (var parent : line.required("parents")) {
      var known = positions.get(parent.asInt());
      if (known == null) {
        throw new UnreadableHistory(
            "Change " + id + " of the input comes before its parent " + parent.asInt() + ".");
      }
      parents.add(known);
    }
    var operations = new ArrayList<RecordedOperation>();
    for (var operation : line.required("ops")) {
      operations.add(
          new RecordedOperation(
              operation.required("op").asString().equals("delete"),
              operation.required("doc").asString(),
              operation.required("version").asString(),
              operation.path("added").asInt(-1),
              operation.path("removed").asInt(-1)));
    }
    return new RecordedChange(
        position,
        id,
        List.copyOf(parents),
        line.required("author").asInt(),
        line.required("at").asLong(),
        List.copyOf(operations));
  }

  RecordedChange change(int position) {
    return changes.get(position);
  }

  int size() {
    return changes.size();
  }

  /** How many changes do something, and so are recorded. */
  int effective() {
    return (int) changes.stream().filter(change -> !change.operations().isEmpty()).count();
  }

  int operations() {
    return changes.stream().mapToInt(change -> change.operations().size()).sum();
  }

  int documents() {
    return (int)
        changes.stream()
            .flatMap(change -> change.operations().stream())
            .map(RecordedOperation::document)
            .distinct()
            .count();
  }

  int authors() {
    return (int) changes.stream().mapToInt(RecordedChange::author).distinct().count();
  }
}
