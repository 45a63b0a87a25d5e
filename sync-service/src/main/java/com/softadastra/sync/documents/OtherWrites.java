package com.softadastra.sync.documents;

import com.softadastra.contracts.documents.ConflictView.OtherWrite;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.space.DocumentUpdate;
import java.util.List;

/** What a conflict names of the intents that wrote its sides. */
public final class OtherWrites {
  private OtherWrites() {}

  /** What an entry's intent wrote, other than by one of its operations. */
  public static List<OtherWrite> of(LoggedEntry logged, Operation than) {
    return logged.entry().operations().stream()
        .filter(other -> !other.isReserved() && !other.equals(than))
        .map(other ->
            new OtherWrite(
                other.collection(), other.id(), DocumentUpdate.version(logged, other).toString()))
        .toList();
  }
}
