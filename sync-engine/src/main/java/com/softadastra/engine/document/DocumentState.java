package com.softadastra.engine.document;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.cbor.CborWriter;
import com.softadastra.engine.log.Bounds;
import com.softadastra.engine.log.DocumentKey;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A document as it stands: all heads, and what they come to. Under policy {@code keep} that is one
 * of them that wins, under the others what the fold has made of all.
 *
 * @param heads sorted by version; empty where no operation known has effect, which is as if the
 *     document never existed
 * @param base of an open conflict: the newest version that all its sides come from; null where
 *     there is none
 * @param lastPosition where the log has the newest operation recorded here, the end of the
 *     document's chain
 * @param merged what several heads come to; null under {@code keep}, and where there is one head
 * @param decided conflicts that the policy has decided, in the order of their losers
 */
public record DocumentState(
    DocumentKey key,
    List<Head> heads,
    @Nullable Hash base,
    long lastPosition,
    @Nullable Merged merged,
    List<Decided> decided) {
  /**
   * What several heads come to.
   *
   * @param body null where that is a deletion
   */
  public record Merged(@Nullable JsonText body) {}

  public DocumentState {
    var sorted = new ArrayList<>(heads);
    sorted.sort(Comparator.comparing(Head::version));
    heads = List.copyOf(sorted);
    decided = decided.stream().sorted(Comparator.comparing(Decided::loser)).toList();
  }

  /** A document for which no policy has decided anything. */
  public DocumentState(DocumentKey key, List<Head> heads, @Nullable Hash base, long lastPosition) {
    this(key, heads, base, lastPosition, null, List.of());
  }

  /** Whether it has more side by side than a row takes. */
  public boolean tooLarge() {
    long characters = merged == null || merged.body() == null ? 0 : merged.body().text().length();
    for (var head : heads) {
      characters += head.body() == null ? 0 : head.body().text().length();
    }
    return heads.size() > 1 && characters > Bounds.STATE_CHARACTERS;
  }

  public boolean exists() {
    return !heads.isEmpty();
  }

  public DocumentState at(long position) {
    return new DocumentState(key, heads, base, position, merged, decided);
  }

  /** The heads that count: all but deletions that closed their own branch. */
  public List<Head> sides() {
    if (heads.size() <= 1 || merged != null) {
      return heads;
    }
    var sides = heads.stream().filter(head -> !closed(head)).toList();
    return sides.isEmpty() ? heads : sides;
  }

  public boolean conflicted() {
    return heads.size() > 1 && merged == null && sides().size() > 1;
  }

  /** Whether a conflict of it is open. */
  public boolean disputed() {
    return conflicted() || decided.stream().anyMatch(Decided::doubted);
  }

  /** Of the sides the one that wins under {@code keep}. */
  public Head winner() {
    return sides().stream().max(Head.WINNER_LAST).orElseThrow();
  }

  /** What is shown; null where the document is deleted. */
  public @Nullable JsonText body() {
    return merged != null ? merged.body() : winner().body();
  }

  public boolean deleted() {
    return body() == null;
  }

  /**
   * The document's version: that of its one side, or with several the hash of their sorted
   * versions.
   */
  public Hash version() {
    var sides = sides();
    return sides.size() == 1
        ? sides.getFirst().version()
        : combined(sides.stream().map(Head::version).sorted().toList());
  }

  public List<Hash> headVersions() {
    return heads.stream().map(Head::version).toList();
  }

  public Optional<Head> head(Hash version) {
    return heads.stream().filter(head -> head.version().equals(version)).findAny();
  }

  /** The id of the open conflict, where there is one. */
  public Optional<Hash> conflict() {
    return conflicted() ? Optional.of(conflictId(key, base)) : Optional.empty();
  }

  /** The id of a conflict of this document over that base. */
  public static Hash conflictId(DocumentKey key, @Nullable Hash base) {
    var out =
        new CborWriter(128)
            .array(5)
            .text("softadastra.conflict.1")
            .bytes(key.space().hash().bytes());
    out.text(key.collection()).text(key.id()).bytes((base == null ? Hash.ZERO : base).bytes());
    return Hash.sha256(out.toByteArray());
  }

  /** The one version that stands for several heads; the versions sorted. */
  public static Hash combined(List<Hash> sorted) {
    var out =
        new CborWriter(64 + sorted.size() * 34)
            .array(2)
            .text("softadastra.heads.1")
            .array(sorted.size());
    sorted.forEach(version -> out.bytes(version.bytes()));
    return Hash.sha256(out.toByteArray());
  }

  // A deletion whose author had seen every other head, or what it comes from, decides nothing any
  // more.
  private boolean closed(Head head) {
    return head.deleted()
        && head.sawOthers()
        && heads.stream()
            .allMatch(other -> other == head || head.covers().contains(other.version()));
  }
}
