package com.softadastra.runtime.resolvers;

import com.softadastra.contracts.documents.ConflictView;
import com.softadastra.contracts.json.JsonText;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A function of the application's own that decides conflicts in collections of the policy {@code
 * function}: a bean of the runtime's process.
 *
 * <p>It follows from what it is given alone, so that wherever it is called it says the same. It may
 * be called by several threads, since a call that takes too long is left behind; at one node or at
 * several; and again for the same sides where its result could not be recorded, or after a restart.
 */
public interface Resolver {
  /** What definitions call it by: {@code [a-z][a-z0-9-]{0,62}}, once in a process. */
  String name();

  /**
   * Decides. Where it throws, answers null or takes too long, the conflict stays open, and whoever
   * looks at it is told why.
   */
  Verdict resolve(Dispute dispute) throws Exception;

  /**
   * Concurrent writes of one document.
   *
   * @param sides what was written, by whom and when, in the order of their versions; at least two
   * @param ancestor the newest version that all come from; null where there is none
   */
  record Dispute(
      String space,
      String collection,
      String document,
      List<ConflictView.Side> sides,
      ConflictView.@Nullable Ancestor ancestor) {
    public Dispute {
      sides = List.copyOf(sides);
    }
  }

  /** What is to become of the document. */
  sealed interface Verdict {
    /** It becomes this: a JSON object within the limits of a document. */
    record Becomes(JsonText body) implements Verdict {}

    /** It is deleted. */
    record Deleted() implements Verdict {}

    /**
     * Somebody has to look at it.
     *
     * @param why in a sentence
     */
    record LeftOpen(String why) implements Verdict {}
  }
}
