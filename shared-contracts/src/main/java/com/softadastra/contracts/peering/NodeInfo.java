package com.softadastra.contracts.peering;

import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import java.time.Instant;
import java.util.List;

/**
 * This node.
 *
 * @param version of the software
 * @param clock the wall clock as this node sees it
 */
public record NodeInfo(
    NodeId node,
    String name,
    Incarnation incarnation,
    List<String> addresses,
    String version,
    Instant clock) {}
