package com.softadastra.engine.log;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.PatchBody.Notation;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.JsonReader;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.cbor.CborReader;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.cbor.CborWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of an entry: deterministic CBOR, arrays in a fixed order.
 *
 * <pre>
 * entry     = [1, kind, space: h'32', node: h'32', incarnation: h'16', sequence, clock, previous: h'32',
 *              causes: [* [node, incarnation, sequence, hash: h'32']], authority: authority, payload: bytes]
 * authority = [term, number, grant: h'32' / null] / [term, number, grant, labels: [1* text]]
 * payload   = [id: text, actor: text / null, priority, command: text / null, operations: [1* operation]]   ; kind 1
 *           / no bytes                                                                                     ; kind 2
 * operation = [collection: text, id: text, definition: [generation, hash: h'32'] / null, parents: [* h'32'],
 *              seen: [* h'32'], change]
 * change    = [0, body: bytes] / [1, notation, patch: bytes] / [2] / [3, difference: bytes, of: h'32']
 *           / [4, conflict: h'32', restoring: change]                               ; of 0, 1 by field, or 2
 * hash      = SHA-256(entry)
 * version   = SHA-256(["softadastra.version.1", space, collection, id, parents, change, intent id])
 * branch    = SHA-256(["softadastra.branch.1", incarnation, hash])[0..16]
 * </pre>
 *
 * Bodies and patches are canonical JSON in UTF-8. {@code definition} names what the operation was
 * made under; it is null for collections that were never declared, and in the collection that holds
 * the definitions, where each change is a put. A branch is named by its author's incarnation and
 * its first entry.
 */
public final class EntryCodec {
  /** Fewer bytes than any entry has: its hashes and identifiers alone are so many. */
  public static final int LEAST_BYTES = 3 * Hash.BYTES + Incarnation.BYTES;

  private static final int FORMAT = 1;

  private EntryCodec() {}

  public static byte[] encode(Entry entry) {
    var out = new CborWriter(entry.payload().length + 256 + entry.causes().size() * 96);
    out.array(11).unsigned(FORMAT).unsigned(entry.kind());
    out.bytes(entry.space().hash().bytes());
    replica(entry.author(), out)
        .unsigned(entry.sequence())
        .unsigned(entry.clock())
        .bytes(entry.previous().bytes());
    out.array(entry.causes().size());
    for (var cause : entry.causes()) {
      out.array(4);
      replica(cause.dot().replica(), out)
          .unsigned(cause.dot().sequence())
          .bytes(cause.hash().bytes());
    }
    var grant = entry.authority().grant();
    var labels = entry.authority().labels();
    out.array(labels.isEmpty() ? 3 : 4)
        .unsigned(entry.authority().term())
        .unsigned(entry.authority().number());
    out.bytesOrNull(grant == null ? null : grant.bytes());
    if (!labels.isEmpty()) {
      Labels.encode(labels, out);
    }
    return out.bytes(entry.payload()).toByteArray();
  }

  public static byte[] encode(Intent intent) {
    int expected = 64;
    for (var operation : intent.operations()) {
      expected += 160 + operation.id().length() + bodyLength(operation.change());
    }
    var out = new CborWriter(expected);
    out.array(5).text(intent.id()).textOrNull(intent.actor()).unsigned(intent.priority().ordinal());
    out.textOrNull(intent.command() == null ? null : intent.command().text())
        .array(intent.operations().size());
    for (var operation : intent.operations()) {
      out.array(6).text(operation.collection()).text(operation.id());
      definition(operation.definition(), out);
      hashes(operation.parents(), out);
      hashes(operation.seen(), out);
      change(operation.change(), out);
    }
    return out.toByteArray();
  }

  /**
   * @throws Malformed where the bytes are not an entry, not in the one form of it, or beyond the
   *     hard bounds
   */
  public static Entry decode(byte[] bytes) {
    return decode(bytes, EntryCodec::canonical);
  }

  /**
   * Of bytes that {@link #decode} took before and that a checksum vouches for: the JSON in them is
   * not read again.
   */
  public static Entry decodeKept(byte[] bytes) {
    return decode(bytes, JsonText::ofUtf8);
  }

  private static Entry decode(byte[] bytes, Function<byte[], JsonText> json) {
    if (bytes.length > Bounds.ENTRY_BYTES) {
      throw new Malformed("entry of " + bytes.length + " bytes");
    }
    var in = new CborReader(bytes);
    in.array(11, 11);
    if (in.unsigned() != FORMAT) {
      throw new Malformed("another entry format");
    }
    int kind = in.unsigned(Integer.MAX_VALUE);
    var space = new SpaceId(Hash.of(in.bytesExactly(Hash.BYTES)));
    var author = replica(in);
    long sequence = positive(in);
    long clock = in.unsigned();
    var previous = Hash.of(in.bytesExactly(Hash.BYTES));
    var causes = causes(in, author);
    int items = in.array(3, 4);
    long term = in.unsigned();
    long number = in.unsigned();
    byte[] grant = in.bytesOrNull(Hash.BYTES);
    var authority =
        new Authority(
            term,
            number,
            grant == null ? null : Hash.of(grant32(grant)),
            items == 4 ? Labels.decode(in) : List.of());
    byte[] payload = in.bytes(Bounds.ENTRY_BYTES);
    in.end();
    if (kind == Entry.OBSERVATION && payload.length > 0) {
      throw new Malformed("an observation with a payload");
    }
    var intent = kind == Entry.DATA ? intent(payload, json) : null;
    return new Entry(
        kind, space, author, sequence, clock, previous, causes, authority, payload, intent);
  }

  /** The version that an operation makes of its document. */
  public static Hash version(SpaceId space, Operation operation, String intentId) {
    var out = new CborWriter(256 + operation.id().length() + bodyLength(operation.change()));
    out.array(7).text("softadastra.version.1").bytes(space.hash().bytes());
    out.text(operation.collection()).text(operation.id());
    hashes(operation.parents(), out);
    change(operation.change(), out);
    out.text(intentId);
    return Hash.sha256(out.toByteArray());
  }

  /**
   * The name of a branch of an author's chain.
   *
   * @param first the hash of the branch's first entry
   */
  public static Replica branch(Replica author, Hash first) {
    var out = new CborWriter(96).array(3).text("softadastra.branch.1");
    out.bytes(author.incarnation().bytes()).bytes(first.bytes());
    byte[] hash = Hash.sha256(out.toByteArray()).bytes();
    return new Replica(author.node(), Incarnation.of(Arrays.copyOf(hash, Incarnation.BYTES)));
  }

  private static byte[] grant32(byte[] grant) {
    if (grant.length != Hash.BYTES) {
      throw new Malformed("grant of " + grant.length + " bytes");
    }
    return grant;
  }

  private static List<Cause> causes(CborReader in, Replica author) {
    int count = in.array(0, Bounds.CAUSES);
    var causes = new ArrayList<Cause>(count);
    for (int i = 0; i < count; i++) {
      in.array(4, 4);
      var dot = new Dot(replica(in), positive(in));
      if (dot.replica().equals(author)
          || (i > 0 && causes.getLast().dot().replica().compareTo(dot.replica()) >= 0)) {
        throw new Malformed("causes out of order");
      }
      causes.add(new Cause(dot, Hash.of(in.bytesExactly(Hash.BYTES))));
    }
    return causes;
  }

  private static Intent intent(byte[] payload, Function<byte[], JsonText> json) {
    var in = new CborReader(payload);
    in.array(5, 5);
    String id = in.text(Bounds.INTENT_ID_BYTES);
    String actor = in.textOrNull(Bounds.ACTOR_BYTES);
    var priority = Priority.values()[in.unsigned(Priority.values().length - 1)];
    String command = in.textOrNull(Bounds.ENTRY_BYTES);
    int count = in.array(1, Bounds.OPERATIONS);
    var operations = new ArrayList<Operation>(count);
    for (int i = 0; i < count; i++) {
      in.array(6, 6);
      String collection = in.text(Bounds.NAME_BYTES);
      String document = in.text(Bounds.DOCUMENT_ID_BYTES);
      if (collection.isEmpty() || document.isEmpty()) {
        throw new Malformed("operation without a name");
      }
      var operation =
          new Operation(
              collection, document, definition(in), hashes(in), hashes(in), change(in, json));
      if ((operation.defines() || operation.numbers())
          && (operation.definition() != null || !(operation.change() instanceof Change.Put))) {
        throw new Malformed("what a reserved collection doesn't have");
      }
      operations.add(operation);
    }
    in.end();
    if (count > 1
        && operations.stream().map(o -> List.of(o.collection(), o.id())).distinct().count()
            != count) {
      throw new Malformed("one document twice");
    }
    return new Intent(
        id, actor, priority, command == null ? null : new Command(command), operations);
  }

  private static @Nullable DefinitionName definition(CborReader in) {
    if (in.skipNull()) {
      return null;
    }
    in.array(2, 2);
    return new DefinitionName(positive(in), Hash.of(in.bytesExactly(Hash.BYTES)));
  }

  private static void definition(@Nullable DefinitionName definition, CborWriter out) {
    if (definition == null) {
      out.nil();
    } else {
      out.array(2).unsigned(definition.generation()).bytes(definition.hash().bytes());
    }
  }

  private static Change change(CborReader in, Function<byte[], JsonText> json) {
    int items = in.array(1, 3);
    int kind = in.unsigned(4);
    if (items != new int[] {2, 3, 1, 3, 3}[kind]) {
      throw new Malformed("change of kind " + kind + " with " + items + " items");
    }
    return switch (kind) {
      case 0 -> new Change.Put(json(in, json));
      case 1 ->
          new Change.Patch(
              Notation.values()[in.unsigned(Notation.values().length - 1)], json(in, json));
      case 2 -> Change.DELETE;
      case 3 -> new Change.Difference(json(in, json), Hash.of(in.bytesExactly(Hash.BYTES)));
      default -> undo(in, json);
    };
  }

  private static Change undo(CborReader in, Function<byte[], JsonText> json) {
    var conflict = Hash.of(in.bytesExactly(Hash.BYTES));
    int items = in.array(1, 3);
    int kind = in.unsigned(2);
    if (items != new int[] {2, 3, 1}[kind] || (kind == 1 && in.unsigned(1) == 0)) {
      throw new Malformed("an undo by a change of kind " + kind);
    }
    return new Change.Undo(
        conflict,
        switch (kind) {
          case 0 -> new Change.Put(json(in, json));
          case 1 -> new Change.Patch(Notation.FIELDS, json(in, json));
          default -> Change.DELETE;
        });
  }

  private static JsonText json(CborReader in, Function<byte[], JsonText> json) {
    return json.apply(in.bytes(Bounds.ENTRY_BYTES));
  }

  private static JsonText canonical(byte[] utf8) {
    try {
      return JsonText.ofCanonical(utf8);
    } catch (JsonReader.MalformedJson e) {
      throw new Malformed("not canonical JSON: " + e.getMessage());
    }
  }

  private static void change(Change change, CborWriter out) {
    switch (change) {
      case Change.Put(var body) -> out.array(2).unsigned(0).bytes(body.utf8());
      case Change.Patch(var notation, var text) ->
          out.array(3).unsigned(1).unsigned(notation.ordinal()).bytes(text.utf8());
      case Change.Delete _ -> out.array(1).unsigned(2);
      case Change.Difference(var text, var of) ->
          out.array(3).unsigned(3).bytes(text.utf8()).bytes(of.bytes());
      case Change.Undo(var conflict, var restoring) -> {
        out.array(3).unsigned(4).bytes(conflict.bytes());
        change(restoring, out);
      }
    }
  }

  private static int bodyLength(Change change) {
    return switch (change) {
      case Change.Put(var body) -> body.text().length() * 2;
      case Change.Patch(_, var text) -> text.text().length() * 2;
      case Change.Delete _ -> 0;
      case Change.Difference(var text, _) -> 40 + text.text().length() * 2;
      case Change.Undo(_, var restoring) -> 40 + bodyLength(restoring);
    };
  }

  private static List<Hash> hashes(CborReader in) {
    int count = in.array(0, Bounds.PARENTS);
    var hashes = new ArrayList<Hash>(count);
    for (int i = 0; i < count; i++) {
      var hash = Hash.of(in.bytesExactly(Hash.BYTES));
      if (i > 0 && hashes.getLast().compareTo(hash) >= 0) {
        throw new Malformed("versions out of order");
      }
      hashes.add(hash);
    }
    return hashes;
  }

  private static void hashes(List<Hash> hashes, CborWriter out) {
    out.array(hashes.size());
    hashes.forEach(hash -> out.bytes(hash.bytes()));
  }

  private static CborWriter replica(Replica replica, CborWriter out) {
    return out.bytes(replica.node().hash().bytes()).bytes(replica.incarnation().bytes());
  }

  private static Replica replica(CborReader in) {
    var node = new NodeId(Hash.of(in.bytesExactly(Hash.BYTES)));
    return new Replica(node, Incarnation.of(in.bytesExactly(Incarnation.BYTES)));
  }

  private static long positive(CborReader in) {
    long value = in.unsigned();
    if (value < 1) {
      throw new Malformed("a sequence starts at 1");
    }
    return value;
  }
}
