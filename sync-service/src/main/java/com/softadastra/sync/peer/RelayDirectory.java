package com.softadastra.sync.peer;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.mail.RelayDuty;
import com.softadastra.sync.storage.Recording;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

  /** By the member that they are for. */
  private final Map<NodeId, Map<CustodyMark.Way, CustodyMark>> marks = new ConcurrentHashMap<>();

  // of the recording thread
  private final Map<Hash, RelayDuty> unforced = new HashMap<>();
  private final Map<CustodyMark.Way, CustodyMark> latest = new HashMap<>();

  public RelayDirectory(Recording recording, PeerStore store) {
    this.recording = recording;
    this.store = store;
    store.duties().forEach(duty -> duties.put(duty.pseudonym(), duty));
    store.custody().forEach(mark -> latest.put(mark.way(), mark));
    latest.values().forEach(this::show);
    recording.onForced(this::show);
  }

  private void show() {
    duties.putAll(unforced);
    unforced.clear();
  }

  private void show(CustodyMark mark) {
    marks.computeIfAbsent(mark.way().to(), _ -> new ConcurrentHashMap<>()).put(mark.way(), mark);
  }

  public List<RelayDuty> duties() {
    return List.copyOf(duties.values());
  }

  /**
   * Takes on a duty. Runs on the recording thread.
   *
   * @throws Refused where it has one for a space of that pseudonym, whose members are told by
   *     another key: one of the two inviters is none of that space
   */
  void take(RelayDuty duty) {
    var known = unforced.getOrDefault(duty.pseudonym(), duties.get(duty.pseudonym()));
    if (known != null && !Arrays.equals(known.passageKey(), duty.passageKey())) {
      throw new Refused(
          ProblemCode.NOT_ALLOWED,
          "this node is a relay of that space already, by an invitation with another key");
    }
    store.putDuty(duty);
    unforced.put(duty.pseudonym(), duty);
  }

  public Collection<CustodyMark> marks() {
    return marks.values().stream().flatMap(each -> each.values().stream()).toList();
  }

  /** Those of what relays have for a member. */
  public Collection<CustodyMark> marks(NodeId member) {
    return List.copyOf(marks.getOrDefault(member, Map.of()).values());
  }

  public Optional<CustodyMark> mark(CustodyMark.Way way) {
    return Optional.ofNullable(marks.getOrDefault(way.to(), Map.of()).get(way));
  }

  /** Keeps a mark; completes when it is forced and shown. */
  public CompletionStage<?> keep(CustodyMark mark) {
    return kept(recording.administer(() -> List.of(put(mark))));
  }

  /** Empties marks as they are then, also those being kept; completes when that is forced. */
  public CompletionStage<?> empty(List<CustodyMark.Way> ways) {
    return kept(
        recording.administer(() ->
            ways.stream()
                .map(latest::get)
                .filter(Objects::nonNull)
                .map(it -> put(it.emptied()))
                .toList()));
  }

  private CustodyMark put(CustodyMark mark) {
    store.putCustody(mark);
    latest.put(mark.way(), mark);
    return mark;
  }

  private CompletionStage<?> kept(CompletionStage<List<CustodyMark>> forced) {
    return forced.thenAccept(shown -> shown.forEach(this::show));
  }
}
