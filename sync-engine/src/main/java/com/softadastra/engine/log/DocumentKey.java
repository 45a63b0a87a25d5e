package com.softadastra.engine.log;

import com.softadastra.contracts.SpaceId;

/** Which document: its space, its collection's name and its id. */
public record DocumentKey(SpaceId space, String collection, String id) {}
