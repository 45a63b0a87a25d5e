package com.softadastra.engine.space;

import com.softadastra.contracts.Hash;
import com.softadastra.engine.log.Entry;
import org.jspecify.annotations.Nullable;

/** An entry from a peer that {@link BatchCheck} found to be its author's. */
public record ReceivedEntry(Entry entry, byte[] bytes, Hash hash, byte @Nullable [] signature) {}
