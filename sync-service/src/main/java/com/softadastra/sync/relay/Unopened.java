package com.softadastra.sync.relay;

import com.softadastra.contracts.NodeId;
import com.softadastra.engine.envelope.Envelope;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Envelopes at a relay that could not be taken in, and why. What fails may fail because this node
 * does, so it ends the connection; what fails on the next one again is passed over. Outlives
 * connections; of so many envelopes that it forgets some, one ends a connection again.
 *
 * <p>Any thread may use it.
 */
final class Unopened {
  private static final Logger LOG = LoggerFactory.getLogger(Unopened.class);

  /** Envelopes that are remembered. */
  static final int MOST = 512;

  private final NodeId relay;

  // guarded by this
  private final Map<ByteBuffer, Letter> letters =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<ByteBuffer, Letter> eldest) {
          return size() > MOST;
        }
      };

  /** Those that have failed since the relay welcomed this node last. */
  private final Set<ByteBuffer> here = new LinkedHashSet<>();

  private record Letter(NodeId sender, String why) {}

  Unopened(NodeId relay) {
    this.relay = relay;
  }

  /** The relay welcomes this node: what it still has of them is judged again. */
  synchronized void welcomed() {
    here.clear();
  }

  /**
   * An envelope could not be taken in.
   *
   * @return whether it had failed before
   */
  synchronized boolean failed(Envelope.Outside envelope, String why) {
    var id = ByteBuffer.wrap(envelope.id());
    var letter = new Letter(envelope.sender(), why);
    var before = letters.put(id, letter);
    if (!Objects.equals(before, letter)) {
      LOG.warn("an envelope of {} at {} can't be taken in: {}", envelope.sender(), relay, why);
    }
    here.add(id);
    here.retainAll(letters.keySet());
    return before != null;
  }

  synchronized void opened(Envelope.Outside envelope) {
    var id = ByteBuffer.wrap(envelope.id());
    letters.remove(id);
    here.remove(id);
  }

  /** How many are there, as far as is known. */
  synchronized int count() {
    return here.size();
  }

  /** What stands between this node and its mail; null where nothing does. */
  synchronized @Nullable String problem() {
    for (var id : here) {
      var first = letters.get(id);
      if (first != null) {
        return here.size()
            + " of its envelopes can't be taken in, the first of "
            + first.sender()
            + ": "
            + first.why();
      }
    }
    return null;
  }
}
