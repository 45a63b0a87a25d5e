package com.softadastra.engine.space;

import com.softadastra.contracts.Hash;
import com.softadastra.engine.log.Authority;
import com.softadastra.engine.log.Bounds;
import com.softadastra.engine.log.Cause;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Standing;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What this replica has newly seen, as its next entries name it: one entry has room for so many
 * causes, and what is beyond that stands in entries of their own before it. So nobody is kept from
 * writing by how many chains others have begun.
 *
 * @param before observations, mostly none
 * @param chain as it ends with these
 * @param causes of the entry that follows
 */
record Observations(List<LoggedEntry> before, ChainHead chain, List<Cause> causes) {
  /**
   * @param position where the log has room
   */
  static Observations of(SpaceState space, Authority authority, Instant now, long position) {
    var causes = space.causes();
    var chain = space.chain(space.self());
    var before = new ArrayList<LoggedEntry>();
    while (causes.size() > Bounds.CAUSES) {
      var observation =
          logged(causes.subList(0, Bounds.CAUSES), chain, space, authority, now, position);
      before.add(observation);
      chain = chain.endingAt(observation.entry().sequence(), observation.hash(), position++);
      causes = causes.subList(Bounds.CAUSES, causes.size());
    }
    return new Observations(before, chain, causes);
  }

  private static LoggedEntry logged(
      List<Cause> causes,
      ChainHead chain,
      SpaceState space,
      Authority authority,
      Instant now,
      long position) {
    var entry =
        new Entry(
            Entry.OBSERVATION,
            space.id(),
            space.self(),
            chain.sequence() + 1,
            Math.max(0, now.toEpochMilli()),
            chain.hash(),
            causes,
            authority,
            new byte[0],
            null);
    byte[] bytes = EntryCodec.encode(entry);
    return new LoggedEntry(
        position,
        space.self(),
        entry,
        bytes,
        Hash.sha256(bytes),
        null,
        Standing.EFFECTIVE,
        now,
        List.of());
  }

  /** How many positions they take. */
  int count() {
    return before.size();
  }

  /** What records them; they are taken over. */
  List<Write> appended(SpaceState space) {
    before.forEach(space::append);
    return before.stream().<Write>map(Write.Append::new).toList();
  }
}
