package com.softadastra.contracts.suite;

import com.softadastra.contracts.blob.BlobPeers;
import java.util.List;

/** Peers as they are told to be. */
public final class RecordingBlobPeers extends Recording implements BlobPeers {
  @Override
  public List<BlobPeer> peers() {
    return answer("peers");
  }
}
