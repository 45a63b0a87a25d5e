package com.softadastra.edge.mailbox;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.LayerUnreachable;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.mail.RelayDuties;
import com.softadastra.contracts.mail.RelayDuty;
import com.softadastra.contracts.time.Schedule;
import com.softadastra.engine.envelope.Passage;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Who may send by this relay: whoever shows a passage of a space that it has a duty for. Any thread
 * may use it; it may ask the sync engine, and waits for that. While that doesn't answer, what it
 * said last holds.
 */
final class Admission {
  /** How old what is known of the duties may be. */
  private static final Duration AGE = Duration.ofSeconds(10);

  /** The same, of a space that is not among them: it may just have been given. */
  private static final Duration AGE_OF_ABSENCE = Duration.ofSeconds(1);

  /** Passages that are known to be good. */
  private static final int VERIFIED = 4096;

  private final RelayDuties duties;
  private final Schedule schedule;

  // guarded by this
  private Map<Hash, byte[]> keys = Map.of();
  private long askedNanos;
  private boolean asked;
  private final LinkedHashMap<Shown, Boolean> verified =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Shown, Boolean> eldest) {
          return size() > VERIFIED;
        }
      };

  private record Shown(NodeId node, Hash pseudonym, ByteBuffer passage) {}

  Admission(RelayDuties duties, Schedule schedule) {
    this.duties = duties;
    this.schedule = schedule;
  }

  /** Whether a node may send to members of that space by this relay. */
  boolean lets(NodeId node, Hash pseudonym, byte[] passage) {
    byte[] key = key(pseudonym);
    if (key == null) {
      return false;
    }
    var shown = new Shown(node, pseudonym, ByteBuffer.wrap(passage));
    synchronized (this) {
      if (verified.get(shown) != null) {
        return true;
      }
    }
    if (!Passage.lets(node, passage, key)) {
      return false;
    }
    synchronized (this) {
      verified.put(shown, true);
    }
    return true;
  }

  /** Whether this node is a relay of that space. */
  boolean serves(Hash pseudonym) {
    return key(pseudonym) != null;
  }

  private byte @Nullable [] key(Hash pseudonym) {
    byte[] key = keys(AGE).get(pseudonym);
    return key == null ? keys(AGE_OF_ABSENCE).get(pseudonym) : key;
  }

  private Map<Hash, byte[]> keys(Duration most) {
    synchronized (this) {
      if (asked && schedule.nanoTime() - askedNanos < most.toNanos()) {
        return keys;
      }
    }
    var now = ask();
    synchronized (this) {
      keys = now;
      asked = true;
      askedNanos = schedule.nanoTime();
      return keys;
    }
  }

  private Map<Hash, byte[]> ask() {
    try {
      return duties.duties().stream()
          .collect(
              Collectors.toUnmodifiableMap(
                  RelayDuty::pseudonym, RelayDuty::passageKey, (first, _) -> first));
    } catch (LayerUnreachable unreachable) {
      synchronized (this) {
        if (asked) {
          return keys;
        }
      }
      throw unreachable;
    }
  }
}
