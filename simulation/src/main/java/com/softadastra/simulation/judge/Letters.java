package com.softadastra.simulation.judge;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/** What members gave to the relay, and what of that it had on its disk when it signed for it. */
final class Letters {
  private final Map<ByteBuffer, Letter> letters = new HashMap<>();
  private final Set<ByteBuffer> fetched = new HashSet<>();

  /** What a relay has lost, and may take for fetched. */
  private final Set<ByteBuffer> lost = new HashSet<>();

  /** What relays have signed for, by their numbers. */
  private final Map<Integer, Set<ByteBuffer>> signed = new HashMap<>();

  /** What relays have said to others to have, and what of that those have heard. */
  private final Map<Integer, Set<ByteBuffer>> said = new HashMap<>();

  private final Map<Integer, Set<ByteBuffer>> held = new HashMap<>();

  private final Map<Route, Map<Hash, Set<Optional<Incarnation>>>> kept = new HashMap<>();

  /**
   * An envelope of one member for another.
   *
   * @param life as which its sender knew the other then; null where it had never heard of it
   */
  record Letter(
      NodeId from, NodeId to, SpaceId space, Set<Hash> entries, @Nullable Incarnation life) {}

  private record Route(NodeId from, NodeId to) {}

  void given(byte[] id, Letter letter) {
    letters.put(ByteBuffer.wrap(id), letter);
  }

  @Nullable Letter letter(byte[] id) {
    return letters.get(ByteBuffer.wrap(id));
  }

  /** The one that it was for has said to the relay that it has it. */
  void isFetched(byte[] id) {
    fetched.add(ByteBuffer.wrap(id));
  }

  void isLost(UUID id) {
    lost.add(
        ByteBuffer.allocate(16)
            .putLong(id.getMostSignificantBits())
            .putLong(id.getLeastSignificantBits())
            .flip());
  }

  /** Whether a relay may have lost it. */
  boolean mayBeLost(byte[] id) {
    return lost.contains(ByteBuffer.wrap(id));
  }

  /** Whether the one that it was for has said that it has it. */
  boolean wasFetched(byte[] id) {
    return fetched.contains(ByteBuffer.wrap(id));
  }

  /**
   * The relay signs for an envelope.
   *
   * @param there whether it is on its disk
   * @return what isn't so, null where all is
   */
  @Nullable String signed(int relay, byte[] id, boolean there) {
    var key = ByteBuffer.wrap(id);
    var letter = letters.get(key);
    if (letter == null) {
      return "signs for an envelope that no member gave to it";
    }
    if (!there && !fetched.contains(key)) {
      return "signs for an envelope that it has not forced";
    }
    signed.computeIfAbsent(relay, _ -> new LinkedHashSet<>()).add(key);
    var route = kept.computeIfAbsent(new Route(letter.from(), letter.to()), _ -> new HashMap<>());
    letter
        .entries()
        .forEach(entry ->
            route
                .computeIfAbsent(entry, _ -> new HashSet<>())
                .add(Optional.ofNullable(letter.life())));
    return null;
  }

  /** A relay's mailboxes are gone. */
  void areLost(int relay) {
    signed.remove(relay);
    said.remove(relay);
    held.remove(relay);
  }

  /**
   * An envelope that a relay has signed for, that nobody has fetched, and that isn't there; null
   * where all are.
   *
   * @param there whether one is on its disk
   */
  @Nullable ByteBuffer missing(int relay, BiPredicate<NodeId, byte[]> there) {
    var all = signed.getOrDefault(relay, new HashSet<>());
    all.removeAll(fetched);
    for (var id : all) {
      var letter = letters.get(id);
      if (letter != null && !lost.contains(id) && !there.test(letter.to(), id.array())) {
        return id;
      }
    }
    return null;
  }

  void saysToHold(int relay, byte[] id) {
    said.computeIfAbsent(relay, _ -> new HashSet<>()).add(ByteBuffer.wrap(id));
  }

  /** What it said may be heard only when its mailboxes are lost. */
  void isHeld(int relay, byte[] id) {
    if (said.getOrDefault(relay, Set.of()).contains(ByteBuffer.wrap(id))) {
      held.computeIfAbsent(relay, _ -> new HashSet<>()).add(ByteBuffer.wrap(id));
    }
  }

  /** Whether another relay was told that this one has it. */
  boolean isHeldBy(int relay, byte[] id) {
    return held.getOrDefault(relay, Set.of()).contains(ByteBuffer.wrap(id));
  }

  /**
   * Whether the relay had an entry of one member for another, as which the first knows it still.
   */
  boolean were(NodeId from, NodeId to, Hash entry, @Nullable Incarnation life) {
    return kept.getOrDefault(new Route(from, to), Map.of())
        .getOrDefault(entry, Set.of())
        .contains(Optional.ofNullable(life));
  }
}
