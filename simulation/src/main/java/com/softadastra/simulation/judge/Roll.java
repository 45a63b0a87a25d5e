package com.softadastra.simulation.judge;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.engine.space.Membership;
import com.softadastra.sync.storage.SpaceView;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.WeakHashMap;

/**
 * Who is counted on, by what each record says that a node has. Of what concerns one node the last
 * counts: by the steward's number, then by the clock, then by the hash.
 */
final class Roll {
  private final Map<Hash, Said> said = new HashMap<>();
  private final Map<Membership, Read> read = new WeakHashMap<>();

  /** What a record makes of its subject. */
  enum Kind {
    MEMBER,
    RELAY,
    RETIRED
  }

  /**
   * What a record says.
   *
   * @param number from which on entries count its subject as a member; 0 where its issuer can't
   *     number records
   */
  record Said(Kind kind, NodeId subject, long number, long clock) {}

  private record Named(Hash record, Said said) {}

  /**
   * What all records of a node come to.
   *
   * @param counted the members that are not retired, and from which number on
   * @param relays those that are not dismissed
   */
  private record Read(Map<NodeId, Long> counted, Map<NodeId, Long> relays) {}

  void add(Hash record, Said what) {
    said.put(record, what);
  }

  /** Who is counted on by the records that a node has, and of entries from which number on. */
  Map<NodeId, Long> counted(SpaceView view) {
    return read(view).counted();
  }

  boolean isRelay(SpaceView view, NodeId node) {
    return read(view).relays().containsKey(node);
  }

  private Read read(SpaceView view) {
    return read.computeIfAbsent(view.membership(), this::read);
  }

  private Read read(Membership records) {
    var last = new TreeMap<NodeId, Named>();
    var first = new TreeMap<NodeId, Long>();
    for (var record : records.records()) {
      var hash = record.hash();
      var what = said.get(hash);
      if (what == null) {
        continue;
      }
      last.merge(what.subject(), new Named(hash, what), Roll::later);
      if (what.kind() == Kind.MEMBER) {
        first.merge(what.subject(), what.number(), Math::min);
      }
    }
    var counted = new TreeMap<NodeId, Long>();
    var relays = new TreeMap<NodeId, Long>();
    last.forEach((node, named) -> {
      switch (named.said().kind()) {
        case MEMBER -> counted.put(node, first.get(node));
        case RELAY -> relays.put(node, named.said().number());
        case RETIRED -> {
          // is neither
        }
      }
    });
    return new Read(counted, relays);
  }

  private static Named later(Named a, Named b) {
    if (a.said().number() != b.said().number()) {
      return a.said().number() > b.said().number() ? a : b;
    }
    if (a.said().clock() != b.said().clock()) {
      return a.said().clock() > b.said().clock() ? a : b;
    }
    return a.record().compareTo(b.record()) > 0 ? a : b;
  }
}
