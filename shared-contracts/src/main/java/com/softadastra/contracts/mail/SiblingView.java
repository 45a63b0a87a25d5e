package com.softadastra.contracts.mail;

import com.softadastra.contracts.NodeId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Another relay of spaces for which this node is one.
 *
 * @param addresses where members say that it can be reached
 * @param connected whether mail can be passed to it now
 * @param copies envelopes of which it has taken a copy from this relay, since the start
 * @param waiting envelopes that it was offered and hasn't taken yet
 * @param lastError why it is not connected, or wasn't before; absent where it always was
 */
public record SiblingView(
    NodeId node,
    List<String> addresses,
    boolean connected,
    long copies,
    long waiting,
    @Nullable String lastError) {
  public SiblingView {
    addresses = List.copyOf(addresses);
  }
}
