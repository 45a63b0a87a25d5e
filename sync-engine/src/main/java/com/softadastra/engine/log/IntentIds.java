package com.softadastra.engine.log;

import com.softadastra.contracts.Base32;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Ids for intents that came without one: {@code <tag>-<sequence>-<random>}. The tag and sequence
 * lead back to the entry, so these ids need no index; the random part keeps two lives of one
 * replica from naming two intents alike.
 */
public final class IntentIds {
  private static final int TAG_BYTES = 8;
  private static final Pattern FORM =
      Pattern.compile("([0-9a-v]{13})-([1-9][0-9]{0,15})-[0-9a-v]{8}");

  private IntentIds() {}

  /** Where to look for an intent by its id. */
  public record Place(String tag, long sequence) {}

  /**
   * @param random 5 random bytes
   */
  public static String generate(Replica author, long sequence, byte[] random) {
    return tag(author) + "-" + sequence + "-" + Base32.encode(random);
  }

  /** Where a generated id leads; empty for any other id. */
  public static Optional<Place> place(String id) {
    var form = FORM.matcher(id);
    return form.matches()
        ? Optional.of(new Place(form.group(1), Long.parseLong(form.group(2))))
        : Optional.empty();
  }

  /** Whether the id of this entry's intent leads to the entry itself. */
  public static boolean leadsTo(String id, Replica author, long sequence) {
    return place(id)
        .filter(place -> place.sequence() == sequence && place.tag().equals(tag(author)))
        .isPresent();
  }

  public static String tag(Replica replica) {
    var hash = Hash.sha256(replica.node().hash().bytes(), replica.incarnation().bytes());
    return Base32.encode(Arrays.copyOf(hash.bytes(), TAG_BYTES));
  }
}
