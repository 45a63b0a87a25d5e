package com.softadastra.engine;

import static com.softadastra.engine.Given.CLOCK;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.Reads;
import com.softadastra.engine.space.ReceivedEntry;
import com.softadastra.engine.space.Receiver;
import com.softadastra.engine.space.SpaceState;
import com.softadastra.engine.space.Write;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** A space's log and documents as a node's storage has them, in memory. */
public class MemoryLog implements Reads {
  public final SpaceState state;
  public final List<LoggedEntry> log = new ArrayList<>();
  public final Map<DocumentKey, DocumentState> documents = new HashMap<>();
  public final Map<Hash, Write.PutConflict> conflicts = new HashMap<>();

  public MemoryLog(Membership membership, Replica self) {
    state = new SpaceState(membership, self, Map.of());
  }

  /** Takes an entry in, and writes what that makes it write. */
  public Receiver.Verdict receive(ReceivedEntry received) {
    var verdict =
        Receiver.receive(received, state, this, Instant.ofEpochMilli(CLOCK), log.size() + 1);
    if (verdict instanceof Receiver.Verdict.Stored stored) {
      apply(stored.writes());
    }
    return verdict;
  }

  public void apply(List<Write> writes) {
    for (var write : writes) {
      switch (write) {
        case Write.Append(var logged) -> log.add(logged);
        case Write.Restand(var logged) -> log.set((int) logged.position() - 1, logged);
        case Write.PutDocument(var document) -> documents.put(document.key(), document);
        case Write.PutConflict conflict -> conflicts.put(conflict.id(), conflict);
        case Write.PutIntent _, Write.UndoConflict _, Write.Branch _ -> {}
      }
    }
  }

  @Override
  public DocumentState document(DocumentKey key) {
    return documents.get(key);
  }

  @Override
  public LoggedEntry entry(long position) {
    return log.get((int) position - 1);
  }

  @Override
  public Optional<LoggedEntry> find(SpaceId space, Replica chain, long sequence) {
    return run(space, chain, sequence).stream()
        .filter(logged -> logged.entry().sequence() == sequence)
        .findFirst();
  }

  @Override
  public List<LoggedEntry> run(SpaceId space, Replica chain, long from) {
    return log.stream()
        .filter(logged -> logged.chain().equals(chain) && logged.entry().sequence() >= from)
        .toList();
  }

  @Override
  public Set<DocumentKey> disputed(SpaceId space) {
    return conflicts.values().stream().map(Write.PutConflict::key).collect(Collectors.toSet());
  }

  @Override
  public List<LoggedEntry> intents(SpaceId space, String id) {
    return log.stream()
        .filter(logged -> {
          var intent = logged.entry().intent();
          return intent != null && intent.id().equals(id);
        })
        .toList();
  }
}
