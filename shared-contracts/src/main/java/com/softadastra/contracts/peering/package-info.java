/** What the gateway and the sync engine ask of each other: identity, pairing, peers, channels. */
@NullMarked
package com.softadastra.contracts.peering;

import org.jspecify.annotations.NullMarked;
