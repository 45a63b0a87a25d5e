package com.softadastra.edge.mailbox;

import com.softadastra.edge.mailbox.MailboxStore.Waiting;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * What of a mailbox is on its way to its node: at most {@value #ENVELOPES} envelopes that it hasn't
 * taken, or {@value #BYTES} bytes, but always one. An envelope is read when the transport has room
 * for it; here are names and sizes. Its connection's steps alone use it.
 */
final class Window {
  static final int ENVELOPES = 32;
  static final long BYTES = 4 << 20;

  /** Envelopes that the node may pass over. */
  static final int PASSED_OVER = 1024;

  private final LinkedHashMap<UUID, Integer> untaken = new LinkedHashMap<>();
  private long untakenBytes;

  // taken, and perhaps not deleted yet
  private final Set<UUID> leaving = new HashSet<>();
  // can't be read
  private final Set<UUID> leftOut = new HashSet<>();
  // the node can't take them in
  private final Set<UUID> passedOver = new HashSet<>();
  private final ArrayDeque<Waiting> next = new ArrayDeque<>();
  // whether there may be other mail than what is next
  private boolean stale = true;

  /** There is mail that may come before what is next. */
  void mailArrived() {
    stale = true;
  }

  /** An envelope that may go now. It counts as gone where it is here no longer. */
  Optional<Waiting> next(Mail mail) {
    if (untaken.size() >= ENVELOPES) {
      return Optional.empty();
    }
    if (stale) {
      refill(mail);
    }
    var first = next.peek();
    if (first == null || (!untaken.isEmpty() && untakenBytes + first.bytes() > BYTES)) {
      return Optional.empty();
    }
    next.remove();
    if (next.isEmpty()) {
      stale = true;
    }
    return Optional.of(first);
  }

  /** The first envelopes that wait. */
  interface Mail {
    Iterable<Waiting> first(int most);
  }

  private void refill(Mail mail) {
    next.clear();
    stale = false;
    int gone = untaken.size() + leaving.size() + leftOut.size() + passedOver.size();
    for (var waiting : mail.first(ENVELOPES + gone)) {
      if (!untaken.containsKey(waiting.id())
          && !leaving.contains(waiting.id())
          && !leftOut.contains(waiting.id())
          && !passedOver.contains(waiting.id())) {
        next.add(waiting);
      }
    }
  }

  void sent(Waiting envelope) {
    untaken.put(envelope.id(), envelope.bytes());
    untakenBytes += envelope.bytes();
  }

  /**
   * Passes over an envelope from now on.
   *
   * @return false where that are too many
   */
  boolean leaveOut(UUID id) {
    return leftOut.size() < ENVELOPES && leftOut.add(id);
  }

  /**
   * The node passes over what it was sent.
   *
   * @return false where it wasn't, or that are too many
   */
  boolean passedOver(UUID id) {
    var bytes = untaken.remove(id);
    if (bytes == null) {
      return false;
    }
    untakenBytes -= bytes;
    return passedOver.size() < PASSED_OVER && passedOver.add(id);
  }

  /**
   * @return false where that is known already
   */
  boolean taken(UUID id) {
    var bytes = untaken.remove(id);
    if (bytes != null) {
      untakenBytes -= bytes;
    }
    return leaving.add(id);
  }

  void deleted(UUID id) {
    leaving.remove(id);
  }

  int leaving() {
    return leaving.size();
  }
}
