package com.softadastra.contracts.documents;

import com.softadastra.contracts.NodeId;
import java.time.Instant;
import java.util.List;

/** An entry of the log, as an application follows it. */
public record Change(
    long position, String intent, NodeId node, Instant clock, List<ChangedDocument> operations) {
  public record ChangedDocument(String collection, String id, String version, boolean deleted) {}
}
