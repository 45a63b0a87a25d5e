package com.softadastra.engine.space;

import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a decision may look at: the storage as it stands with all earlier decisions, committed or
 * not.
 */
public interface Reads {
  @Nullable DocumentState document(DocumentKey key);

  /**
   * @throws IllegalStateException where the log has nothing at that position, or something damaged
   */
  LoggedEntry entry(long position);

  /** The entry through which an intent has effect, or would have. */
  Optional<LoggedEntry> intent(SpaceId space, String id);
}
