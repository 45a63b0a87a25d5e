package com.softadastra.contracts.mail;

import com.softadastra.contracts.NodeId;
import java.util.List;
import reactor.core.publisher.Flux;

/** The gateway as whoever has mail for a relay sees it: a member, or another relay. */
public interface MailLinks {
  /**
   * Opens a channel to a relay's mailboxes; as {@link
   * com.softadastra.contracts.peering.PeerLinks#connect} else.
   *
   * @param frames what to send, pulled as the relay has room
   */
  Flux<byte[]> mail(NodeId relay, List<String> addresses, Flux<byte[]> frames);
}
