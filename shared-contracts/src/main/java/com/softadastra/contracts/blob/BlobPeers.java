package com.softadastra.contracts.blob;

import com.softadastra.contracts.NodeId;
import java.util.List;

/** The sync engine as the edge sees it: it knows with whom blobs are shared. */
public interface BlobPeers {
  /**
   * Nodes that are paired with this one and whose link is on, those that are connected first; none
   * that is only a relay here.
   */
  List<BlobPeer> peers();

  /**
   * A node that blobs are fetched from and given to.
   *
   * @param addresses where it may be reached, as {@code host:port}
   */
  record BlobPeer(NodeId node, List<String> addresses) {
    public BlobPeer {
      addresses = List.copyOf(addresses);
    }
  }
}
