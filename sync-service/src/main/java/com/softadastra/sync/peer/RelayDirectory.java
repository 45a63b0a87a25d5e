package com.softadastra.sync.peer;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.mail.RelayDuty;
import com.softadastra.sync.storage.Recording;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/**
 * For whom this node is a relay, and what other relays have signed for; in memory as it is forced.
 * Changes go through the recording thread; any thread may ask.
 */
public final class RelayDirectory {
  private final Recording recording;
  private final PeerStore store;
  private final Map<Hash, RelayDuty> duties = new ConcurrentHashMap<>();
  private final Map<CustodyMark.Way, CustodyMark> marks = new ConcurrentHashMap<>();

  /** Of the recording thread. */
  private final Map<Hash, RelayDuty> unforced = new HashMap<>();

  public RelayDirectory(Recording recording, PeerStore store) {
    this.recording = recording;
    this.store = store;
    store.duties().forEach(duty -> duties.put(duty.pseudonym(), duty));
    store.custody().forEach(mark -> marks.put(mark.way(), mark));
    recording.onForced(this::show);
  }

  private void show() {
    duties.putAll(unforced);
    unforced.clear();
  }

  public List<RelayDuty> duties() {
    return List.copyOf(duties.values());
  }

  /** Takes on a duty. Runs on the recording thread. */
  void take(RelayDuty duty) {
    store.putDuty(duty);
    unforced.put(duty.pseudonym(), duty);
  }

  public Collection<CustodyMark> marks() {
    return List.copyOf(marks.values());
  }

  public Optional<CustodyMark> mark(CustodyMark.Way way) {
    return Optional.ofNullable(marks.get(way));
  }

  /** Keeps a mark; completes when it is forced and shown. */
  public CompletionStage<?> keep(CustodyMark mark) {
    return recording
        .administer(() -> {
          store.putCustody(mark);
          return true;
        })
        .thenRun(() -> marks.put(mark.way(), mark));
  }
}
