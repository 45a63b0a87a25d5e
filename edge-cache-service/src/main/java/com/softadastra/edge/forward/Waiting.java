package com.softadastra.edge.forward;

import com.softadastra.contracts.Hash;

/**
 * A request that is to be delivered, as the delivery knows it.
 *
 * @param number under which it is stored
 * @param site of the origin when it was kept
 * @param lane of requests that are delivered one after the other
 * @param attempts that were noted
 * @param errors of these that count towards parking it
 * @param unanswered of these that were sent and not answered, which count towards it by themselves
 */
record Waiting(
    long number, String origin, String site, Hash lane, int attempts, int errors, int unanswered) {}
