package com.softadastra.contracts.peering;

import com.softadastra.contracts.NodeId;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A member of a space, or a relay of it.
 *
 * @param state {@code active}, or {@code retired}: it is not counted on
 * @param vector the highest sequence this member has said to hold, by replica written {@code
 *     node/incarnation}
 * @param epoch in which the membership log lets it in, or retires it; 0 of a relay, and where an
 *     admin that is not the steward did it
 */
public record MemberView(
    NodeId node,
    String name,
    Role role,
    List<String> labels,
    String state,
    Map<String, Long> vector,
    @Nullable Instant lastSeen,
    long epoch) {}
