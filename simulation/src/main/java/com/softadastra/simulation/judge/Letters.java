package com.softadastra.simulation.judge;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What members gave to the relay, and what of that it had on its disk when it signed for it. */
final class Letters {
  private final Map<ByteBuffer, Letter> letters = new HashMap<>();
  private final Set<ByteBuffer> fetched = new HashSet<>();
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

  /**
   * The relay signs for an envelope.
   *
   * @param there whether it is on its disk
   * @return what isn't so, null where all is
   */
  @Nullable String signed(byte[] id, boolean there) {
    var key = ByteBuffer.wrap(id);
    var letter = letters.get(key);
    if (letter == null) {
      return "signs for an envelope that no member gave to it";
    }
    if (!there && !fetched.contains(key)) {
      return "signs for an envelope that it has not forced";
    }
    var route = kept.computeIfAbsent(new Route(letter.from(), letter.to()), _ -> new HashMap<>());
    letter
        .entries()
        .forEach(entry ->
            route
                .computeIfAbsent(entry, _ -> new HashSet<>())
                .add(Optional.ofNullable(letter.life())));
    return null;
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
