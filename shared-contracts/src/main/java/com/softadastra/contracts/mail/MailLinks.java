package com.softadastra.contracts.mail;

import com.softadastra.contracts.NodeId;
import java.util.List;
import reactor.core.publisher.Flux;

/** The gateway as the edge sees it: how other relays are reached. */
public interface MailLinks {
  /**
   * Opens a channel to another relay's mailboxes; as {@link
   * com.softadastra.contracts.peering.PeerLinks#connect} else.
   *
   * @param frames what to send, pulled as the relay has room
   */
  Flux<byte[]> mail(NodeId relay, List<String> addresses, Flux<byte[]> frames);
}
